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

// signed writes a lift with its sign.
func signed(lift float64) string {
	if lift > 0 {
		return "+" + percent(lift)
	}
	return percent(lift)
}

// end writes one end of an interval of a lift.
func end(lift Number) string {
	if v, ok := lift.Get(); ok {
		return signed(v)
	}
	return "no limit"
}

// pValue writes a p-value with three digits, never as 0.
func pValue(p float64) string {
	if p <= floorP {
		return "< 1e-300"
	}
	return strconv.FormatFloat(p, 'g', 3, 64)
}

// pEquals writes "p = 0.0123", or "p < 1e-300".
func pEquals(p float64) string {
	if p <= floorP {
		return "p " + pValue(p)
	}
	return "p = " + pValue(p)
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

// inParentheses writes a lift behind a name, where it is defined.
func inParentheses(lift Number) string {
	if v, ok := lift.Get(); ok {
		return " (" + signed(v) + ")"
	}
	return ""
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
