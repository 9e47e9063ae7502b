package reports

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"

	"readout/analysis"
	"readout/internal/digits"
)

// Pictures take every colour and the typeface from the page, and hold no name.
func TestPlotFollowsThePage(t *testing.T) {
	p := fullPage()
	f, ok, err := effectFigure(&p.Card.Metrics[1], &p.Card.Metrics[1].Comparisons[0])
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	users, err := usersFigure(p.Card)
	if err != nil || users == nil {
		t.Fatal(users, err)
	}
	for _, f := range []figure{f, *users} {
		body := string(f.Picture.Body)
		if found := regexp.MustCompile(`#|font-family|rgb|<svg|xlink|big|revenue`).FindString(body); found != "" {
			t.Errorf("the picture holds %q", found)
		}
		for _, want := range []string{"var(--s1)", "var(--muted)", "var(--line)", "Jan 12"} {
			if !strings.Contains(body, want) {
				t.Errorf("the picture has no %s", want)
			}
		}
	}
	if !strings.Contains(string(f.Picture.Body), "var(--band)") || !strings.Contains(string(users.Picture.Body), "var(--s2)") {
		t.Error("no band, or no second series")
	}
}

// Each paint survives the way through the renderer.
func TestPaintsAreApart(t *testing.T) {
	seen := make(map[string]bool)
	for p := paintText; p < seriesPaint(0)+plotSeries; p++ {
		_, _, b, _ := p.color().RGBA()
		if got := paint((b >> 8) / paintStep); got != p {
			t.Errorf("paint %d is read as %d", p, got)
		}
		if seen[p.css()] {
			t.Errorf("%s is there twice", p.css())
		}
		seen[p.css()] = true
	}
}

func TestDayTicks(t *testing.T) {
	f := func(from, to string, want ...string) {
		t.Helper()
		a, _ := dayNumber(from)
		b, _ := dayNumber(to)
		var got []string
		for _, tick := range (dayTicks{}).Ticks(a, b) {
			got = append(got, tick.Label)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s to %s (-want +got):\n%s", from, to, diff)
		}
	}
	f("2026-01-05", "2026-01-08", "Jan 5", "Jan 6", "Jan 7", "Jan 8")
	f("2026-01-05", "2026-02-08", "Jan 5", "Jan 12", "Jan 19", "Jan 26", "Feb 2")
	f("2024-02-28", "2024-03-02", "Feb 28", "Feb 29", "Mar 1", "Mar 2")
	f("2026-01-01", "2027-06-30", "Jan 2026", "Apr 2026", "Aug 2026", "Dec 2026", "Mar 2027")
}

func TestValueTicks(t *testing.T) {
	f := func(lo, hi float64, want ...string) {
		t.Helper()
		var got []string
		for _, tick := range (valueTicks{digits.Fixed}).Ticks(lo, hi) {
			got = append(got, tick.Label)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%g to %g (-want +got):\n%s", lo, hi, diff)
		}
	}
	f(0, 5500, "0", "2,000", "4,000")
	f(-0.31, 0.62, "-0.2", "0.0", "0.2", "0.4", "0.6")
	f(-1, 1, "-1.0", "-0.5", "0.0", "0.5", "1.0")
	f(0, 1e6, "0", "200,000", "400,000", "600,000", "800,000", "1,000,000")
}

// The values beside a picture keep their decimals, which its places do not need.
func TestPlotSmallValues(t *testing.T) {
	c := purchased().Comparisons[0]
	c.Looks = []analysis.LookPoint{
		{Date: "2026-01-19", Effect: def(0.031), Lo: def(-0.01), Hi: def(0.07)},
		{Date: "2026-01-20", Effect: def(0.033), Lo: def(0.005), Hi: def(0.061)},
	}
	picture, _, ok, err := effectPlot(&c, 1)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	for _, want := range []string{">0.00<", ">+0.05<"} {
		if !strings.Contains(string(picture.Body), want) {
			t.Errorf("no value %q in %s", want, picture.Body)
		}
	}
	if found := regexp.MustCompile(`[ ,"][0-9]+\.[0-9]{2}`).FindString(string(picture.Body)); found != "" {
		t.Errorf("a place with more than one decimal: %q", found)
	}
}

