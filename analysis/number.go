package analysis

import (
	"encoding/json"
	"fmt"
	"math"
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
	var v float64
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("want a number or null, got %.20q", b)
	}
	*n = Defined(v)
	return nil
}

// Equal reports whether both are not defined, or both defined and equal. go-cmp uses it.
func (n Number) Equal(o Number) bool { return n == o }
