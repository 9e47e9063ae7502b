package reports

import (
	"math"
	"strconv"
	"strings"

	"readout/analysis"
	"readout/internal/digits"
)

// missing stands where a number is not defined; the reason stands in words below.
const missing = "-"

// smallestP is the floor of p-values; one at it may be any smaller, as its logarithm says.
const smallestP = 1e-300

// percent returns a share in [0, 1] as percent with two decimals, and as many more as
// three digits of it, or of its distance to 100%, need: 12.35%, 0.022%, 99.9978%. Only 0
// is printed as 0% and only 1 as 100%.
func percent(share float64) string {
	p := 100 * share
	near := math.Abs(p)
	if rest := math.Abs(100 - p); rest < near {
		near = rest
	}
	if near == 0 {
		return digits.Fixed(p, 0) + "%"
	}
	s := digits.Trim(digits.Fixed(p, max(2, 2-digits.Magnitude(near))), 2)
	if share < 1 && strings.HasPrefix(s, "100") {
		// The rest is smaller than the decimals that fixed prints.
		s = "> 99.99"
	}
	return s + "%"
}

// shortPercent returns a setting such as a confidence or a margin as percent without
// zeros at the end: 95%, 2.5%.
func shortPercent(share float64) string {
	p := 100 * share
	return digits.Trim(digits.Fixed(p, max(3, 2-digits.Magnitude(p))), 0) + "%"
}

// roughShare is digits.WholePercent for what may be not defined.
func roughShare(n analysis.Number) string {
	v, ok := n.Get()
	if !ok {
		return missing
	}
	return digits.WholePercent(v)
}

// sign puts a plus in front of positive numbers.
func sign(s string) string {
	if strings.HasPrefix(s, "-") || strings.Trim(s, "0.,") == "" {
		return s
	}
	return "+" + s
}

// share is shortPercent for what may be not defined.
func share(n analysis.Number) string {
	v, ok := n.Get()
	if !ok {
		return missing
	}
	return shortPercent(v)
}

// interval returns [lo, hi] with signs, or nothing when no end is defined. One end alone is
// that of a one-sided test, or of an interval without a limit on the other side.
func interval(lo, hi analysis.Number, decimals int, scale float64, unit string) string {
	_, okLo := lo.Get()
	_, okHi := hi.Get()
	if !okLo && !okHi {
		return ""
	}
	end := func(n analysis.Number) string {
		v, ok := n.Get()
		if !ok {
			return labelNoLimit
		}
		return sign(digits.Fixed(v*scale, decimals)) + unit
	}
	return "[" + end(lo) + ", " + end(hi) + "]"
}

// lift returns the lift in percent with its interval, +10.0% [+1.2%, +19.1%].
func lift(c *analysis.Comparison) string {
	v, ok := c.Lift.Get()
	if !ok {
		return missing
	}
	decimals := analysis.Decimals(c.Lift, analysis.Number{}, c.LiftLo, c.LiftHi, 100)
	s := sign(digits.Fixed(100*v, decimals)) + "%"
	if c.LiftUnbounded {
		return s + " " + labelUnbounded
	}
	return list(" ", s, interval(c.LiftLo, c.LiftHi, decimals, 100, "%"))
}

// effect returns a difference with its interval: of proportions in percentage points,
// +1.00 [+0.12, +1.90] pp, else in the metric's unit.
func effect(kind string, value, se, lo, hi analysis.Number) string {
	v, ok := value.Get()
	if !ok {
		return missing
	}
	scale, unit := 1.0, ""
	if kind == kindProportion {
		scale, unit = 100, " "+labelPoints
	}
	decimals := analysis.Decimals(value, se, lo, hi, scale)
	return list(" ", sign(digits.Fixed(v*scale, decimals)), interval(lo, hi, decimals, scale, "")) + unit
}

// effectSE returns the standard error of an effect in its unit.
func effectSE(kind string, se analysis.Number) string {
	v, ok := se.Get()
	if !ok {
		return missing
	}
	if kind == kindProportion {
		return digits.Plain(100*v) + " " + labelPoints
	}
	return digits.Plain(v)
}

// mean returns the mean of a variant: a proportion as percent, else with two digits of
// its standard error, or four digits.
func mean(kind string, value, se analysis.Number) string {
	v, ok := value.Get()
	if !ok {
		return missing
	}
	if kind == kindProportion {
		return percent(v)
	}
	if s, ok := se.Get(); ok && s > 0 {
		return digits.Fixed(v, digits.Decimals(s, 2))
	}
	return digits.Plain(v)
}

// number is digits.Plain for what may be not defined.
func number(n analysis.Number) string {
	v, ok := n.Get()
	if !ok {
		return missing
	}
	return digits.Plain(v)
}

// pValue returns p with three digits, 0.0123 or 1.23e-07, or "< 1e-300" at the floor. It
// adds digits where rounding would move p to the other side of alpha or onto it.
func pValue(p, lnP, alpha analysis.Number) string {
	v, ok := p.Get()
	if !ok {
		return missing
	}
	if ln, ok := lnP.Get(); v <= smallestP || ok && ln < math.Log(smallestP) {
		return "< 1e-300"
	}
	a, known := alpha.Get()
	for wanted := 3; ; wanted++ {
		s := strconv.FormatFloat(v, 'e', wanted-1, 64)
		if v >= 0.001 {
			s = strconv.FormatFloat(v, 'f', digits.Decimals(v, wanted), 64)
		}
		rounded, err := strconv.ParseFloat(s, 64)
		sameSide := (rounded < a) == (v < a) && (rounded > a) == (v > a)
		if !known || sameSide || err != nil || wanted >= 17 {
			return s
		}
	}
}
