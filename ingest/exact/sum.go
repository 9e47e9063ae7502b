package exact

import (
	"math"
	"math/bits"
	"slices"
)

// Sum is a sum of float64 values and of products of two of them, without any rounding:
// a wide fixed-point number, Σ chunk[i]·2^(32(base+i)). Adding takes a handful of integer
// additions; carries between chunks wait until the sum is merged or read.
//
// Because nothing is rounded, a sum depends neither on the order of its terms nor on how
// they were split over workers, and a term added earlier can be taken out again without a
// trace. That is what makes the results of a run the same bytes for any number of workers,
// and lets one pass serve all looks: a user is added at the look of entering and taken
// out, or exchanged for the user with a new value, at a later one.
//
// Only the range of chunks in use is stored, and there is no limit to it: products that
// would overflow or underflow a float64 are exact too. Values that are not finite are
// counted instead of summed. The zero value is the empty sum.
//
// Source: R. M. Neal (2015), "Fast exact summation using small and large
// superaccumulators": the small one, whose chunks of 64 bits overlap by 32, with a range that
// grows instead of 67 chunks.
type Sum struct {
	chunk []int64
	base  int32
	// waiting bounds the terms added since chunks were last carried: each adds less than
	// 2^32 to a chunk.
	waiting int32
	// notFinite counts the terms that are not finite, less those taken out.
	notFinite int64
}

// maxWaiting leaves room for the carried chunk itself and for merging two sums.
const maxWaiting = 1 << 29

// Add adds x, or takes it out if sign is −1 instead of 1.
func (s *Sum) Add(x float64, sign int) {
	neg, m, e, finite := split(x)
	if !finite {
		s.notFinite += int64(sign)
		return
	}
	if m == 0 {
		return
	}
	low := uint(e) & 31
	w0, w1 := m<<low, m>>1>>(63-low)
	c := (*[3]int64)(s.room(e>>5, 3))
	if neg != (sign < 0) {
		c[0] -= int64(w0 & 0xffffffff)
		c[1] -= int64(w0 >> 32)
		c[2] -= int64(w1)
	} else {
		c[0] += int64(w0 & 0xffffffff)
		c[1] += int64(w0 >> 32)
		c[2] += int64(w1)
	}
}

// AddProduct adds the exact product of x and y, or takes it out if sign is −1 instead of 1. Of normal
// numbers, for which there is room, it does so without a call, in less than half the time: this is
// most of what sums of values cost.
func (s *Sum) AddProduct(x, y float64, sign int) {
	bx, by := math.Float64bits(x), math.Float64bits(y)
	ex, ey := bx>>52&0x7ff, by>>52&0x7ff
	e := int(ex+ey) - 2*1075
	at := e>>5 - int(s.base)
	if ex-1 >= 0x7fe || ey-1 >= 0x7fe || at < 0 || at+5 > len(s.chunk) || s.waiting == maxWaiting {
		s.addAnyProduct(x, y, sign)
		return
	}
	s.waiting++
	c := (*[5]int64)(s.chunk[at:])
	w0, w1, w2 := shiftedProduct(bx&(1<<52-1)|1<<52, by&(1<<52-1)|1<<52, uint(e)&31)
	if int64(bx^by)>>63 != int64(sign)>>63 {
		c[0] -= int64(w0 & 0xffffffff)
		c[1] -= int64(w0 >> 32)
		c[2] -= int64(w1 & 0xffffffff)
		c[3] -= int64(w1 >> 32)
		c[4] -= int64(w2)
	} else {
		c[0] += int64(w0 & 0xffffffff)
		c[1] += int64(w0 >> 32)
		c[2] += int64(w1 & 0xffffffff)
		c[3] += int64(w1 >> 32)
		c[4] += int64(w2)
	}
}

