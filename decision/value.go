package decision

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"strconv"

	"readout/experiment"
)

// A Value is an attribute of a visitor: a text, a number or a truth. The zero Value is
// absent, which is also what null and lists are.
type Value struct {
	kind experiment.ScalarKind
	text string // the text, or the number as it was written
	num  number
	yes  bool
}

// Text returns a text.
func Text(s string) Value { return Value{kind: experiment.ScalarText, text: s} }

// Bool returns a truth.
func Bool(b bool) Value { return Value{kind: experiment.ScalarBool, yes: b} }

// Int returns a whole number, exact.
func Int(i int64) Value {
	return Value{kind: experiment.ScalarNumber, text: strconv.FormatInt(i, 10), num: number{whole: i, exact: true}}
}

// Number returns the number that a JSON literal writes. Whole numbers of up to 64 bits stay
// exact. A literal that is none, or beyond the range of float64, is absent.
func Number(literal string) Value {
	n, ok := parseNumber(literal)
	if !ok {
		return Value{}
	}
	return Value{kind: experiment.ScalarNumber, text: literal, num: n}
}

// Float returns a number; one that is not finite is absent.
func Float(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Number(strconv.FormatFloat(f, 'g', -1, 64))
}

// ParseValue returns the value that a text without a type stands for: true, false, a number
// as JSON writes one, else the text, which double quotes keep one.
func ParseValue(text string) Value {
	switch {
	case text == "true", text == "false":
		return Bool(text == "true")
	case len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"':
		return Text(text[1 : len(text)-1])
	case json.Valid([]byte(text)):
		if v := Number(text); v.Present() {
			return v
		}
	}
	return Text(text)
}

// Present reports whether there is a value.
func (v Value) Present() bool { return v.kind != "" }

// Kind returns the type of the value, empty when it is absent.
func (v Value) Kind() experiment.ScalarKind { return v.kind }

// String returns the value as text: numbers as they were written, truths as true or false,
// and nothing when it is absent.
func (v Value) String() string {
	if v.kind == experiment.ScalarBool {
		return strconv.FormatBool(v.yes)
	}
	return v.text
}

// number is exact where it is a whole number of 64 bits.
type number struct {
	whole int64
	exact bool
	float float64
}

func parseNumber(literal string) (number, bool) {
	if i, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return number{whole: i, exact: true}, true
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return number{}, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return number{whole: int64(f), exact: true}, true
	}
	return number{float: f}, true
}

// compare returns -1, 0 or 1, without rounding either number.
func (n number) compare(m number) int {
	switch {
	case n.exact && m.exact:
		return cmp.Compare(n.whole, m.whole)
	case !n.exact && !m.exact:
		return cmp.Compare(n.float, m.float)
	}
	return n.big().Cmp(m.big())
}

func (n number) big() *big.Float {
	if n.exact {
		return new(big.Float).SetInt64(n.whole)
	}
	return big.NewFloat(n.float)
}

// scalar returns the value that a condition compares with.
func scalar(s experiment.Scalar) Value {
	switch s.Kind {
	case experiment.ScalarNumber:
		return Number(s.Text)
	case experiment.ScalarBool:
		return Bool(s.Text == "true")
	}
	return Text(s.Text)
}

// equal reports whether two values are of the same type and the same: 1 equals 1.0, and
// neither equals the text "1".
func (v Value) equal(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case experiment.ScalarNumber:
		return v.num.compare(w.num) == 0
	case experiment.ScalarBool:
		return v.yes == w.yes
	}
	return v.text == w.text
}
