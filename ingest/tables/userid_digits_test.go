package tables

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestDigits(t *testing.T) {
	f := func(v uint64) {
		t.Helper()
		var d digits
		if got, want := string(d[d.set(v):]), strconv.FormatUint(v, 10); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for power := uint64(1); ; power *= 10 {
		f(power - 1)
		f(power)
		f(power + 1)
		if power > math.MaxUint64/10 {
			break
		}
	}
	f(math.MaxUint64)
	for v := range uint64(20_000) {
		f(v)
		f(v * 10_000)
		f(v * 4_999_999_999)
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64().Draw(t, "v") >> rapid.IntRange(0, 63).Draw(t, "shift")
		var d digits
		if got, want := string(d[d.set(v):]), strconv.FormatUint(v, 10); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// Numbers have the ids of their texts, however many come at once.
func TestHashDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-9, 9), rapid.Just[int64](math.MinInt64)), 0, 3*digitsAtOnce).Draw(t, "numbers")
		unsigned, narrow := rapid.Bool().Draw(t, "unsigned"), rapid.Bool().Draw(t, "narrow")
		if narrow {
			for i, v := range src {
				src[i] = int64(int32(v))
			}
		}
		got := make([]UserID, len(src))
		if err := hashDigits(newIDHasher(testSeed), unsigned, narrow)(got, src); err != nil {
			t.Fatal(err)
		}
		for i, v := range src {
			want := hashInt(v, newIDHasher(testSeed))
			if unsigned {
				want = HashID(strconv.AppendUint(nil, widen(v, narrow), 10), testSeed)
			}
			if got[i] != want {
				t.Fatalf("%d, unsigned %v, narrow %v: another id", v, unsigned, narrow)
			}
		}
	})
}

func BenchmarkHashDigits(b *testing.B) {
	src := make([]int64, valuesAtOnce)
	for i := range src {
		src[i] = int64(i) * 9_876_543_211
	}
	dst := make([]UserID, len(src))
	hash := hashDigits(newIDHasher(testSeed), false, false)
	b.SetBytes(8 * valuesAtOnce)
	for b.Loop() {
		if err := hash(dst, src); err != nil {
			b.Fatal(err)
		}
	}
}
