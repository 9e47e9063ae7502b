package tables

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/parquet-go/parquet-go/format"
)

// wantedValue is what messages say about the types of a value column.
const wantedValue = "want a number or a boolean"

// valueConverter reads numbers of any kind as float64; NaN stands for null and for what is
// not finite. Decimals come out as the nearest float64. Text is refused, even text of
// digits: whoever wrote 1.234,5 must say what it means.
func valueConverter(t columnType) (converter[float64], error) {
	var c converter[float64]
	switch {
	case t.nested:
	case t.meaning == nullValue:
		return c, nil
	case t.meaning == decimalValue && t.bytes():
		c.spans = decimalBytes(t.scale)
	case t.meaning == decimalValue:
		c.numbers = decimalNumbers(t.scale)
	case t.meaning == float16Value:
		c.spans = halves
	case t.integer() && t.meaning == unsignedValue:
		narrow := t.physical == format.Int32
		c.numbers = func(dst []float64, src []int64) error {
			for i, v := range src {
				dst[i] = float64(widen(v, narrow))
			}
			return nil
		}
	case t.integer() || t.physical == format.Boolean:
		c.numbers = func(dst []float64, src []int64) error {
			for i, v := range src {
				dst[i] = float64(v)
			}
			return nil
		}
	case t.physical == format.Double && t.meaning == plainValue:
		c.numbers = func(dst []float64, src []int64) error {
			for i, v := range src {
				dst[i] = finite(math.Float64frombits(uint64(v)))
			}
			return nil
		}
	case t.physical == format.Float && t.meaning == plainValue:
		c.numbers = func(dst []float64, src []int64) error {
			for i, v := range src {
				dst[i] = finite(float64(math.Float32frombits(uint32(v))))
			}
			return nil
		}
	case t.meaning == textValue:
		return c, fmt.Errorf("found %v, %s: cast the text to a number where the file is written", t, wantedValue)
	}
	if c.numbers == nil && c.spans == nil {
		return c, fmt.Errorf("found %v, %s", t, wantedValue)
	}
	return c, nil
}

// finite returns v, and NaN for infinities.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// exactPowers are the powers of ten that float64 holds exactly.
var exactPowers = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// decimal returns the float64 nearest to unscaled / 10^scale. Where both are exact in
// float64 the quotient is rounded once; otherwise the digits are parsed.
func decimal(unscaled int64, scale int) float64 {
	if scale >= 0 && scale < len(exactPowers) && unscaled > -1<<53 && unscaled < 1<<53 {
		return float64(unscaled) / exactPowers[scale]
	}
	return parseDecimal(strconv.FormatInt(unscaled, 10), scale)
}

// parseDecimal returns the float64 nearest to digits / 10^scale, and NaN where that is beyond the
// largest float64.
func parseDecimal(digits string, scale int) float64 {
	v, err := strconv.ParseFloat(digits+"e"+strconv.Itoa(-scale), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// decimalNumbers reads decimals stored as integers.
func decimalNumbers(scale int) func([]float64, []int64) error {
	return func(dst []float64, src []int64) error {
		for i, v := range src {
			dst[i] = decimal(v, scale)
		}
		return nil
	}
}

// decimalLimit is how many bytes a decimal can have: 64 hold 153 digits, twice what any
// writer allows.
const decimalLimit = 64

// decimalBytes reads decimals stored as big-endian numbers in two's complement.
func decimalBytes(scale int) func([]float64, []byte, []byteSpan) error {
	return func(dst []float64, data []byte, at []byteSpan) error {
		for i, s := range at {
			raw := data[s.at : s.at+s.size]
			if err := checkDecimal(raw); err != nil {
				return err
			}
			if v, ok := bigEndian(raw); ok {
				dst[i] = decimal(v, scale)
			} else {
				dst[i] = parseDecimal(bigInt(raw).String(), scale)
			}
		}
		return nil
	}
}

// checkDecimal refuses decimals of no bytes, and of more than any writer needs.
func checkDecimal(raw []byte) error {
	switch n := len(raw); {
	case n == 0:
		return fmt.Errorf("a decimal without bytes: the file is %w", errDamaged)
	case n > decimalLimit:
		return fmt.Errorf("a decimal of %d bytes, want at most %d", n, decimalLimit)
	}
	return nil
}

// appendWhole appends the digits of a decimal of scale 0, with its sign.
func appendWhole(dst, raw []byte) ([]byte, error) {
	if err := checkDecimal(raw); err != nil {
		return dst, err
	}
	if v, ok := bigEndian(raw); ok {
		return strconv.AppendInt(dst, v, 10), nil
	}
	return bigInt(raw).Append(dst, 10), nil
}

// bigEndian reads a number in two's complement if it fits in 64 bits.
func bigEndian(raw []byte) (v int64, ok bool) {
	sign := byte(int8(raw[0]) >> 7)
	for len(raw) > 8 {
		if raw[0] != sign {
			return 0, false
		}
		raw = raw[1:]
	}
	if int8(raw[0])>>7 != int8(sign) {
		return 0, false
	}
	v = int64(int8(sign))
	for _, b := range raw {
		v = v<<8 | int64(b)
	}
	return v, true
}

// bigInt reads a number in two's complement of any size.
func bigInt(raw []byte) *big.Int {
	v := new(big.Int).SetBytes(raw)
	if int8(raw[0]) < 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
	}
	return v
}

// halves reads IEEE 754 numbers of 16 bits, lowest byte first.
func halves(dst []float64, data []byte, at []byteSpan) error {
	for i, s := range at {
		dst[i] = half(uint16(data[s.at]) | uint16(data[s.at+1])<<8)
	}
	return nil
}

// half returns the number of 16 bits; NaN for what is not finite.
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var v float64
	switch exponent {
	case 31:
		return math.NaN()
	case 0:
		v = math.Ldexp(fraction, -24)
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if bits>>15 == 1 {
		return -v
	}
	return v
}
