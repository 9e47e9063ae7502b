package tables

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestHashIDIsOfTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		v := rapid.Int64().Draw(t, "v")
		if hashInt(v, newIDHasher(seed)) != HashID(strconv.AppendInt(nil, v, 10), seed) {
			t.Errorf("%d is not its text", v)
		}
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

// Ids of all lengths are the library's hash of them.
func TestIDHasher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		text := rapid.SliceOfN(rapid.Byte(), 80, 80).Draw(t, "text")
		hash := newIDHasher(seed)
		for n := range len(text) + 1 {
			if got, want := hash.id(text[:n]), HashID(text[:n], seed); got != want {
				t.Fatalf("%d bytes: %x, want %x", n, got, want)
			}
		}
	})
}

func TestHashUUID(t *testing.T) {
	raw := []byte("\x12\x34\x56\x78\x90\xab\xcd\xef\x00\x11\x22\x33\x44\x55\x66\xff")
	const text = "12345678-90ab-cdef-0011-2233445566ff"
	if got := string(appendUUID(nil, raw)); got != text {
		t.Errorf("text %s, want %s", got, text)
	}
	if hashUUID(raw, newIDHasher(5)) != HashID([]byte(text), 5) {
		t.Error("a UUID is not its text")
	}
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
	for _, size := range []int{8, 16, 20, 36} {
		b.Run(fmt.Sprintf("%d bytes", size), func(b *testing.B) {
			const ids = 2000
			random := rand.New(rand.NewPCG(1, 2))
			var data []byte
			for range ids {
				text := fmt.Sprintf("%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64())[:size]
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