// addAnyProduct is AddProduct for all numbers.
func (s *Sum) addAnyProduct(x, y float64, sign int) {
	negX, mx, ex, finiteX := split(x)
	negY, my, ey, finiteY := split(y)
	switch {
	case !finiteX || !finiteY:
		s.notFinite += int64(sign)
	case mx != 0 && my != 0:
		w0, w1, w2 := shiftedProduct(mx, my, uint(ex+ey)&31)
		c := s.room((ex+ey)>>5, 5)
		for i, w := range [5]uint64{w0 & 0xffffffff, w0 >> 32, w1 & 0xffffffff, w1 >> 32, w2} {
			if (negX != negY) != (sign < 0) {
				w = -w
			}
			c[i] += int64(w)
		}
	}
}

// shiftedProduct returns x·y·2^low as three words, of whole numbers below 2^53 and low below 32.
func shiftedProduct(x, y uint64, low uint) (w0, w1, w2 uint64) {
	hi, lo := bits.Mul64(x, y)
	return lo << low, hi<<low | lo>>1>>(63-low), hi >> 1 >> (63 - low)
}

// split returns x as ±m·2^e with a whole m below 2^53.
func split(x float64) (neg bool, m uint64, e int, finite bool) {
	b := math.Float64bits(x)
	e = int(b >> 52 & 0x7ff)
	m = b & (1<<52 - 1)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 52
	}
	return b>>63 != 0, m, e - 1075, e != 0x7ff
}

// room returns the n chunks from the one with index at on and books one term for them.
func (s *Sum) room(at, n int) []int64 {
	if s.waiting == maxWaiting {
		s.carry()
	}
	s.waiting++
	i := at - int(s.base)
	if i < 0 || i+n > len(s.chunk) {
		s.stretch(at, n)
		i = at - int(s.base)
	}
	return s.chunk[i : i+n : i+n]
}

// stretch makes the stored range cover n chunks from index at on.
func (s *Sum) stretch(at, n int) {
	if len(s.chunk) == 0 {
		s.base = int32(at)
		s.chunk = make([]int64, n)
		return
	}
	if below := int(s.base) - at; below > 0 {
		s.chunk = append(make([]int64, below, below+len(s.chunk)), s.chunk...)
		s.base = int32(at)
	}
	if above := at + n - int(s.base) - len(s.chunk); above > 0 {
		s.chunk = append(s.chunk, make([]int64, above)...)
	}
}

// carry brings all chunks but the last into [0, 2^32), and the last into [−2^32, 2^32).
func (s *Sum) carry() {
	var c int64
	for i := range s.chunk {
		v := s.chunk[i] + c
		s.chunk[i] = v & 0xffffffff
		c = v >> 32
	}
	for c != 0 {
		if c == -1 {
			s.chunk[len(s.chunk)-1] -= 1 << 32
			break
		}
		s.chunk = append(s.chunk, c&0xffffffff)
		c >>= 32
	}
	s.waiting = 1
}

// Merge adds all terms of o, whose chunks may be carried on the way.
func (s *Sum) Merge(o *Sum) {
	s.notFinite += o.notFinite
	if len(o.chunk) == 0 {
		return
	}
	o.carry()
	s.carry()
	c := s.room(int(o.base), len(o.chunk))
	for i, v := range o.chunk {
		c[i] += v
	}
}

// Scale takes all terms n times. n is below 2³¹, which leaves room in every chunk.
func (s *Sum) Scale(n int64) {
	s.notFinite *= n
	s.carry()
	for i := range s.chunk {
		s.chunk[i] *= n
	}
	s.carry()
}

// isZero reports whether a sum that has been carried is 0.
func (s *Sum) isZero() bool {
	return s.notFinite == 0 && !slices.ContainsFunc(s.chunk, func(v int64) bool { return v != 0 })
}

// Clone returns a copy that shares no memory with s.
func (s *Sum) Clone() Sum {
	c := *s
	c.chunk = slices.Clone(s.chunk)
	return c
}
