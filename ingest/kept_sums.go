package ingest

// keptSums is sums of exactSum. Most of them are 0 or have a few chunks: what they are made of
// is kept in a few long slices, which are read many times faster than a struct for each.
type keptSums struct {
	Count int // of all sums
	// At are the places of those that are not 0, in order; what follows is of these.
	At        []int
	Base      []int32
	NotFinite []int64
	Chunks    []int   // how many of Chunk each has
	Chunk     []int64 // of the first sum, then of the next
}

// keepSums returns what is to be kept of sums, which it carries.
func keepSums(sums []exactSum) keptSums {
	k := keptSums{Count: len(sums)}
	for i := range sums {
		s := &sums[i]
		s.carry()
		if s.isZero() {
			continue
		}
		k.At = append(k.At, i)
		k.Base = append(k.Base, s.base)
		k.NotFinite = append(k.NotFinite, s.notFinite)
		k.Chunks = append(k.Chunks, len(s.chunk))
		k.Chunk = append(k.Chunk, s.chunk...)
	}
	return k
}

// widestChunk bounds the places of the chunks of any sum of values and products, either way
// from 2⁰: with exponents from −2148 to 2048, and carries, they lie well within.
const widestChunk = 128

// fits reports whether the sums are such as keepSums makes of so many.
func (k *keptSums) fits() bool {
	n := len(k.At)
	if len(k.Base) != n || len(k.NotFinite) != n || len(k.Chunks) != n {
		return false
	}
	last, chunks := -1, 0
	for i, at := range k.At {
		size, base := k.Chunks[i], int(k.Base[i])
		if at <= last || at >= k.Count || size < 0 || base < -widestChunk || size > widestChunk-base {
			return false
		}
		last, chunks = at, chunks+size
	}
	if chunks != len(k.Chunk) {
		return false
	}
	for _, v := range k.Chunk {
		if v < -1<<32 || v > 1<<32 {
			return false
		}
	}
	return true
}

// give puts the sums into fresh ones, with width in a cell; they share memory then.
func (k *keptSums) give(dst []exactSum, width int, looks lookMove) bool {
	if !looks.fits(k.Count, len(dst), width) || !k.fits() {
		return false
	}
	rest := k.Chunk
	for i, at := range k.At {
		n := k.Chunks[i]
		if to := looks.cell(at / width); to >= 0 {
			dst[to*width+at%width] = exactSum{chunk: rest[:n:n], base: k.Base[i], waiting: 1, notFinite: k.NotFinite[i]}
		}
		rest = rest[n:]
	}
	return true
}
