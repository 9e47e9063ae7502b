package experiment

import (
	"fmt"
	"math"
	"strconv"
)

// PercentHint says, behind a colon, how a plain number is written as a percentage; of anything else,
// and of a number that cannot be one, it is empty.
func PercentHint(text string) string {
	x, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || !(x >= 0 && x <= 100):
		return ""
	case x > 1, x == 0:
		return fmt.Sprintf(": write %s%%", text)
	case x == 1:
		return ": write 1% or 100%"
	}
	return fmt.Sprintf(": write %s%%", strconv.FormatFloat(math.Round(x*1e6)/1e4, 'f', -1, 64))
}
