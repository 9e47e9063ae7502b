package exact

import (
	"math"
	"testing"
)

// What no Pack has made is not valid.
func TestPackedThatIsNotValid(t *testing.T) {
	for name, damage := range map[string]func(*Packed){
		"no base":           func(p *Packed) { p.Base = p.Base[1:] },
		"no chunks":         func(p *Packed) { p.Chunks = nil },
		"not finite twice":  func(p *Packed) { p.NotFinite = append(p.NotFinite, 0) },
		"place before all":  func(p *Packed) { p.At[0] = -1 },
		"place after all":   func(p *Packed) { p.At[1] = 2 },
		"the same place":    func(p *Packed) { p.At[1] = 0 },
		"chunks below none": func(p *Packed) { p.Chunks[0], p.Chunks[1] = -1, len(p.Chunk)+1 },
		"chunks too many":   func(p *Packed) { p.Chunks[1]++ },
		"chunks too few":    func(p *Packed) { p.Chunks[1]-- },
		"base too low":      func(p *Packed) { p.Base[0] = math.MinInt32 },
		"base too high":     func(p *Packed) { p.Base[0] = math.MaxInt32 },
		"chunk too low":     func(p *Packed) { p.Chunk[0] = math.MinInt64 },
		"chunk too high":    func(p *Packed) { p.Chunk[0] = math.MaxInt64 },
	} {
		sums := make([]Sum, 2)
		sums[0].Add(1, 1)
		sums[1].Add(2.5, -1)
		packed := Pack(sums)
		if !packed.Valid() {
			t.Fatalf("%+v is not valid", packed)
		}
		if damage(&packed); packed.Valid() {
			t.Errorf("%s: %+v is valid", name, packed)
		}
	}
}
