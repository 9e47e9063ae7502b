package reports

import (
	"math"
	"strconv"
	"strings"

	"readout/analysis"
)

// missing stands where a number is not defined; the reason stands in words below.
const missing = "-"

// smallestP is the floor of p-values; one at it may be any smaller, as its logarithm says.
const smallestP = 1e-300

// count returns n with thousands separators, 1,234,567.
func count(n int64) string { return group(strconv.FormatInt(n, 10)) }

// group puts a comma after every three digits of the whole part of a decimal number.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		sign, s = s[:1], s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return b.String()
}

// finite returns v, or the largest number of its sign where v is infinite: a number near
// that limit overflows when it is multiplied for a percentage.
func finite(v float64) float64 {
	return math.Max(-math.MaxFloat64, math.Min(v, math.MaxFloat64))
}

// magnitude returns the power of ten of the first digit of v: 2 for 345, −2 for 0.034.
// It is 0 for 0.
func magnitude(v float64) int {
	if v == 0 {
		return 0
	}
	return int(math.Floor(math.Log10(math.Abs(finite(v)))))
}

// maxDecimals is where fixed notation ends and the exponent form begins.
const maxDecimals = 9

// fixed returns v with the given number of decimals and thousands separators. A v that is
// not 0 is never printed as 0, nor with a hundred digits: where decimals do not reach, it
// gets more of them, and outside [1e-9, 1e15) the exponent form with three digits. So does a v
// below 1e-6 of which more decimals are wanted than there are.
func fixed(v float64, decimals int) string {
	v = finite(v)
	short := decimals > maxDecimals && math.Abs(v) < 1e-6
	decimals = max(0, min(decimals, maxDecimals))
	if v == 0 {
		return strconv.FormatFloat(0, 'f', decimals, 64)
	}
	if a := math.Abs(v); a >= 1e15 || a < 1e-9 || short {
		return strconv.FormatFloat(v, 'e', 2, 64)
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	for strings.Trim(s, "-0.") == "" {
		decimals++
		s = strconv.FormatFloat(v, 'f', decimals, 64)
	}
	return group(s)
}

// trim drops zeros at the end of the fraction of s, down to the given number of decimals.
func trim(s string, decimals int) string {
	point := strings.IndexByte(s, '.')
	if point < 0 || strings.ContainsRune(s, 'e') {
		return s
	}
	for strings.HasSuffix(s, "0") && len(s)-point-1 > decimals {
		s = s[:len(s)-1]
	}
	return strings.TrimSuffix(s, ".")
}

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
		return fixed(p, 0) + "%"
	}
	s := trim(fixed(p, max(2, 2-magnitude(near))), 2)
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
	return trim(fixed(p, max(3, 2-magnitude(p))), 0) + "%"
}

// roughPercent returns a share as whole percent, of which only 0 is printed as 0% and only
// 1 as 100%.
func roughPercent(share float64) string {
	switch p := math.Round(100 * share); {
	case p == 0 && share > 0:
		return "< 1%"
	case p == 100 && share < 1:
		return "> 99%"
	default:
		return fixed(p, 0) + "%"
	}
}

// roughShare is roughPercent for what may be not defined.
func roughShare(n analysis.Number) string {
	v, ok := n.Get()
	if !ok {
		return missing
	}
	return roughPercent(v)
}

// sign puts a plus in front of positive numbers.
func sign(s string) string {
	if strings.HasPrefix(s, "-") || strings.Trim(s, "0.,") == "" {
		return s
	}
	return "+" + s
}

// decimalsFor returns the decimals that show v with the given number of digits.
func decimalsFor(v float64, digits int) int { return digits - 1 - magnitude(v) }

// decimalsOf returns the decimals for an estimate and its interval, multiplied by scale:
// three digits of the width, or of the standard error, or of the estimate itself.
func decimalsOf(value, se, lo, hi analysis.Number, scale float64) int {
	l, okLo := lo.Get()
	h, okHi := hi.Get()
	if okLo && okHi && h > l {
		return decimalsFor((h-l)*scale, 3)
	}
	// From one end to the estimate is about half of the interval there would be.
	if v, ok := value.Get(); ok && okLo && v > l {
		return decimalsFor(2*(v-l)*scale, 3)
	} else if ok && okHi && h > v {
		return decimalsFor(2*(h-v)*scale, 3)
	}
	if s, ok := se.Get(); ok && s > 0 {
		return decimalsFor(s*scale, 3)
	}
	return decimalsFor(value.Or(0)*scale, 3)
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
		return sign(fixed(v*scale, decimals)) + unit
	}
	return "[" + end(lo) + ", " + end(hi) + "]"
}

// lift returns the lift in percent with its interval, +10.0% [+1.2%, +19.1%].
func lift(c *analysis.Comparison) string {
	v, ok := c.Lift.Get()
	if !ok {
		return missing
	}
	decimals := decimalsOf(c.Lift, analysis.Number{}, c.LiftLo, c.LiftHi, 100)
	s := sign(fixed(100*v, decimals)) + "%"
	if c.LiftUnbounded {
		return s + " " + labelUnbounded
	}
	return join(s, interval(c.LiftLo, c.LiftHi, decimals, 100, "%"))
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
	decimals := decimalsOf(value, se, lo, hi, scale)
	return join(sign(fixed(v*scale, decimals)), interval(lo, hi, decimals, scale, "")) + unit
}

// effectSE returns the standard error of an effect in its unit.
func effectSE(kind string, se analysis.Number) string {
	v, ok := se.Get()
	if !ok {
		return missing
	}
	if kind == kindProportion {
		return plain(100*v) + " " + labelPoints
	}
	return plain(v)
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
		return fixed(v, decimalsFor(s, 2))
	}
	return plain(v)
}

// plain returns a number with four digits and no zeros at the end.
func plain(v float64) string {
	return trim(fixed(v, decimalsFor(v, 4)), 0)
}

// number is plain for what may be not defined.
func number(n analysis.Number) string {
	v, ok := n.Get()
	if !ok {
		return missing
	}
	return plain(v)
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
	for digits := 3; ; digits++ {
		s := strconv.FormatFloat(v, 'e', digits-1, 64)
		if v >= 0.001 {
			s = strconv.FormatFloat(v, 'f', decimalsFor(v, digits), 64)
		}
		rounded, err := strconv.ParseFloat(s, 64)
		sameSide := (rounded < a) == (v < a) && (rounded > a) == (v > a)
		if !known || sameSide || err != nil || digits >= 17 {
			return s
		}
	}
}

// join puts a space between two texts where both are there.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
