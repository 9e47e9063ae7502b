package experiment

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// maxDuration bounds windows and look-backs: ten years.
const maxDuration = 3660 * 24 * time.Hour

// durationForms says how spans are written.
const durationForms = "write a number with a unit such as 7d or 168h (units m, h, d, w)"

var durationPattern = regexp.MustCompile(`^([0-9]{1,9}w)?([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?$`)

// ParseDuration reads a span such as 7d, 168h or 1d12h with the units m, h, d
// and w, at most ten years. A day is 24 hours. A number without a unit is an
// error.
func ParseDuration(text string) (time.Duration, error) {
	parts := durationPattern.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return 0, fmt.Errorf("%q: %s", clip(text), durationForms)
	}
	units := []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute}
	var sum time.Duration
	for i, part := range parts[1:] {
		if part == "" {
			continue
		}
		count, err := strconv.ParseInt(part[:len(part)-1], 10, 64)
		if err != nil || time.Duration(count) > maxDuration/units[i] {
			return 0, fmt.Errorf("%s is longer than ten years", text)
		}
		sum += time.Duration(count) * units[i]
	}
	if sum > maxDuration {
		return 0, fmt.Errorf("%s is longer than ten years", text)
	}
	return sum, nil
}
