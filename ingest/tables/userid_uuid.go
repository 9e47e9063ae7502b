package tables

import (
	"encoding/binary"
	"math/bits"
)

// uuidText is the canonical text of a UUID: 12345678-90ab-cdef-0000-000000000000.
type uuidText [36]byte

// set writes the text of the 16 bytes, in lower case.
func (t *uuidText) set(raw []byte) {
	first, last := binary.BigEndian.Uint64(raw), binary.BigEndian.Uint64(raw[8:])
	second, third := eightHex(uint32(first)), eightHex(uint32(last>>32))
	binary.LittleEndian.PutUint64(t[:], eightHex(uint32(first>>32)))
	t[8], t[13], t[18], t[23] = '-', '-', '-', '-'
	binary.LittleEndian.PutUint32(t[9:], uint32(second))
	binary.LittleEndian.PutUint32(t[14:], uint32(second>>32))
	binary.LittleEndian.PutUint32(t[19:], uint32(third))
	binary.LittleEndian.PutUint32(t[24:], uint32(third>>32))
	binary.LittleEndian.PutUint64(t[28:], eightHex(uint32(last)))
}

// appendUUID appends the text of the 16 bytes.
func appendUUID(dst, raw []byte) []byte {
	var text uuidText
	text.set(raw)
	return append(dst, text[:]...)
}

// hashUUIDs returns a function that hashes the texts of UUIDs.
func hashUUIDs(hash *idHasher) func(dst []UserID, data []byte, at []byteSpan) error {
	return func(dst []UserID, data []byte, at []byteSpan) error {
		var text uuidText
		for i, s := range at {
			text.set(data[s.at : s.at+s.size])
			dst[i] = hash.medium(text[:])
		}
		return nil
	}
}

// eightHex returns the eight hexadecimal digits of a number, the first in the lowest byte. It moves
// halves, their halves and digits apart, each all at once.
func eightHex(v uint32) uint64 {
	word := uint64(v)
	word = (word | word<<16) & 0x0000ffff_0000ffff
	word = (word | word<<8) & 0x00ff00ff_00ff00ff
	word = (word | word<<4) & 0x0f0f0f0f_0f0f0f0f
	letters := (word + 0x06060606_06060606) >> 4 & 0x01010101_01010101
	return bits.ReverseBytes64(word + allZeros + letters*('a'-'0'-10))
}
