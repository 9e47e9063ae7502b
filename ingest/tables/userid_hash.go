package tables

import (
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// idHasher hashes ids under a key. Texts have their XXH3 hash, in two thirds of the time that the
// library takes: every row has an id, most of them of 9 to 64 bytes, and for these the library's function
// for all lengths, and working out anew what follows from the key alone, cost as much as the hash. Numbers
// have that of their eight bytes, in a third of the time that it takes to write and hash their digits.
//
// Source: Y. Collet, "XXH3 specification" (doc/xxhash_spec.md of github.com/Cyan4973/xxHash),
// XXH3-128 of 4 to 8, of 9 to 16 and of 17 to 128 bytes.
type idHasher struct {
	seed uint64
	// numbers are of numbers and of those below 0, flip is of texts of 4 to 8 bytes, flips of 9 to
	// 16, secrets of 17 to 64.
	numbers [2]uint64
	flip    uint64
	flips   [2]uint64
	secrets [8]uint64
}

// What XXH3 begins with: words of its default secret, and prime numbers.
const (
	secret0 = 0xbe4ba423396cfeb8
	secret1 = 0x1cad21f72c81017c
	secret2 = 0xdb979083e96dd4de
	secret3 = 0x1f67b3b7a4a44072
	secret4 = 0x78e5c0cc4ee679cb
	secret5 = 0x2172ffcc7dd05a82
	secret6 = 0x8e2443f7744608b8
	secret7 = 0x4c263a81e69035e0

	prime32_2 = 0x85ebca77
	prime64_1 = 0x9e3779b185ebca87
	prime64_2 = 0xc2b2ae3d27d4eb4f
	prime64_4 = 0x85ebca77c2b2ae63
	primeMx1  = 0x165667919e3779f9
	primeMx2  = 0x9fb21c651e98df25
)

func newIDHasher(seed uint64) *idHasher {
	keys := xxh3.Hash128Seed([]byte("numbers"), seed)
	return &idHasher{
		seed:    seed,
		numbers: [2]uint64{shortestFlip(keys.Hi), shortestFlip(keys.Lo)},
		flip:    shortestFlip(seed),
		flips:   [2]uint64{(secret4 ^ secret5) - seed, (secret6 ^ secret7) + seed},
		secrets: [8]uint64{
			secret0 + seed, secret1 - seed, secret2 + seed, secret3 - seed,
			secret4 + seed, secret5 - seed, secret6 + seed, secret7 - seed,
		},
	}
}

// shortestFlip is what XXH3 changes 4 to 8 bytes by, under a key.
func shortestFlip(key uint64) uint64 {
	return (secret2 ^ secret3) + (key ^ uint64(bits.ReverseBytes32(uint32(key)))<<32)
}

// id returns the id of a text.
func (h *idHasher) id(text []byte) UserID {
	n := len(text)
	switch {
	case n == 0:
		return UserID{}
	case n < 4:
	case n < 8:
		first, last := binary.LittleEndian.Uint32(text), binary.LittleEndian.Uint32(text[n-4:])
		if word := uint64(first) | uint64(last)<<32; hasLetter(word) {
			return shortest(word^h.flip, uint64(n))
		}
	case n <= 16:
		first, last := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
		if hasLetter(first) {
			if n == 8 {
				return shortest(first^h.flip, 8)
			}
			return h.short(first, last, uint64(n))
		}
		if size, ok := longNumber(first, last, uint(n)); ok && text[0] != '0' {
			return h.number(size, false)
		}
	case n <= 64:
		if n > mostDigits+1 || hasLetter(binary.LittleEndian.Uint64(text)) {
			return h.medium(text)
		}
	}
	if size, negative, ok := numberOf(text); ok {
		return h.number(size, negative)
	}
	sum := xxh3.Hash128Seed(text, h.seed)
	return newUserID(sum.Hi, sum.Lo)
}

// medium is id of a text of 17 to 64 bytes.
func (h *idHasher) medium(text []byte) UserID {
	n := len(text)
	hi, lo := uint64(0), uint64(n)*prime64_1
	if n > 32 {
		a, b := binary.LittleEndian.Uint64(text[16:]), binary.LittleEndian.Uint64(text[24:])
		y, z := binary.LittleEndian.Uint64(text[n-32:]), binary.LittleEndian.Uint64(text[n-24:])
		hi = fold(y^h.secrets[6], z^h.secrets[7]) ^ (a + b)
		lo = (lo + fold(a^h.secrets[4], b^h.secrets[5])) ^ (y + z)
	}
	a, b := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
	y, z := binary.LittleEndian.Uint64(text[n-16:]), binary.LittleEndian.Uint64(text[n-8:])
	hi = (hi + fold(y^h.secrets[2], z^h.secrets[3])) ^ (a + b)
	lo = (lo + fold(a^h.secrets[0], b^h.secrets[1])) ^ (y + z)
	return newUserID(-avalanche(lo*prime64_1+hi*prime64_4+(uint64(n)-h.seed)*prime64_2), avalanche(hi+lo))
}

// short is id of a text of 9 to 16 bytes, given its first and last eight.
func (h *idHasher) short(first, last, n uint64) UserID {
	hi, lo := bits.Mul64(first^last^h.flips[0], prime64_1)
	lo += (n - 1) << 54
	last ^= h.flips[1]
	hi += last + uint64(uint32(last))*(prime32_2-1)
	lo ^= bits.ReverseBytes64(hi)
	high, low := bits.Mul64(lo, prime64_2)
	return newUserID(avalanche(high+hi*prime64_2), avalanche(low))
}

// shortest is id of a text of 4 to 8 bytes, given its first and last four, flipped.
func shortest(word, n uint64) UserID {
	hi, lo := bits.Mul64(word, prime64_1+n<<2)
	hi += lo << 1
	lo ^= hi >> 3
	lo = (lo ^ lo>>35) * primeMx2
	return newUserID(avalanche(hi), lo^lo>>28)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func avalanche(x uint64) uint64 {
	x = (x ^ x>>37) * primeMx1
	return x ^ x>>32
}

// newUserID returns the id of a hash, which is never the zero value.
func newUserID(hi, lo uint64) UserID {
	if hi|lo == 0 {
		lo = 1
	}
	return UserID{hi, lo}
}
