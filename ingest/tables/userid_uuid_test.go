package tables

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// UUIDs have the ids of their texts.
func TestHashUUIDs(t *testing.T) {
	const text = "12345678-90ab-cdef-0011-2233445566ff"
	if got := string(appendUUID(nil, []byte("\x12\x34\x56\x78\x90\xab\xcd\xef\x00\x11\x22\x33\x44\x55\x66\xff"))); got != text {
		t.Errorf("text %s, want %s", got, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "data")
		var at []byteSpan
		for i := 0; i+16 <= len(data); i += 16 {
			at = append(at, byteSpan{uint32(i), 16})
		}
		got := make([]UserID, len(at))
		if err := hashUUIDs(newIDHasher(testSeed))(got, data, at); err != nil {
			t.Fatal(err)
		}
		for i, s := range at {
			raw := data[s.at:][:16]
			if want := id(fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])); got[i] != want {
				t.Fatalf("%x: another id than that of its text", raw)
			}
		}
	})
}

func BenchmarkHashUUIDs(b *testing.B) {
	const ids = 2000
	data, at := make([]byte, 16*ids), make([]byteSpan, ids)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	for i := range at {
		at[i] = byteSpan{uint32(16 * i), 16}
	}
	dst := make([]UserID, ids)
	hash := hashUUIDs(newIDHasher(testSeed))
	for b.Loop() {
		if err := hash(dst, data, at); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/ids, "ns/id")
}