// A clipped line stays between its bounds and keeps every point that lies there.
func TestClip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-5, 0).Draw(t, "lo")
		hi := rapid.Float64Range(0.1, 5).Draw(t, "hi")
		var line plotter.XYs
		for i, y := range rapid.SliceOfN(rapid.Float64Range(-10, 10), 1, 8).Draw(t, "line") {
			line = append(line, plotter.XY{X: float64(i), Y: y})
		}
		clipped := clip(line, lo, hi)
		for i, p := range clipped {
			if p.Y < lo || p.Y > hi || i > 0 && p.X < clipped[i-1].X {
				t.Fatalf("point %d of %v leaves [%g, %g] or goes back", i, clipped, lo, hi)
			}
		}
		for _, p := range line {
			if p.Y <= lo || p.Y >= hi {
				continue
			}
			found := false
			for _, c := range clipped {
				found = found || c == p
			}
			if !found {
				t.Fatalf("%v of %v is gone: %v", p, line, clipped)
			}
		}
		for _, part := range inside(line, lo, hi) {
			for _, p := range part {
				if p.Y < lo-1e-9 || p.Y > hi+1e-9 {
					t.Fatalf("%v lies outside [%g, %g]", p, lo, hi)
				}
			}
		}
	})
}

func TestCrossings(t *testing.T) {
	got := clip(plotter.XYs{{X: 0, Y: -2}, {X: 4, Y: 2}, {X: 5, Y: 0}}, -1, 1)
	want := plotter.XYs{{X: 0, Y: -1}, {X: 1, Y: -1}, {X: 3, Y: 1}, {X: 4, Y: 1}, {X: 4.5, Y: 1}, {X: 5, Y: 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Of a line along a bound the ends are enough.
	got = clip(plotter.XYs{{X: 0, Y: 5}, {X: 1, Y: 6}, {X: 2, Y: 7}, {X: 3, Y: 8}}, -1, 1)
	if diff := cmp.Diff(plotter.XYs{{X: 0, Y: 1}, {X: 3, Y: 1}}, got); diff != "" {
		t.Errorf("along a bound (-want +got):\n%s", diff)
	}
	got = clip(plotter.XYs{{X: 0, Y: -math.MaxFloat64}, {X: 4, Y: math.MaxFloat64}}, -1, 1)
	if diff := cmp.Diff(plotter.XYs{{X: 0, Y: -1}, {X: 2, Y: -1}, {X: 2, Y: 1}, {X: 4, Y: 1}}, got); diff != "" {
		t.Errorf("of the largest values (-want +got):\n%s", diff)
	}
}

// What cannot be drawn has no picture and a sentence.
func TestPlotNothing(t *testing.T) {
	m := purchased()
	for name, looks := range map[string][]analysis.LookPoint{
		"no looks":   nil,
		"no effect":  {{Date: "2026-01-20"}},
		"no date":    {{Date: "tomorrow", Effect: def(1)}},
		"too large":  {{Date: "2026-01-20", Effect: def(math.MaxFloat64)}},
		"too spread": {{Date: "2026-01-19", Effect: def(-1e300)}, {Date: "2026-01-20", Effect: def(1e-300)}},
	} {
		m.Comparisons[0].Looks = looks
		card := base()
		card.Metrics = []analysis.MetricResult{m}
		figures, omitted, err := effectFigures(&card)
		if err != nil || len(figures) != 0 || len(omitted) != 1 || omitted[0] != "big on purchased: there is no look to draw." {
			t.Errorf("%s: %d pictures, %q, %v", name, len(figures), omitted, err)
		}
	}
	card := base()
	if f, err := usersFigure(&card); f != nil || err != nil {
		t.Errorf("users without history: %v %v", f, err)
	}
}

// The bars of a metric share one scale, with 0 in the middle.
func TestIntervalBars(t *testing.T) {
	m := latency()
	m.Comparisons = append(m.Comparisons, m.Comparisons[0])
	m.Comparisons[1].LiftLo, m.Comparisons[1].LiftHi = def(-0.05), analysis.Number{}
	axis, ok := axisOf(&m)
	if !ok || math.Abs(axis.far-0.055) > 1e-12 {
		t.Fatalf("scale to %g, %v", axis.far, ok)
	}
	first, second := axis.bar(&m, &m.Comparisons[0]), axis.bar(&m, &m.Comparisons[1])
	if first.Lo != "0.0" || first.Size != "14.0" || first.Point != "7.0" || first.Margin != "40.0" || first.OpenLo || first.OpenHi {
		t.Errorf("first bar: %+v", first)
	}
	if second.Lo != "-100.0" || second.Size != "210.0" || second.OpenLo || !second.OpenHi || !strings.Contains(second.Alt, "to no limit") {
		t.Errorf("second bar: %+v", second)
	}
	m.Comparisons[1].Lift = analysis.Number{}
	if axis, ok := axisOf(&m); !ok || axis.lift {
		t.Error("without a lift the effects are drawn")
	}
	m.Comparisons[1].Effect.Value = analysis.Number{}
	if b := axis.bar(&m, &m.Comparisons[1]); b != nil {
		t.Errorf("a bar of nothing: %+v", b)
	}
}
