package analysis

import (
	"math"
	"strings"
	"testing"

	"readout/internal/goldentest"
)

// TestGoldenMultiplicity holds Holm's and Benjamini and Hochberg's adjustments, and
// Bonferroni's division of alpha. The other adjustments are not offered: they need
// independent or positively dependent p-values (Šidák, Hochberg, Hommel), or are the price
// for any dependence (Benjamini and Yekutieli). What binds them to ours carries over: none
// of the former exceeds Holm's, and the latter is Benjamini and Hochberg's times Σ 1/i.
func TestGoldenMultiplicity(t *testing.T) {
	type input struct {
		P     []float64
		Alpha float64
	}
	cases := goldenCases[input](t, "multiplicity.json")
	out := goldentest.Tally{File: "multiplicity.json", Cases: len(cases)}
	for _, c := range cases {
		want := c.Expected["adjusted"].([]any)
		every := func(name string, got []float64) {
			t.Helper()
			for i, v := range got {
				c.near(t, name, v, want[i].(float64), 1e-15)
			}
		}
		atMost := func(bound []float64) {
			t.Helper()
			for i, v := range bound {
				if w := want[i].(float64); w > v*(1+1e-9) {
					t.Errorf("%s: p-value %d is adjusted to %v, to %v by Holm", c.ID, i, w, v)
				}
			}
		}
		m := float64(len(c.Input.P))
		switch id := c.ID; {
		case strings.HasPrefix(id, "sm-holm-sidak"), strings.HasPrefix(id, "sm-simes"), strings.HasPrefix(id, "sm-hommel"),
			strings.HasPrefix(id, "tt-mult-hochberg"), strings.HasPrefix(id, "tt-mult-holm-bonferroni"), strings.HasPrefix(id, "tt-mult-arb/sidak"):
			atMost(holm(c.Input.P, len(c.Input.P)))
			out.Add("step-wise adjustment for independent or positively dependent p-values; that none exceeds Holm's is held")
		case strings.HasPrefix(id, "sm-sidak"):
			single := make([]float64, len(c.Input.P))
			for i, p := range c.Input.P {
				single[i] = math.Min(1, m*p)
			}
			atMost(single)
			out.Add("Šidák's division of alpha, for independent p-values; that none exceeds Bonferroni's is held")
		case strings.HasPrefix(id, "sm-holm"), strings.HasPrefix(id, "tt-mult-arb/bonf"):
			every("Holm", holm(c.Input.P, len(c.Input.P)))
			out.Add("")
		case strings.HasPrefix(id, "sm-fdr_bh"), strings.HasPrefix(id, "tt-mult-fdr_bh"):
			every("q-value", benjaminiHochberg(c.Input.P))
			out.Add("")
		case strings.HasPrefix(id, "sm-fdr_by"), strings.HasPrefix(id, "tt-mult-fdr_by"):
			harmonic := 0.0
			for i := range c.Input.P {
				harmonic += 1 / float64(i+1)
			}
			q := benjaminiHochberg(c.Input.P)
			for i := range q {
				q[i] = math.Min(1, harmonic*q[i])
			}
			every("q-value under any dependence", q)
			out.Add("q-values under any dependence; held, they are ours times Σ 1/i")
		case strings.HasPrefix(id, "sm-bonferroni"):
			for i, rejected := range c.Expected["reject"].([]any) {
				if got := c.Input.P[i] <= c.Input.Alpha/m; got != rejected.(bool) {
					t.Errorf("%s: p-value %d is at most alpha over %v: %v", c.ID, i, m, got)
				}
				c.near(t, "Bonferroni", math.Min(1, m*c.Input.P[i]), want[i].(float64), 0)
			}
			out.Add("")
		default:
			t.Errorf("%s: unknown source %s", c.ID, c.Source)
		}
	}
	out.Log(t)
}

// TestGoldenSampleRatio holds both tests of the split between arms.
func TestGoldenSampleRatio(t *testing.T) {
	type input struct {
		Users         []int64
		Weights       []float64
		NA            int64 `json:"n_a"`
		NB            int64 `json:"n_b"`
		Ratio         float64
		Method        string
		Correction    bool
		Theta0        []float64
		Concentration float64 `json:"k"`
		Batches       [][]int64
	}
	cases := goldenCases[input](t, "srm.json")
	out := goldentest.Tally{File: "srm.json", Cases: len(cases)}
	for _, c := range cases {
		in := c.Input
		switch {
		case in.Batches != nil:
			users := make([]int64, len(in.Theta0))
			highest := math.Inf(-1)
			for k, batch := range in.Batches {
				for i, n := range batch {
					users[i] += n
				}
				got := logSplitE(users, in.Theta0, in.Concentration)
				highest = math.Max(highest, got)
				c.near(t, "log e-value", got, c.Expected["log_odds"].([]any)[k].(float64), 1e-11)
				c.near(t, "smallest p", math.Min(1, math.Exp(-highest)), c.Expected["p_running_min"].([]any)[k].(float64), 1e-11)
			}
			out.Add("")
		case in.NA > 0:
			got, ok := sampleRatio([]int64{in.NA, in.NB}, []float64{1, in.Ratio})
			if in.Method != "norm" || in.Correction {
				// The exact test and the correction for continuity give larger p-values, by
				// little where there are many users.
				if want := c.Expected["pvalue"].(float64); !ok || got.p > want*(1+1e-9) {
					t.Errorf("%s: p %v, with correction %v", c.ID, got.p, want)
				}
				out.Add("exact binomial test, or correction for continuity; that their p-value is not smaller is held")
				continue
			}
			c.holds(t, "pvalue", got.p, 0)
			out.Add("")
		case sum(in.Users) == 0:
			if _, ok := sampleRatio(in.Users, in.Weights); ok {
				t.Errorf("%s: a p-value without users", c.ID)
			}
			out.Add("no p-value without users, instead of 1")
		default:
			got, _ := sampleRatio(in.Users, in.Weights)
			c.holds(t, "p", got.p, 0)
			if _, ok := c.Expected["chi2"]; ok {
				c.holds(t, "chi2", got.statistic, 1e-12)
			}
			out.Add("")
		}
	}
	out.Log(t)
}
