package digits

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// maxDecimals is where fixed notation ends and the exponent form begins.
const maxDecimals = 9

// Count returns n as 1,234,567.
func Count(n int64) string { return group(strconv.FormatInt(n, 10)) }

// Fixed returns v with the given number of decimals. A v that is
// not 0 is never printed as 0, nor with a hundred digits: where decimals do not reach, it
// gets more of them, and outside [1e-9, 1e15) the exponent form with three digits. So does a v
// below 1e-6 of which more decimals are wanted than there are. An infinite v is written as the
// largest number.
func Fixed(v float64, decimals int) string {
	v = Finite(v)
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

// Plain returns v with four digits and no zeros at the end.
func Plain(v float64) string {
	return Trim(Fixed(v, Decimals(v, 4)), 0)
}

// Exact returns v with all digits that it has, 20,000.5: what somebody has typed, or a whole
// number of things that is held as a float64.
func Exact(v float64) string { return group(strconv.FormatFloat(v, 'f', -1, 64)) }

// WholePercent returns a share as whole percent, of which only 0 is written as 0% and
// only 1 as 100%: 44%, < 1%, > 99%.
func WholePercent(share float64) string {
	switch p := math.Round(100 * share); {
	case p == 0 && share > 0:
		return "< 1%"
	case p == 100 && share < 1:
		return "> 99%"
	default:
		return Fixed(p, 0) + "%"
	}
}

// Span returns a duration in its largest whole unit: 1 day, 36 hours.
func Span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch {
		case d == unit.size:
			return "1 " + unit.name
		case d > unit.size && d%unit.size == 0:
			return Count(int64(d/unit.size)) + " " + unit.name + "s"
		}
	}
	return d.String()
}

// Decimals returns the decimals that show v with the given number of digits.
func Decimals(v float64, digits int) int { return digits - 1 - Magnitude(v) }

// Magnitude returns the power of ten of the first digit of v: 2 for 345, −2 for 0.034.
// It is 0 for 0.
func Magnitude(v float64) int {
	if v == 0 {
		return 0
	}
	return int(math.Floor(math.Log10(math.Abs(Finite(v)))))
}

// Trim drops zeros at the end of the fraction of s, down to the given number of decimals.
func Trim(s string, decimals int) string {
	point := strings.IndexByte(s, '.')
	if point < 0 || strings.ContainsRune(s, 'e') {
		return s
	}
	for strings.HasSuffix(s, "0") && len(s)-point-1 > decimals {
		s = s[:len(s)-1]
	}
	return strings.TrimSuffix(s, ".")
}

// Finite returns v, or the largest number of its sign where v is infinite: a number near
// that limit overflows when it is multiplied for a percentage.
func Finite(v float64) float64 {
	return math.Max(-math.MaxFloat64, math.Min(v, math.MaxFloat64))
}

// group puts a comma after every three digits of the whole part of a decimal number.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
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
