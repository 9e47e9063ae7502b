package power

import (
	"errors"
	"fmt"
	"math"
)

// mostDays is the longest duration returned, about 2,700 years.
const mostDays = 1_000_000

// Days returns how many days a constant number of new users per day needs to bring the
// given users, rounded up and at least 1. It refuses no users per day, and more than a
// million days.
func Days(users int64, perDay float64) (int64, error) {
	switch {
	case !(perDay > 0) || !finite(perDay):
		return 0, errors.New("cannot be computed: no users per day")
	case users < 0:
		return 0, fmt.Errorf("users must be at least 0, got %d", users)
	}
	days := math.Ceil(float64(users) / perDay * (1 - 1e-12))
	if days > mostDays {
		return 0, fmt.Errorf("%d users at %g per day take more than %d days", users, perDay, mostDays)
	}
	return max(1, int64(days)), nil
}

// WholeWeeks returns days rounded up to a multiple of 7, so that every weekday counts alike.
func WholeWeeks(days int64) int64 {
	if rest := days % 7; rest > 0 {
		return days + 7 - rest
	}
	return days
}
