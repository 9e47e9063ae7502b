package tables

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// A decimal is the float64 nearest to the exact quotient.
func TestDecimalIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "raw")
		scale := rapid.IntRange(-30, 60).Draw(t, "scale")
		power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil))
		exact := new(big.Rat).SetInt(bigInt(raw))
		if scale >= 0 {
			exact.Quo(exact, power)
		} else {
			exact.Mul(exact, power)
		}
		want, _ := exact.Float64()
		var got [1]float64
		if err := decimalBytes(scale)(got[:], raw, []byteSpan{{size: uint32(len(raw))}}); err != nil {
			t.Fatal(err)
		}
		if got[0] != want {
			t.Errorf("%x of scale %d: %v, want %v", raw, scale, got[0], want)
		}
	})
}

func TestBigEndian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 1, 12).Draw(t, "raw")
		if rapid.Bool().Draw(t, "extended") {
			sign := byte(int8(raw[0]) >> 7)
			raw = append([]byte{sign, sign, sign}, raw...)
		}
		want := bigInt(raw)
		got, ok := bigEndian(raw)
		if ok != want.IsInt64() || ok && got != want.Int64() {
			t.Errorf("%x: %d, %v; want %v", raw, got, ok, want)
		}
	})
}

func TestHalf(t *testing.T) {
	f := func(bits uint16, want float64) {
		t.Helper()
		if got := half(bits); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%#04x: %v, want %v", bits, got, want)
		}
	}
	f(0x0000, 0)
	f(0x3c00, 1)
	f(0xc000, -2)
	f(0x7bff, 65504)
	f(0x0001, 0x1p-24)
	f(0x03ff, 1023*0x1p-24)
	f(0x0400, 0x1p-14)
	f(0x3555, 0.333251953125)
	f(0x7c00, math.NaN())
	f(0xfc00, math.NaN())
	f(0x7e01, math.NaN())
}
