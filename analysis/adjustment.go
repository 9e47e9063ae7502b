package analysis

import (
	"math"
	"slices"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// modelOf returns which columns of the metric's moments are what, and the names of the covariates.
// The columns are value, denominator (of a ratio), the covariate of each, and the
// missing-history mark.
func modelOf(m *experiment.Metric, phases [][]Arm, method experiment.Method) (cuped.Model, []string) {
	columns := 0
	if len(phases) > 0 && len(phases[0]) > 0 {
		columns = phases[0][0].Moments.Columns()
	}
	outcome, per := cuped.Column(0), 1
	if m.Denominator != nil {
		outcome, per = cuped.Ratio(0, 1), 2
	}
	model := cuped.Model{Outcome: outcome}
	if method == experiment.MethodSequential || columns <= per {
		return model, nil
	}
	if m.Denominator != nil {
		model.Covariates = []cuped.Term{cuped.Ratio(2, 3), cuped.Column(4)}
	} else {
		model.Covariates = []cuped.Term{cuped.Column(1), cuped.Column(2)}
	}
	return model, []string{"the same before exposure", "whether history is missing"}
}

// fit returns the adjustment of every arm of a phase: one for all, or where the plan says so
// one of its own for each.
func (a *analyzer) fit(model cuped.Model, sets []moments.Set) []cuped.Adjustment {
	if len(model.Covariates) > 0 && a.in.Experiment.Statistics.CUPED == experiment.CUPEDInteracted {
		return cuped.FitArms(model, sets...)
	}
	out := make([]cuped.Adjustment, len(sets))
	one := cuped.Fit(model, sets...)
	for v := range out {
		out[v] = one
	}
	return out
}

// fitted is the arms of a metric by phase and variant, with their adjustments, and the same
// without covariates.
type fitted struct {
	phases     [][]Arm
	fits, raws [][]cuped.Adjustment
	control    int
	need       need
}

// fitPhases adjusts the arms of every phase, of which a comparison takes those that have what is
// needed.
func (a *analyzer) fitPhases(model cuped.Model, phases [][]Arm, n need) fitted {
	f := fitted{phases: phases, control: a.control, need: n}
	for _, arms := range phases {
		sets := momentsOf(arms)
		f.fits = append(f.fits, a.fit(model, sets))
		f.raws = append(f.raws, a.fit(cuped.Model{Outcome: model.Outcome}, sets))
	}
	return f
}

// arms returns the arms of control and of treatment v, one per phase.
func (f fitted) arms(v int) (control, treatment []Arm) {
	return column(f.phases, f.control), column(f.phases, v)
}

// effect estimates the effect of treatment v.
func (f fitted) effect(v int) (effect, error) { return f.by(f.fits, v) }

// rawEffect estimates it without covariates.
func (f fitted) rawEffect(v int) (effect, error) { return f.by(f.raws, v) }

func (f fitted) by(fits [][]cuped.Adjustment, v int) (effect, error) {
	pairs := make([]pair, len(fits))
	for p, arms := range fits {
		pairs[p] = pair{control: arms[f.control], treatment: arms[v], need: f.need}
	}
	control, treatment := f.arms(v)
	return effectOf(pairs, control, treatment)
}

// cupedResult says what the adjustments of the last phase did, with the covariates that took
// part in any arm's.
func (a *analyzer) cupedResult(covariates []string, fits [][]cuped.Adjustment, pooled []moments.Set) *CUPED {
	last := fits[len(fits)-1]
	out := &CUPED{Covariates: []string{}, Theta: []float64{}, Note: last[0].Note()}
	interacted := a.in.Experiment.Statistics.CUPED == experiment.CUPEDInteracted
	if interacted {
		out.ThetaByVariant = make([][]float64, len(last))
	}
	for j, name := range covariates {
		if !slices.ContainsFunc(last, func(fit cuped.Adjustment) bool { return takesPart(fit, j) }) {
			continue
		}
		out.Covariates = append(out.Covariates, name)
		if !interacted {
			out.Theta = append(out.Theta, last[0].Theta[j])
			continue
		}
		for v, fit := range last {
			out.ThetaByVariant[v] = append(out.ThetaByVariant[v], fit.Theta[j])
		}
	}
	var fitted []cuped.Adjustment
	var users []moments.Set
	for v, set := range pooled {
		if set.N > 0 {
			out.MissingHistory += int64(math.Round(float64(set.N) * set.Mean[set.Columns()-1]))
			fitted, users = append(fitted, last[v]), append(users, set)
		}
	}
	if kept, ok := cuped.VarianceKept(fitted, users); ok {
		out.VarianceKept = Defined(kept)
		if kept > 0 {
			out.EffectiveSampleGained = Defined(1/kept - 1)
		}
	}
	return out
}

// takesPart reports whether covariate j was not left out of a fit.
func takesPart(fit cuped.Adjustment, j int) bool {
	return !slices.ContainsFunc(fit.Dropped, func(d cuped.Dropped) bool { return d.Covariate == j })
}
