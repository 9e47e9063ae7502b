package analysis

import (
	"fmt"
	"strconv"
	"strings"

	"readout/internal/digits"
)

// percent writes a share with two decimals, or with three digits where that is more.
func percent(share float64) string {
	p := 100 * share
	return digits.Fixed(p, max(2, 2-digits.Magnitude(p))) + "%"
}

// plainPercent writes a setting such as 95%, 2.5% or 33.33%.
func plainPercent(share float64) string { return digits.Plain(100*share) + "%" }

// Decimals returns the decimals that an estimate and its interval are written with, multiplied
// by scale: three digits of the width, or of the standard error, or of the estimate itself.
// Sentences and tables share it, so that a number reads the same in both.
func Decimals(value, se, lo, hi Number, scale float64) int {
	l, okLo := lo.Get()
	h, okHi := hi.Get()
	if okLo && okHi && h > l {
		return digits.Decimals((h-l)*scale, 3)
	}
	// From one end to the estimate is about half of the interval there would be.
	if v, ok := value.Get(); ok && okLo && v > l {
		return digits.Decimals(2*(v-l)*scale, 3)
	} else if ok && okHi && h > v {
		return digits.Decimals(2*(h-v)*scale, 3)
	}
	if s, ok := se.Get(); ok && s > 0 {
		return digits.Decimals(s*scale, 3)
	}
	return digits.Decimals(value.Or(0)*scale, 3)
}

// liftDecimals returns the decimals of a lift and its interval in percent.
func liftDecimals(lift, lo, hi Number) int { return Decimals(lift, Number{}, lo, hi, 100) }

// signed writes a lift in percent with its sign.
func signed(lift float64, decimals int) string {
	s := digits.Fixed(100*lift, decimals) + "%"
	if lift > 0 {
		return "+" + s
	}
	return s
}

// end writes one end of an interval of a lift.
func end(lift Number, decimals int) string {
	if v, ok := lift.Get(); ok {
		return signed(v, decimals)
	}
	return "no limit"
}

// pEquals writes "p = 0.0123" with three digits, or "p < 0.0001": a sentence has no exponents, and
// the numbers of a check are exact.
func pEquals(p float64) string {
	if p < 1e-4 {
		return "p < 0.0001"
	}
	return "p = " + strconv.FormatFloat(p, 'g', 3, 64)
}

// chance writes a probability as whole percent, in words where that is next to 0 or to 1.
func chance(p float64) string {
	return strings.NewReplacer("<", "less than", ">", "more than").Replace(digits.WholePercent(p))
}

// count writes n with its noun.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return digits.Count(n) + " " + many
}

// firstOf lists names, of many only the first few.
func firstOf(most int, names []string) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

func wasWere(n int64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// lowerFirst lowers the first letter of a sentence.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
