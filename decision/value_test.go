package decision

import (
	"math"
	"testing"
)

// TestNumbersCompareWithoutRounding: whole numbers of 64 bits are exact however they are written, and
// others are what their float64 is, on both sides of 0.
func TestNumbersCompareWithoutRounding(t *testing.T) {
	f := func(a string, want int, b string) {
		t.Helper()
		x, y := Number(a), Number(b)
		if got := x.num.compare(y.num); got != want || y.num.compare(x.num) != -want || x.equal(y) != (want == 0) {
			t.Errorf("%s compares with %s as %d, want %d", a, b, got, want)
		}
	}
	for _, sign := range []struct {
		text string
		way  int
	}{{"", 1}, {"-", -1}} {
		s := sign.text
		f(s+"1e3", 0, s+"1000")
		f(s+"1000.5", sign.way, s+"1000")
		f(s+"9007199254740993", sign.way, s+"9007199254740992")
		f(s+"9007199254740993", sign.way, s+"9007199254740992.0") // the latter a float64
		f(s+"9223372036854775807", -sign.way, s+"9223372036854775808")
		f(s+"9223372036854775809", 0, s+"9223372036854775808.0") // neither fits
		f(s+"1e300", sign.way, s+"9223372036854775807")
		f(s+"1e300", sign.way, s+"1e299")
	}
	f("-0.0", 0, "0")
}

// TestValuesOfTexts: what has no type in a text is the number or truth that it writes, and a text in
// quotes; what is no number is absent.
func TestValuesOfTexts(t *testing.T) {
	for text, want := range map[string]Value{
		"true": Bool(true), "false": Bool(false), "True": Text("True"), `"true"`: Text("true"),
		"17": Int(17), `"17"`: Text("17"), `"`: Text(`"`), "": Text(""), "null": Text("null"), "[1]": Text("[1]"),
		"-1.5": Number("-1.5"), "1e999": Text("1e999"), "0x10": Text("0x10"), "DE": Text("DE"),
	} {
		if got := ParseValue(text); got != want {
			t.Errorf("%s: %s %q, want %s %q", text, got.Kind(), got, want.Kind(), want)
		}
	}
	for what, v := range map[string]Value{
		"no number": Number("x"), "out of range": Number("-1e999"), "NaN": Float(math.NaN()), "infinity": Float(math.Inf(-1)),
	} {
		if v.Present() {
			t.Errorf("%s is %s %q", what, v.Kind(), v)
		}
	}
}
