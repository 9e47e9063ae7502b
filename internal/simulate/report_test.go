package simulate

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestErrorRates is the bounded part of the page: of every kind of metric a hard world, all
// procedures, alphas, and CUPED on and off.
func TestErrorRates(t *testing.T) {
	var worlds []World
	for _, k := range Kinds() {
		worlds = append(worlds, World{Kind: k, Looks: 14, Traffic: 1, Growth: 3, Phases: true})
	}
	found, err := find(context.Background(), worlds, Options{Runs: 60, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	procedures, err := Procedures()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		for m := range f.counts {
			for p, procedure := range procedures {
				// At alpha 0.01 so few runs say nothing.
				for a, alpha := range Alphas()[:2] {
					if rate := f.rate(m, p, a); rate.above(alpha) {
						t.Errorf("%s, CUPED %v, %s at %v: %d of %d found an effect", f.World.Name(), m == 1, procedure.Name, alpha, rate.Count, rate.Runs)
					}
				}
			}
		}
	}
}

// TestEveryPartStops: no part of a simulation goes on after it was cancelled.
func TestEveryPartStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o := Options{Runs: 1}
	_, without := find(ctx, worldsWith(1), o)
	_, ended := end(ctx, worldsWith(1), nil, o)
	_, linked := o.linked(ctx)
	for part, err := range map[string]error{
		"without": without, "effects": giveEffects(ctx, worldsWith(1), 1, false), "ended": ended, "linked": linked,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// TestPageDoesNotDependOnWorkers holds that the same runs and seed give the same page, and
// another seed another one.
func TestPageDoesNotDependOnWorkers(t *testing.T) {
	page := func(seed uint64, workers int) string {
		o := Options{Runs: chunk + 10, Seed: seed, Workers: workers, Only: "any; 14 looks; traffic × 1; constant; one phase"}
		r, err := Run(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := r.Markdown(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	one := page(1, 1)
	if page(1, 3) != one {
		t.Error("three workers give another page than one")
	}
	if page(2, 1) == one {
		t.Error("another seed gives the same page")
	}
	for _, part := range []string{"## Outcome", "### Any, 14 looks", "| × 1 | constant | one | on |", "## With an effect", "## Intervals"} {
		if !strings.Contains(one, part) {
			t.Errorf("the page has no %q", part)
		}
	}
	if strings.Contains(one, "NaN") || strings.Contains(one, "Inf") {
		t.Error("the page has a number that is not one")
	}
}

// TestWorldsWithout holds that everything is crossed with everything.
func TestWorldsWithout(t *testing.T) {
	seen := make(map[string]bool)
	for _, w := range worldsWithout() {
		if seen[w.Name()] {
			t.Errorf("%s is there twice", w.Name())
		}
		seen[w.Name()] = true
	}
	if want := 10*(2*3*2*2) + 2*(2*2*2); len(seen) != want {
		t.Errorf("%d worlds, want %d", len(seen), want)
	}
}

// TestSpecials holds that every special world differs from the grid in one thing, has a name of its
// own, and stands on the page in its section, judged like the others.
func TestSpecials(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range specials() {
		for _, w := range s.worlds {
			if w.special() == "" || seen[w.Name()] {
				t.Errorf("%s: %s is there twice, or is nothing special", s.Title, w.Name())
			}
			seen[w.Name()] = true
		}
	}
	for _, name := range Names() {
		delete(seen, name)
	}
	if len(seen) > 0 {
		t.Errorf("these are not among the names: %v", seen)
	}
	r, err := Run(context.Background(), Options{Runs: chunk, Seed: 1, Only: "; 60 users"})
	if err != nil {
		t.Fatal(err)
	}
	// A rate that is too high by far.
	r.Special[1].Found[0].counts[0][0][0] = chunk
	r.Again = []Found{r.Special[1].Found[0]}
	var b bytes.Buffer
	if err := r.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	failures, err := r.Failures()
	if err != nil || len(failures) == 0 || !strings.Contains(b.String(), "## Few users") || !strings.Contains(b.String(), "| mean | 60 | off | **100.00** |") {
		t.Errorf("%v, %v:\n%s", failures, err, b.String())
	}
}

// TestRamp holds that few users come at first, and in the end as many as planned.
func TestRamp(t *testing.T) {
	w := World{Kind: Kinds()[0], Looks: 28, Traffic: 1, Growth: 1, Ramp: true}
	var days []int
	sum := 0
	for k := range w.Looks {
		_, users, _ := w.day(k)
		days = append(days, users)
		sum += users
	}
	if want := []int{6, 6, 32, 32, 160, 160, 160, 640, 640}; !slices.Equal(days[:9], want) || sum < 0.99*plannedUsers || sum > plannedUsers {
		t.Errorf("%v users on the first days, want %v, and %d in all", days[:9], want, sum)
	}
}

// TestUnevenSplits holds that a tenth of the users is in treatment, as planned, and that their
// figures stand on the page and are not judged.
func TestUnevenSplits(t *testing.T) {
	for _, w := range worldsUneven() {
		if _, _, share := w.day(3); share != 0.1 || w.input().Phases[0].Weights[1] != 0.1 {
			t.Errorf("%s: a share of %v, planned %v", w.Name(), share, w.input().Phases)
		}
	}
	r, err := Run(context.Background(), Options{Runs: chunk, Seed: 1, Only: "sum, heavy tails; 28 looks; traffic × 1; constant; one phase; uneven"})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	failures, err := r.Failures()
	if err != nil || len(failures) > 0 || len(r.Uneven) != 1 || !strings.Contains(b.String(), "| sum, heavy tails | on |") {
		t.Errorf("%d worlds, %v, %v:\n%s", len(r.Uneven), failures, err, b.String())
	}
}

// TestTraffic holds that the users of all days together are the planned ones times the traffic.
func TestTraffic(t *testing.T) {
	for _, w := range worldsWithout() {
		sum := 0
		for k := range w.Looks {
			_, users, _ := w.day(k)
			sum += users
		}
		if want := w.Traffic * plannedUsers; float64(sum) < 0.99*want || float64(sum) > want {
			t.Errorf("%s: %d users, want %.0f", w.Name(), sum, want)
		}
	}
}

// TestRunIsStopped holds that a cancelled simulation ends with the reason.
func TestRunIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, Options{Runs: 1000}); err != context.Canceled {
		t.Errorf("error %v, want that it was cancelled", err)
	}
}
