package simulate

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRecursionIsEnough holds that boundaries by the recursion over neighbouring looks have
// nearly the level that they should, with the correlations of all pairs of looks. Only where
// users do exactly the same every day does the level rise, by a twentieth of it.
func TestRecursionIsEnough(t *testing.T) {
	const draws = 100000
	for i, h := range Habits() {
		l, err := h.linked(14, draws, rand.New(rand.NewPCG(7, uint64(i))))
		if err != nil {
			t.Fatal(err)
		}
		for s, rates := range l.Rates {
			for a, alpha := range Alphas() {
				off := 0.02 * alpha
				if strings.Contains(h.Name, "the same every day") {
					off = 0.06 * alpha
				}
				if got := rates[a].Share(); !(math.Abs(got-alpha) <= off+3*standardError(alpha, draws)) {
					t.Errorf("%s, spending %d: level %v, want %v", h.Name, s, got, alpha)
				}
			}
		}
	}
}

// TestHabitsAreThoseOfUsers holds that correlations computed from a habit are those that
// analysis estimates from users of that habit.
func TestHabitsAreThoseOfUsers(t *testing.T) {
	const looks, runs = 8, 40
	habit := Habits()[6]
	if !strings.Contains(habit.Name, "alike") {
		t.Fatalf("habit is %s", habit.Name)
	}
	for _, k := range Kinds() {
		if k.Name != "sum, no window" {
			continue
		}
		want := habit.Correlations(looks)
		got := make([]float64, looks)
		for run := range runs {
			paths, err := World{Kind: k, Looks: looks, Traffic: 1, Growth: 1}.paths(3, run)
			if err != nil {
				t.Fatal(err)
			}
			for j, r := range paths[0].correlation {
				got[j] += r / runs
			}
		}
		for j := 1; j < looks; j++ {
			if !(math.Abs(got[j]-want[j][j-1]) <= 0.015) {
				t.Errorf("look %d: correlation %v, want %v", j+1, got[j], want[j][j-1])
			}
		}
	}
}

// TestCholesky holds that the factor times itself is the matrix.
func TestCholesky(t *testing.T) {
	a := Habits()[0].Correlations(6)
	l := cholesky(a)
	for i := range a {
		for j := range i + 1 {
			sum := 0.0
			for k := range j + 1 {
				sum += l[i][k] * l[j][k]
			}
			if !(math.Abs(sum-a[i][j]) <= 1e-12) {
				t.Errorf("product at %d, %d is %v, want %v", i, j, sum, a[i][j])
			}
		}
	}
}
