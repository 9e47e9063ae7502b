package experiment

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// number reads a finite number.
func (d *decoder) number(n *node, what string) (float64, bool) {
	if n.kind == kindNumber && jsonNumber.MatchString(n.text) {
		if x, err := strconv.ParseFloat(n.text, 64); err == nil {
			return x, true
		}
	}
	d.errorf(n, "%s: want a number such as 20 or 0.5, got %s", what, n.describe())
	return 0, false
}

var percentPattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?%$`)

// percent reads a percentage such as 2.5% and returns the fraction of 1.
func (d *decoder) percent(n *node, what string) (float64, bool) {
	if n.kind == kindText && percentPattern.MatchString(n.text) {
		// The exponent does the division by 100 without a second rounding.
		x, err := strconv.ParseFloat(strings.TrimSuffix(n.text, "%")+"e-2", 64)
		if err == nil && x <= 1 {
			return x, true
		}
		d.errorf(n, "%s: %s is not between 0%% and 100%%", what, clip(n.text))
		return 0, false
	}
	hint := ""
	if n.kind == kindNumber {
		hint = PercentHint(n.text)
	}
	d.errorf(n, "%s: want a percentage such as 5%%, got %s%s", what, n.describe(), hint)
	return 0, false
}

// percentInto returns a rule that stores a fraction.
func (d *decoder) percentInto(target *float64, what string) rule {
	return rule{func(n *node) {
		if x, ok := d.percent(n, what); ok {
			*target = x
		}
	}, percentShape()}
}

// share reads a percentage exactly, in steps of 0.0001%.
func (d *decoder) share(n *node, what string) (Share, bool) {
	if _, ok := d.percent(n, what); !ok {
		return 0, false
	}
	return d.millionths(n, strings.TrimSuffix(n.text, "%"), what)
}

// millionths turns a decimal number of percent into a share.
func (d *decoder) millionths(n *node, percent, what string) (Share, bool) {
	whole, decimals, _ := strings.Cut(percent, ".")
	decimals = strings.TrimRight(decimals, "0")
	if len(decimals) > 4 {
		d.errorf(n, "%s: %s has more than 4 decimals", what, clip(n.text))
		return 0, false
	}
	x, err := strconv.Atoi(whole + decimals + strings.Repeat("0", 4-len(decimals)))
	if err != nil || x > int(Whole) {
		d.errorf(n, "%s: %s is not between 0 and 100 percent", what, clip(n.text))
		return 0, false
	}
	return Share(x), true
}

// shareInto returns a rule that stores a share.
func (d *decoder) shareInto(target *Share, what string) rule {
	return rule{func(n *node) { *target, _ = d.share(n, what) }, percentShape()}
}

// duration reads a span such as 7d.
func (d *decoder) duration(n *node, what string) (time.Duration, bool) {
	switch n.kind {
	case kindNumber:
		d.errorf(n, "%s: %s has no unit: %s", what, clip(n.text), durationForms)
		return 0, false
	case kindText:
		span, err := ParseDuration(n.text)
		if err != nil {
			d.errorf(n, "%s: %s", what, err)
		}
		return span, err == nil
	}
	d.errorf(n, "%s: got %s: %s", what, n.describe(), durationForms)
	return 0, false
}

// durationInto returns a rule that stores a span.
func (d *decoder) durationInto(target *time.Duration, what string) rule {
	return rule{func(n *node) { *target, _ = d.duration(n, what) }, durationShape()}
}

// lookback returns a rule that stores a span longer than nothing.
func (d *decoder) lookback(target *time.Duration) rule {
	return rule{func(n *node) {
		span, ok := d.duration(n, "lookback")
		switch {
		case !ok:
		case span == 0:
			d.errorf(n, "lookback: must be longer than 0")
		default:
			*target = span
		}
	}, durationShape()}
}

// scalar reads a single value of a condition.
func (d *decoder) scalar(n *node, what string) (Scalar, bool) {
	switch n.kind {
	case kindText:
		return Scalar{ScalarText, n.text}, true
	case kindBool:
		return Scalar{ScalarBool, n.text}, true
	case kindNumber:
		switch {
		case !jsonNumber.MatchString(n.text):
			d.errorf(n, "%s: write %s as a decimal number, or in quotes as text", what, clip(n.text))
		case !isFloat64(n.text):
			d.errorf(n, "%s: %s is too large, or too close to 0, to compare with", what, clip(n.text))
		default:
			return Scalar{ScalarNumber, n.text}, true
		}
		return Scalar{}, false
	}
	d.errorf(n, "%s: want a single value, got %s", what, n.describe())
	return Scalar{}, false
}

// isFloat64 reports whether a decimal number is about one of float64: of another nobody could have the
// same, and its digits may be too many to write out.
func isFloat64(number string) bool {
	x, err := strconv.ParseFloat(number, 64)
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return err == nil && (x != 0 || !strings.ContainsAny(mantissa, "123456789"))
}
