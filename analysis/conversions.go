package analysis

import (
	"math"

	"readout/experiment"
)

// firstConversions is how many users are to be expected, in the smaller arm, who convert, and
// as many who do not, before a rate is looked at by its standard error. With fewer that
// depends too much on the few there are: an arm that by chance has none looks like a rate of
// 0 without variance. Uneven splits suffer, as in even ones both arms err alike.
const firstConversions = 20

// expectedConversions returns how many users of the smaller arm are expected to convert in a
// phase, or where that is less, not to, if both arms had the rate of both together. That rate
// says nothing about the effect, so that looks, and phases, which wait for it keep their level.
func expectedConversions(control, treatment Arm) float64 {
	least := min(control.Moments.N, treatment.Moments.N)
	if least == 0 {
		return 0
	}
	rate := float64(control.converted()+treatment.converted()) / float64(control.Moments.N+treatment.Moments.N)
	return float64(least) * math.Min(rate, 1-rate)
}

// mostConversions returns the largest [expectedConversions] of the phases. It is infinite for a
// metric that is no rate.
func mostConversions(m *experiment.Metric, control, treatment []Arm) float64 {
	if m.Kind() != experiment.KindProportion {
		return math.Inf(1)
	}
	var most float64
	for p := range control {
		most = math.Max(most, expectedConversions(control[p], treatment[p]))
	}
	return most
}
