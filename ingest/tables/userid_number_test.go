package tables

import (
	"math"
	"math/big"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// numberByLibrary is numberOf by arithmetic of any size: what is written as it was read is a number.
func numberByLibrary(text string) (*big.Int, bool) {
	v, ok := new(big.Int).SetString(text, 10)
	return v, ok && v.String() == text && new(big.Int).Abs(v).IsUint64()
}

func TestNumberOf(t *testing.T) {
	check := func(text string) {
		t.Helper()
		size, negative, ok := numberOf([]byte(text))
		want, wanted := numberByLibrary(text)
		switch {
		case ok != wanted:
			t.Errorf("%q is a number: %v, want %v", text, ok, wanted)
		case ok && (negative != (want.Sign() < 0) || size != new(big.Int).Abs(want).Uint64()):
			t.Errorf("%q is %d, below 0: %v", text, size, negative)
		}
	}
	for _, text := range []string{
		"", "-", "--1", "0", "-0", "00", "01", "-01", "+1", "1.", "1_0", " 1", "1 ", "1e3", "0x1", "\u0661",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
		largestNumber, "-" + largestNumber, "18446744073709551616", "99999999999999999999", "100000000000000000000",
	} {
		check(text)
	}
	for power := uint64(1); ; power *= 10 {
		for _, v := range []uint64{power - 1, power, power + 1} {
			check(strconv.FormatUint(v, 10))
			check("-" + strconv.FormatUint(v, 10))
		}
		if power > math.MaxUint64/10 {
			break
		}
	}
	// One byte that is no digit, at every place of every length.
	for n := 1; n <= mostDigits; n++ {
		for at := range n {
			for c := range 256 {
				text := []byte("12345678901234567890"[:n])
				text[at] = byte(c)
				check(string(text))
			}
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		check(rapid.StringMatching(`-?[0-9]{0,21}[/:a]?[0-9]{0,3}`).Draw(rt, "text"))
	})
}

// Numbers have the ids of their texts.
func TestHashNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-9, 9), rapid.Just[int64](math.MinInt64)), 0, 20).Draw(t, "numbers")
		unsigned, narrow := rapid.Bool().Draw(t, "unsigned"), rapid.Bool().Draw(t, "narrow")
		if narrow {
			for i, v := range src {
				src[i] = int64(int32(v))
			}
		}
		got := make([]UserID, len(src))
		if err := hashNumbers(newIDHasher(testSeed), unsigned, narrow)(got, src); err != nil {
			t.Fatal(err)
		}
		for i, v := range src {
			want := HashID(strconv.AppendInt(nil, v, 10), testSeed)
			if unsigned {
				want = HashID(strconv.AppendUint(nil, widen(v, narrow), 10), testSeed)
			}
			if got[i] != want {
				t.Fatalf("%d, unsigned %v, narrow %v: another id", v, unsigned, narrow)
			}
		}
	})
}

func BenchmarkHashNumbers(b *testing.B) {
	src := make([]int64, valuesAtOnce)
	for i := range src {
		src[i] = int64(i) * 9_876_543_211
	}
	dst := make([]UserID, len(src))
	hash := hashNumbers(newIDHasher(testSeed), false, false)
	b.SetBytes(8 * valuesAtOnce)
	for b.Loop() {
		if err := hash(dst, src); err != nil {
			b.Fatal(err)
		}
	}
}
