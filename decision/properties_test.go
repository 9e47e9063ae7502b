package decision

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"readout/experiment"
)

// grouped draws experiments of one exclusion group, in the order of their starts.
func grouped(t *rapid.T) []experiment.PublishedExperiment {
	var out []experiment.PublishedExperiment
	day := 0
	for i := range rapid.IntRange(1, 6).Draw(t, "experiments") {
		day += rapid.IntRange(0, 3).Draw(t, "days later")
		out = append(out, published(fmt.Sprintf("%c%d", 'z'-i, i), func(e *experiment.PublishedExperiment) {
			start := e.Start.AddDate(0, 0, day)
			e.Start, e.End = &start, start.AddDate(0, 0, 1)
			e.Exclusion = &experiment.Exclusion{Group: "g", Share: experiment.Share(rapid.IntRange(0, 6).Draw(t, "share")) * experiment.Whole / 10}
			if rapid.Bool().Draw(t, "decided") {
				e.Decision = &experiment.PublishedVariantAt{Variant: "big", At: e.End.AddDate(0, 0, rapid.IntRange(0, 4).Draw(t, "decided after"))}
			}
		}))
	}
	return out
}

// TestRangesNeverOverlap: of experiments that run at the same time each has a range of its
// own, of its whole share or none, and a later one moves no earlier one.
func TestRangesNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := grouped(t)
		s, faults := Compile(project(all...), nil, nil)
		without := 0
		for _, a := range all {
			x := s.Experiment(a.Name)
			if size := x.reserved.to - x.reserved.from; size != a.Exclusion.Share {
				if size != 0 {
					t.Fatalf("%s has %v of a share of %s", a.Name, x.reserved, a.Exclusion.Share)
				}
				without++
			}
			for _, b := range all {
				y := s.Experiment(b.Name)
				together := a.Name < b.Name && (a.Decision == nil || a.Decision.At.After(*b.Start)) && (b.Decision == nil || b.Decision.At.After(*a.Start))
				if together && x.reserved.from < y.reserved.to && y.reserved.from < x.reserved.to {
					t.Fatalf("%s has %v and %s has %v", a.Name, x.reserved, b.Name, y.reserved)
				}
			}
		}
		if without != len(faults) {
			t.Fatalf("%d experiments have no range, %d faults", without, len(faults))
		}
		last := all[len(all)-1]
		if len(all) > 1 && last.Start.After(*all[len(all)-2].Start) {
			before, _ := Compile(project(all[:len(all)-1]...), nil, nil)
			for _, x := range before.All() {
				if moved := s.Experiment(x.def.Name).reserved; moved != x.reserved {
					t.Fatalf("%s came and moved %s from %v to %v", last.Name, x.def.Name, x.reserved, moved)
				}
			}
		}
	})
}

// TestURLRulesAreTextRules: where case is the same and nothing of the URL is left out, the
// rules are those of texts; and the case of scheme and host is never of matter.
func TestURLRulesAreTextRules(t *testing.T) {
	part := rapid.StringMatching(`[ab/]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		host := "https://" + rapid.StringMatching(`[ab.]{1,4}`).Draw(t, "host")
		url := host + rapid.SampledFrom([]string{"", "/" + part.Draw(t, "path"), "/?" + part.Draw(t, "query")}).Draw(t, "rest")
		from := rapid.IntRange(0, len(url)).Draw(t, "from")
		text := url[from:rapid.IntRange(from, len(url)).Draw(t, "to")]
		if rapid.Bool().Draw(t, "another") {
			text = part.Draw(t, "text")
		}
		shouted := strings.ToUpper(host) + url[len(host):]
		for op, want := range map[experiment.Operator]bool{
			experiment.OpContains: strings.Contains(url, text), experiment.OpStartsWith: strings.HasPrefix(url, text),
		} {
			p, err := compilePages(experiment.Pages{Include: []experiment.PageRule{{Operator: op, Text: text}}})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.match(url); got != want {
				t.Fatalf("%s %q of %q: %v", op, text, url, got)
			}
			if got := p.match(shouted); got != want {
				t.Fatalf("%s %q of %q: %v", op, text, shouted, got)
			}
		}
	})
}

// TestCoverageRisesMonotonically: of every hash, who is covered stays covered in the same
// variant when coverage rises, and as many as it says are.
func TestCoverageRisesMonotonically(t *testing.T) {
	for _, hash := range experiment.Hashes() {
		d, err := drawOf(hash)
		if err != nil {
			t.Fatal(err)
		}
		traffic := []experiment.Share{500_000, 200_000, 300_000}
		const n = 4000
		variants := make([]int, n)
		for i := range variants {
			variants[i] = -1
		}
		for _, coverage := range []experiment.Share{0, 100_000, 250_000, 600_000, experiment.Whole} {
			covered := 0
			for i := range n {
				v, in := d("button", fmt.Sprint("user-", i), coverage, traffic)
				if !in {
					if variants[i] >= 0 {
						t.Fatalf("%s: user %d was covered and is not at %s", hash, i, coverage)
					}
					continue
				}
				covered++
				if variants[i] >= 0 && variants[i] != v {
					t.Fatalf("%s: user %d goes from variant %d to %d at %s", hash, i, variants[i], v, coverage)
				}
				variants[i] = v
			}
			if share := float64(covered) / n; share < float64(coverage)/1e6-0.03 || share > float64(coverage)/1e6+0.03 {
				t.Errorf("%s: %.3f are covered at %s", hash, share, coverage)
			}
		}
	}
}
