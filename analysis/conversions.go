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

// expectedConversions returns how many users of the smaller arm are expected to convert, or
// where that is less, not to, if both arms had the rate of both together. That rate says
// nothing about the effect, so that looks which wait for it keep their level. It is infinite
// for a metric that is no rate.
func expectedConversions(m *experiment.Metric, control, treatment []Arm) float64 {
	if m.Kind() != experiment.KindProportion {
		return math.Inf(1)
	}
	var inControl, inTreatment, converted int64
	for p := range control {
		c, t := control[p], treatment[p]
		if c.Moments.N > 0 && t.Moments.N > 0 {
			inControl, inTreatment = inControl+c.Moments.N, inTreatment+t.Moments.N
			converted += c.converted() + t.converted()
		}
	}
	users := float64(inControl + inTreatment)
	if users == 0 {
		return 0
	}
	rate := float64(converted) / users
	return float64(min(inControl, inTreatment)) * math.Min(rate, 1-rate)
}
