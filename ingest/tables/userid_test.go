package tables

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"
)

func TestHashIDIsOfTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		text := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "text")
		if HashID(text, seed) == (UserID{}) {
			t.Errorf("%q has the id of no text", text)
		}
		if HashID(text, seed) == HashID(text, seed+1) {
			t.Errorf("the key does not change the id of %q", text)
		}
	})
	if HashID(nil, 1) != (UserID{}) {
		t.Error("no text has an id")
	}
}

// Ids of all lengths are the library's hash of them, those of numbers that of the number.
func TestIDHasher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		texts := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 80, 80), rapid.SliceOfN(rapid.SampledFrom([]byte("0123456789")), 80, 80))
		text := texts.Draw(t, "text")
		hash := newIDHasher(seed)
		keys := xxh3.Hash128Seed([]byte("numbers"), seed)
		for n := 1; n <= len(text); n++ {
			want := xxh3.Hash128Seed(text[:n], seed)
			if v, ok := numberByLibrary(string(text[:n])); ok {
				want = xxh3.Hash128Seed(binary.LittleEndian.AppendUint64(nil, v.Uint64()), keys.Hi)
			}
			if got := hash.id(text[:n]); got != (UserID{want.Hi, want.Lo}) {
				t.Fatalf("%q: %x, want %x", text[:n], got, want)
			}
		}
		size := rapid.Uint64Min(1).Draw(t, "size")
		want := xxh3.Hash128Seed(binary.LittleEndian.AppendUint64(nil, size), keys.Lo)
		if got := hash.id(fmt.Appendf(nil, "-%d", size)); got != (UserID{want.Hi, want.Lo}) {
			t.Fatalf("-%d: %x, want %x", size, got, want)
		}
	})
}

func TestHashPrefixedEndsEarly(t *testing.T) {
	text := plainTexts("one", "two")
	for size := range text {
		dst := make([]UserID, 2)
		if _, err := hashPrefixed(dst, text[:size], newIDHasher(testSeed)); !errors.Is(err, errValues) {
			t.Errorf("%d bytes of %d: error %v, want %v", size, len(text), err, errValues)
		}
	}
	dst := make([]UserID, 2)
	if rest, err := hashPrefixed(dst, append(text, 7), newIDHasher(testSeed)); err != nil || len(rest) != 1 || dst[1] != id("two") {
		t.Errorf("%d bytes left, error %v", len(rest), err)
	}
}

func BenchmarkHashPrefixed(b *testing.B) {
	for _, bench := range []struct {
		format string
		size   int
	}{
		{"%016x%016x%016x", 8}, {"%016x%016x%016x", 16}, {"%016x%016x%016x", 20}, {"%016x%016x%016x", 36},
		{"9%020d%020d%020d", 8}, {"9%020d%020d%020d", 12}, {"9%020d%020d%020d", 18},
	} {
		b.Run(fmt.Sprintf("%d bytes of %s", bench.size, bench.format), func(b *testing.B) {
			const ids = 2000
			random := rand.New(rand.NewPCG(1, 2))
			var data []byte
			for range ids {
				text := fmt.Sprintf(bench.format, random.Uint64(), random.Uint64(), random.Uint64())[:bench.size]
				data = append(data, plainTexts(text)...)
			}
			dst := make([]UserID, ids)
			hash := newIDHasher(testSeed)
			for b.Loop() {
				if _, err := hashPrefixed(dst, data, hash); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/ids, "ns/id")
		})
	}
}
