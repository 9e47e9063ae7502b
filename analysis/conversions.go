package analysis

import (
	"errors"
	"math"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// firstConversions is how many users are to be expected, in the smaller arm, who convert, and of
// a rate as many who do not, before a mean is looked at by its standard error. With fewer that
// depends too much on the few there are: an arm that by chance has none looks like a mean of
// 0 without variance. Uneven splits suffer, as in even ones both arms err alike. firstCarriers
// is how many are to be expected, in the smaller arm, to carry the denominator of a ratio.
const (
	firstConversions = 20
	firstCarriers    = 30
)

// errFewCarriers says why a ratio is not compared.
var errFewCarriers = errors.New("too few users have something to divide by for their variance to be known")

// expectedConversions returns how many users of the smaller arm are expected to convert in a
// phase, or of a rate where that is less, not to, if both arms had the rate of both together. That rate
// says nothing about the effect, so that looks, and phases, which wait for it keep their level.
// Of a ratio those who convert are those who carry its denominator, see [cuped.Term.Carriers].
// Quantiles, and means of which only aggregates are known, have infinitely many.
func expectedConversions(m *experiment.Metric, control, treatment Arm) float64 {
	c, t := control.Moments, treatment.Moments
	least, users := float64(min(c.N, t.N)), float64(c.N+t.N)
	kind := m.Kind()
	converted := control.Converted + treatment.Converted
	switch {
	case kind == experiment.KindQuantile, kind == experiment.KindMean && converted == 0 && !(allZero(c) && allZero(t)):
		return math.Inf(1)
	case least == 0:
		return 0
	case kind == experiment.KindMean:
		return least * (float64(converted) / users)
	case kind == experiment.KindRatio:
		ratio := cuped.Ratio(0, 1)
		// Rounded, so that users who all carry the same are whole ones.
		carriers := math.Round(1e6*(ratio.Carriers(c)+ratio.Carriers(t))) / 1e6
		return least * (carriers / users)
	}
	rate := float64(control.converted()+treatment.converted()) / users
	return least * math.Min(rate, 1-rate)
}

// allZero reports whether no user has another value than 0. Where nobody is known to have converted
// that tells nobody from aggregates, which do not say who did.
func allZero(s moments.Set) bool { return s.N == 0 || s.Mean[0] == 0 && s.Moment(0, 0) == 0 }

// ready reports whether as many are expected in a phase as the first look of a metric waits for.
func ready(m *experiment.Metric, control, treatment Arm) bool {
	least := float64(firstConversions)
	if m.Kind() == experiment.KindRatio {
		least = firstCarriers
	}
	return expectedConversions(m, control, treatment) >= least
}

// readyPhase reports whether a phase is [ready].
func readyPhase(m *experiment.Metric, control, treatment []Arm) bool {
	for p := range control {
		if ready(m, control[p], treatment[p]) {
			return true
		}
	}
	return false
}

// ratioOfFew reports whether a ratio comes from so few users of an arm that its variance says
// nothing: that of one is 0. Where most users carry it, their number is what matters. Nobody is
// not few: a ratio of theirs is not defined.
func ratioOfFew(t cuped.Term, arms []Arm) bool {
	var carriers, users float64
	for _, arm := range arms {
		carriers += t.Carriers(arm.Moments)
		users += float64(arm.Moments.N)
	}
	return carriers > 0 && carriers < users/2 && math.Round(carriers) < fewConversions
}
