package moments_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"readout/moments"
)

func near(a, b, tol float64) bool {
	return math.Abs(a-b) <= tol*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

func rows(t *rapid.T, label string, columns int) [][]float64 {
	n := rapid.IntRange(0, 40).Draw(t, label)
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, columns)
		for j := range out[i] {
			out[i][j] = rapid.Float64Range(-1000, 1000).Draw(t, "value")
		}
	}
	return out
}

func of(columns int, users ...[][]float64) moments.Set {
	s := moments.New(columns)
	for _, rs := range users {
		for _, r := range rs {
			s.Add(r...)
		}
	}
	return s
}

func same(t *rapid.T, got, want moments.Set, tol float64) {
	t.Helper()
	if got.N != want.N {
		t.Fatalf("n = %d, want %d", got.N, want.N)
	}
	for i := range want.Mean {
		if !near(got.Mean[i], want.Mean[i], tol) {
			t.Fatalf("mean %d = %v, want %v", i, got.Mean[i], want.Mean[i])
		}
	}
	scale := 1.0
	for i := range want.Mean {
		scale = math.Max(scale, want.Moment(i, i))
	}
	for k := range want.C {
		if !(math.Abs(got.C[k]-want.C[k]) <= tol*scale) {
			t.Fatalf("moment %d = %v, want %v", k, got.C[k], want.C[k])
		}
	}
}

// The moments of a sample agree with gonum's two-pass covariance.
func TestMomentsAgreeWithTwoPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := rows(t, "users", 3)
		if len(rs) < 2 {
			return
		}
		s := of(3, rs)
		col := func(j int) []float64 {
			out := make([]float64, len(rs))
			for i := range rs {
				out[i] = rs[i][j]
			}
			return out
		}
		for i := range 3 {
			if !near(s.Mean[i], stat.Mean(col(i), nil), 1e-12) {
				t.Fatalf("mean %d = %v", i, s.Mean[i])
			}
			for j := range 3 {
				want := stat.Covariance(col(i), col(j), nil)
				if !(math.Abs(s.Cov(i, j)-want) <= 1e-8) {
					t.Fatalf("cov(%d, %d) = %v, want %v", i, j, s.Cov(i, j), want)
				}
			}
		}
	})
}

// Merging two samples in either order equals one pass over both.
func TestMergeEqualsOnePass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rows(t, "a", 2), rows(t, "b", 2)
		want := of(2, a, b)
		ab, ba := of(2, a), of(2, b)
		ab.Merge(of(2, b))
		ba.Merge(of(2, a))
		same(t, ab, want, 1e-11)
		same(t, ba, want, 1e-11)
		var zero moments.Set
		zero.Merge(ab)
		same(t, zero, ab, 0)
	})
}

// Linear combinations of columns have the covariance of the combined values.
func TestLinearEqualsCombinedColumn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := rows(t, "users", 3)
		v, w := []float64{1, -0.5, 2}, []float64{0.3, 1, 0}
		of2 := moments.New(2)
		for _, r := range rs {
			of2.Add(v[0]*r[0]+v[1]*r[1]+v[2]*r[2], w[0]*r[0]+w[1]*r[1]+w[2]*r[2])
		}
		set := of(3, rs)
		for i, got := range [][]float64{{set.LinearCov(v, v), set.LinearCov(v, w)}, {set.LinearCov(w, v), set.LinearCov(w, w)}} {
			for j := range got {
				if want := of2.Cov(i, j); !near(got[j], want, 1e-9) {
					t.Fatalf("covariance %d, %d: %v, want %v", i, j, got[j], want)
				}
			}
		}
	})
}

// Values near 1e9 with variance 1 keep eight digits, added one by one or merged.
func TestVarianceOfLargeValues(t *testing.T) {
	s, left, right := moments.New(1), moments.New(1), moments.New(1)
	const n = 200_000
	for i := range n {
		x := 1e9 + float64(i%2)*2 - 1
		s.Add(x)
		if i < n/3 {
			left.Add(x)
		} else {
			right.Add(x)
		}
	}
	left.Merge(right)
	want := float64(n) / float64(n-1)
	for name, got := range map[string]float64{"added": s.Cov(0, 0), "merged": left.Cov(0, 0)} {
		if !(math.Abs(got/want-1) <= 1e-8) {
			t.Errorf("%s: variance %v, want %v", name, got, want)
		}
	}
}

func TestFewerThanTwoUsersHaveNoVariance(t *testing.T) {
	s := moments.New(1)
	if s.Cov(0, 0) != 0 {
		t.Error("variance of nobody")
	}
	s.Merge(moments.New(1))
	if !s.Finite() {
		t.Errorf("nobody and nobody: %+v", s)
	}
	s.Add(5)
	if v := s.Cov(0, 0); v != 0 {
		t.Errorf("variance of one user: %v", v)
	}
	if v := s.LinearCov([]float64{2}, []float64{2}); v != 0 {
		t.Errorf("variance of twice one user: %v", v)
	}
}

func TestFinite(t *testing.T) {
	with := func(change func(moments.Set)) moments.Set {
		s := of(2, [][]float64{{1, 2}, {3, 5}})
		change(s)
		return s
	}
	for name, c := range map[string]struct {
		set  moments.Set
		want bool
	}{
		"ordinary":          {with(func(moments.Set) {}), true},
		"squares overflow":  {of(1, [][]float64{{1}, {1e300}, {-1e300}}), false},
		"mean":              {with(func(s moments.Set) { s.Mean[1] = math.Inf(-1) }), false},
		"moment":            {with(func(s moments.Set) { s.C[2] = math.NaN() }), false},
		"negative variance": {with(func(s moments.Set) { s.C[2] = -1 }), false},
		"negative moment":   {with(func(s moments.Set) { s.C[1] = -1 }), true},
	} {
		if got := c.set.Finite(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func ExampleSet_LinearCov() {
	orders := moments.New(2) // revenue, orders
	orders.Add(20, 1)
	orders.Add(70, 2)
	orders.Add(0, 0)
	ratio := orders.Mean[0] / orders.Mean[1]
	w := []float64{1 / orders.Mean[1], -ratio / orders.Mean[1]}
	variance := orders.LinearCov(w, w)
	fmt.Printf("%.0f per order, variance per user %.0f\n", ratio, variance)
	// Output: 30 per order, variance per user 100
}

func BenchmarkAdd(b *testing.B) {
	s := moments.New(3)
	for i := 0; b.Loop(); i++ {
		s.Add(float64(i), 1, float64(i&7))
	}
}
