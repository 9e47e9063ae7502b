package tables

import (
	"encoding/binary"
	"math/bits"
)

// digitsSize is room for every 64-bit number in decimal digits with a sign, in whole words.
const digitsSize = 24

// digits is a number's text at the end of a few words.
type digits [digitsSize]byte

// set writes v in decimal digits and returns where they start.
func (d *digits) set(v uint64) (start int) {
	const half = 100_000_000
	low, rest := v%half, v/half
	word := eightDigits(low)
	binary.LittleEndian.PutUint64(d[16:], word|allZeros)
	start = 16
	if rest > 0 {
		word = eightDigits(rest % half)
		binary.LittleEndian.PutUint64(d[8:], word|allZeros)
		start = 8
		if rest >= half {
			word = eightDigits(rest / half)
			binary.LittleEndian.PutUint64(d[:], word|allZeros)
			start = 0
		}
	}
	// The zeros that the first word begins with, all but one of it if it has no others.
	return start + min(bits.TrailingZeros64(word)/8, 7)
}

// allZeros is eight times the digit 0 as text.
const allZeros = 0x3030303030303030

// eightDigits returns the eight decimal digits of a number below 10⁸, one a byte, the first
// in the lowest. It halves the number, the halves and their halves, each all at once: into
// parts below 10⁴, 10² and 10, by multiplying with 2²⁰/100 and 2¹⁰/10 rounded up, which is
// exact for numbers that small.
func eightDigits(v uint64) uint64 {
	v = v/10_000 | v%10_000<<32
	hundreds := v * 10_486 >> 20 & 0x7f_0000007f
	v = hundreds | (v-hundreds*100)<<16
	tens := v * 103 >> 10 & 0xf_000f_000f_000f
	return tens | (v-tens*10)<<8
}

// digitsAtOnce is how many texts are written before the first is hashed. A text that is
// read while it is still on its way to memory takes twice as long.
const digitsAtOnce = 128

// hashDigits returns a function that hashes the decimal texts of 64-bit numbers, or of the
// lower 32 bits of them if narrow, without a sign if unsigned.
func hashDigits(hash *idHasher, unsigned, narrow bool) func(dst []UserID, src []int64) error {
	mask := ^uint64(0)
	if narrow && unsigned {
		mask = 1<<32 - 1
	}
	texts := new([digitsAtOnce]digits)
	var starts [digitsAtOnce]uint8
	return func(dst []UserID, src []int64) error {
		for len(src) > 0 {
			n := min(len(src), digitsAtOnce)
			for i, v := range src[:n] {
				size := uint64(v) & mask
				negative := v < 0 && !unsigned
				if negative {
					size = -size
				}
				start := texts[i].set(size)
				if negative {
					start--
					texts[i][start] = '-'
				}
				starts[i] = uint8(start)
			}
			for i := range dst[:n] {
				dst[i] = hash.id(texts[i][starts[i]:])
			}
			dst, src = dst[n:], src[n:]
		}
		return nil
	}
}
