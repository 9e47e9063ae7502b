package exact

// Packed is sums in a form to be encoded. Most sums are 0 or have a few chunks: what they are
// made of stands in a few long slices, which are decoded many times faster than a struct for each.
type Packed struct {
	Count int // of all sums
	// At are the places of those that are not 0, in order; what follows is of these.
	At        []int
	Base      []int32
	NotFinite []int64
	Chunks    []int   // how many of Chunk each has
	Chunk     []int64 // of the first sum, then of the next
}

// Pack returns sums in a form to be encoded; their chunks are carried on the way.
func Pack(sums []Sum) Packed {
	p := Packed{Count: len(sums)}
	for i := range sums {
		s := &sums[i]
		s.carry()
		if s.isZero() {
			continue
		}
		p.At = append(p.At, i)
		p.Base = append(p.Base, s.base)
		p.NotFinite = append(p.NotFinite, s.notFinite)
		p.Chunks = append(p.Chunks, len(s.chunk))
		p.Chunk = append(p.Chunk, s.chunk...)
	}
	return p
}

// widestChunk bounds the places of the chunks of any sum of values and products, either way
// from 2⁰: with exponents from −2148 to 2048, and carries, they lie well within.
const widestChunk = 128

// Valid reports whether p is such as [Pack] makes of so many sums.
func (p *Packed) Valid() bool {
	n := len(p.At)
	if len(p.Base) != n || len(p.NotFinite) != n || len(p.Chunks) != n {
		return false
	}
	last, chunks := -1, 0
	for i, at := range p.At {
		size, base := p.Chunks[i], int(p.Base[i])
		if at <= last || at >= p.Count || size < 0 || base < -widestChunk || size > widestChunk-base {
			return false
		}
		last, chunks = at, chunks+size
	}
	if chunks != len(p.Chunk) {
		return false
	}
	for _, v := range p.Chunk {
		if v < -1<<32 || v > 1<<32 {
			return false
		}
	}
	return true
}

// Each calls f with the sums that are not 0 and their places. p is valid; the sums share its
// memory.
func (p *Packed) Each(f func(at int, s Sum)) {
	rest := p.Chunk
	for i, at := range p.At {
		n := p.Chunks[i]
		f(at, Sum{chunk: rest[:n:n], base: p.Base[i], waiting: 1, notFinite: p.NotFinite[i]})
		rest = rest[n:]
	}
}
