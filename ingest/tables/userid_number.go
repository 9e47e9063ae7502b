package tables

import "encoding/binary"

// mostDigits is how many the largest number of 64 bits has, which is largestNumber.
const (
	mostDigits    = 20
	largestNumber = "18446744073709551615"
)

// numberOf returns the number that the text is, as integers are written: digits without zeros
// before them, and a minus sign before what is below 0. ok is false for all other texts and for numbers
// beyond 64 bits and a sign.
func numberOf(text []byte) (size uint64, negative, ok bool) {
	if len(text) > 1 && text[0] == '-' {
		negative, text = true, text[1:]
	}
	n := len(text)
	switch {
	case n == 0 || n > mostDigits:
		return 0, false, false
	case text[0] == '0' && (n > 1 || negative):
		return 0, false, false
	case n == mostDigits && string(text) > largestNumber:
		return 0, false, false
	case n < 4:
		size, ok = fewDigits(0, text)
	case n < 8:
		size, ok = shortNumber(binary.LittleEndian.Uint32(text), binary.LittleEndian.Uint32(text[n-4:]), uint(n))
	case n <= 16:
		size, ok = longNumber(binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:]), uint(n))
	default:
		if size, ok = longNumber(binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:]), 16); ok {
			size, ok = fewDigits(size, text[16:])
		}
	}
	return size, negative, ok
}

// fewDigits returns the number that a text is whose first digits are another number.
func fewDigits(size uint64, text []byte) (uint64, bool) {
	for _, c := range text {
		digit := c - '0'
		if digit > 9 {
			return 0, false
		}
		size = size*10 + uint64(digit)
	}
	return size, true
}

// shortNumber returns the number that a text of 4 to 7 digits is, given its first and last four.
func shortNumber(first, last uint32, n uint) (size uint64, ok bool) {
	word := uint64(first)<<(64-8*n) | uint64(last)<<32 | allZeros>>(8*n)
	return eightDigits(word), noDigits(word) == 0
}

// longNumber returns the number that a text of 8 to 16 digits is, given its first and last eight.
func longNumber(first, last uint64, n uint) (size uint64, ok bool) {
	// The last of the first eight are the first of the last, and make room for zeros before them.
	shift := 8 * (16 - n)
	first = first<<shift | allZeros&(1<<shift-1)
	return eightDigits(first)*100_000_000 + eightDigits(last), noDigits(first)|noDigits(last) == 0
}

// allZeros is eight times the digit 0 as text.
const allZeros = 0x3030303030303030

// noDigits returns 0 if the eight bytes of a text are decimal digits: all begin with the bits of 0x3,
// and do so with 6 added.
func noDigits(word uint64) uint64 {
	const high, six = 0xf0f0f0f0f0f0f0f0, 0x0606060606060606
	return (word&high ^ allZeros) | ((word+six)&high ^ allZeros)
}

// hasLetter reports whether some of the eight bytes of a text are beyond the digits by their
// upper bits alone, as letters are.
func hasLetter(word uint64) bool { return word&0xc0c0c0c0c0c0c0c0 != 0 }

// eightDigits returns the number that eight decimal digits are, the first in the lowest byte. It joins
// digits to pairs, and these, times what they count for, to the whole.
func eightDigits(word uint64) uint64 {
	const pairs = 0x000000ff_000000ff
	word -= allZeros
	word = word*10 + word>>8
	return (word&pairs*(100+1_000_000<<32) + word>>16&pairs*(1+10_000<<32)) >> 32
}

// number returns the id of the text of a number, given its size and sign: that of the size in eight bytes,
// under a key which is of numbers alone.
func (h *idHasher) number(size uint64, negative bool) UserID {
	flip := h.numbers[0]
	if negative {
		flip = h.numbers[1]
	}
	return shortest(size^flip, 8)
}

// hashNumbers returns a function that hashes 64-bit numbers, or the lower 32 bits of them if
// narrow, without a sign if unsigned.
func hashNumbers(hash *idHasher, unsigned, narrow bool) func(dst []UserID, src []int64) error {
	if unsigned {
		return func(dst []UserID, src []int64) error {
			for i, v := range src {
				dst[i] = hash.number(widen(v, narrow), false)
			}
			return nil
		}
	}
	return func(dst []UserID, src []int64) error {
		for i, v := range src {
			dst[i] = hash.signed(v)
		}
		return nil
	}
}

// signed is number of v.
func (h *idHasher) signed(v int64) UserID {
	if v < 0 {
		return h.number(-uint64(v), true)
	}
	return h.number(uint64(v), false)
}
