package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// interactedArms returns 100 users of control and 300 of treatment. What a user does depends
// on the covariate by another coefficient in each arm, and on average the arms are alike
// where the covariate is 3.
func interactedArms(r *rand.Rand) []moments.Set {
	arms := []moments.Set{moments.New(3), moments.New(3)}
	for v, slope := range []float64{1, -0.5} {
		for range 100 * (2*v + 1) {
			x := 3 + r.NormFloat64()
			arms[v].Add(5+slope*(x-3)+0.5*r.NormFloat64(), x, 0)
		}
	}
	return arms
}

// TestInteracted is a scorecard with coefficients per arm.
func TestInteracted(t *testing.T) {
	arms := interactedArms(rand.New(rand.NewPCG(1, 1)))
	card := func(fit experiment.CUPEDFit) (Scorecard, Comparison) {
		e := testExperiment()
		e.Statistics.Method, e.Statistics.CUPED = experiment.MethodSequentialCUPED, fit
		in := testInput(e, 2)
		in.addDay(arms...)
		in.addDay(arms...)
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		return card, first(card)
	}
	own, c := card(experiment.CUPEDInteracted)
	closeTo(t, "covariate", own.Metrics[0].Variants[1].Covariate.Or(0), arms[1].Mean[1], 1e-12)
	slope := func(set moments.Set) float64 { return set.Cov(0, 1) / set.Cov(1, 1) }
	var pooled moments.Set
	pooled.Merge(arms[0])
	pooled.Merge(arms[1])
	adjusted := func(set moments.Set) float64 { return set.Mean[0] - slope(set)*(set.Mean[1]-pooled.Mean[1]) }
	closeTo(t, "effect", c.Effect.Value.Or(0), adjusted(arms[1])-adjusted(arms[0]), 1e-12)
	squared, steep := 0.0, slope(arms[1])-slope(arms[0])
	for _, set := range arms {
		n, d := float64(set.N), pooled.Mean[1]-set.Mean[1]
		rest := set.Moment(0, 0) - slope(set)*set.Moment(0, 1)
		squared += rest / (n - 2) * (1/n + d*d/set.Moment(1, 1))
	}
	squared += steep * steep * pooled.Cov(1, 1) / float64(pooled.N)
	closeTo(t, "standard error", c.Effect.SE.Or(0), math.Sqrt(squared), 1e-12)

	adjustment := own.Metrics[0].CUPED
	want := [][]float64{{slope(arms[0])}, {slope(arms[1])}}
	if diff := cmp.Diff(want, adjustment.ThetaByVariant, cmpopts.EquateApprox(1e-12, 0)); diff != "" || len(adjustment.Theta) != 0 {
		t.Errorf("coefficients (-want +got):\n%s, over all arms %v", diff, adjustment.Theta)
	}
	one, pooledResult := card(experiment.CUPEDPooled)
	if kept := adjustment.VarianceKept.Or(1); !(kept < 0.7*one.Metrics[0].CUPED.VarianceKept.Or(0)) {
		t.Errorf("variance kept %v with coefficients per arm, %v with one", kept, one.Metrics[0].CUPED.VarianceKept)
	}
	shares := c.Effect.SE.Or(0) / c.Raw.SE.Or(1)
	closeTo(t, "variance kept", adjustment.VarianceKept.Or(0), shares*shares, 1e-12)
	closeTo(t, "effective sample gained", adjustment.EffectiveSampleGained.Or(0), 1/(shares*shares)-1, 1e-9)
	if diff := cmp.Diff(c.Raw, pooledResult.Raw, cmp.AllowUnexported(Number{})); diff != "" {
		t.Errorf("raw effect (-interacted +pooled):\n%s", diff)
	}
	for card, says := range map[*Scorecard]bool{&own: true, &one: false} {
		if strings.Contains(card.Plan.Sentence, "one coefficient per arm") != says {
			t.Errorf("method line %q", card.Plan.Sentence)
		}
	}
}

// TestInteractedVariance: over repeated experiments the effect varies as its standard error
// says, and with the raw control mean as its covariance with it does, on which lifts rest.
func TestInteractedVariance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	runs := moments.New(4) // effect, raw control mean, squared standard error, covariance
	m := cuped.Model{Outcome: cuped.Column(0), Covariates: []cuped.Term{cuped.Column(1), cuped.Column(2)}}
	for range 20_000 {
		arms := interactedArms(r)
		fits := cuped.FitArms(m, arms...)
		e, err := fitted{phases: [][]Arm{{{Moments: arms[0]}, {Moments: arms[1]}}}, fits: [][]cuped.Adjustment{fits}}.effect(1)
		if err != nil {
			t.Fatal(err)
		}
		runs.Add(e.value, e.controlMean, e.se*e.se, e.cov)
	}
	closeTo(t, "variance of the effect", runs.Mean[2], runs.Cov(0, 0), 0.04)
	scale := math.Sqrt(runs.Cov(0, 0) * runs.Cov(1, 1))
	closeTo(t, "correlation with the control mean", runs.Mean[3]/scale, runs.Cov(0, 1)/scale, 0.03)
}

func closeTo(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestArmsThatDifferedBefore are noticed, although what was before takes no part in an exact test.
func TestArmsThatDifferedBefore(t *testing.T) {
	for _, rate := range []bool{false, true} {
		for shift, want := range map[float64]Severity{0: OK, 1: Warning} {
			e := alwaysValidExperiment()
			e.Statistics.Method = experiment.MethodSequentialCUPED
			arms := []moments.Set{moments.New(3), moments.New(3)}
			for v := range arms {
				for i := range 400 {
					arms[v].Add(float64(i%50/49), float64(i%7)+shift*float64(v), 0)
				}
			}
			if rate {
				e.Scorecard.Primary[0].Numerator.Aggregate = experiment.AggregateAny
			}
			in := testInput(e, 8)
			in.addDay(arms...)
			in.addDay(arms...)
			for v := range arms {
				in.today().Metrics[0][0][v].Converted = 8
			}
			card, _, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(card.Checks, func(c Check) bool { return c.Name == CheckCovariateBalance })
			if i < 0 || card.Checks[i].Severity != want || card.Metrics[0].Exact != rate {
				t.Errorf("shift %v, rate %v: exact %v, checks %+v", shift, rate, card.Metrics[0].Exact, card.Checks)
			}
		}
	}
}
