package analysis

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Number is a number that may be not defined. The zero value is not defined; its JSON is
// null. It never holds NaN or an infinity.
type Number struct {
	value float64
	ok    bool
}

// Defined returns v as a Number; NaN and infinities become not defined.
func Defined(v float64) Number {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Number{}
	}
	return Number{v, true}
}

// Get returns the value and whether it is defined.
func (n Number) Get() (float64, bool) { return n.value, n.ok }

// Or returns the value, or missing where it is not defined.
func (n Number) Or(missing float64) float64 {
	if n.ok {
		return n.value
	}
	return missing
}

// Equal reports whether both are not defined, or both defined and equal. go-cmp uses it.
func (n Number) Equal(o Number) bool { return n == o }

// MarshalJSON writes the number, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.ok {
		return []byte("null"), nil
	}
	return json.Marshal(n.value)
}

// UnmarshalJSON reads a number, or null.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number{}
		return nil
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return fmt.Errorf("want a number or null, got %.20q", b)
	}
	*n = Defined(v)
	return nil
}

// Count is a number of users that may not be known. Its JSON is then null.
type Count int64

// Unknown is the Count of what was not counted.
const Unknown Count = -1

// Get returns the number and whether it is known.
func (c Count) Get() (int64, bool) { return int64(max(c, 0)), c >= 0 }

// MarshalJSON writes the number, or null.
func (c Count) MarshalJSON() ([]byte, error) {
	n, ok := c.Get()
	if !ok {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, n, 10), nil
}

// UnmarshalJSON reads a whole number of 0 or more, or null.
func (c *Count) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*c = Unknown
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("want a whole number of 0 or more, or null, got %.20q", b)
	}
	*c = Count(n)
	return nil
}
