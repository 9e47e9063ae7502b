package tables

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/format"
)

// wantedUser is what messages say about the types of an id column.
const wantedUser = "want a string, an integer or a UUID"

// userConverter hashes the text of ids. Decimals of scale 0, as data warehouses export
// integers, are integers. Whole numbers stored as floating point, as pandas stores integers
// beside nulls, are read as integers as long as they are exact; NaN is null there.
func userConverter(t columnType, seed uint64) (converter[UserID], error) {
	var c converter[UserID]
	hash := newIDHasher(seed)
	switch {
	case t.nested:
	case t.meaning == nullValue:
		return c, nil
	case t.integer(), t.wholeDecimal() && !t.bytes():
		c.numbers = hashNumbers(hash, t.meaning == unsignedValue, t.physical == format.Int32)
	case t.wholeDecimal():
		var text []byte
		c.spans = func(dst []UserID, data []byte, at []byteSpan) (err error) {
			for i, s := range at {
				if text, err = appendWhole(text[:0], data[s.at:s.at+s.size]); err != nil {
					return err
				}
				dst[i] = hash.id(text)
			}
			return nil
		}
	case t.meaning == uuidValue:
		c.spans = hashUUIDs(hash)
	case t.meaning == decimalValue:
		return c, fmt.Errorf("found %v, %s: cast the ids to integers, or to text, where the file is written", t, wantedUser)
	case t.physical == format.FixedLenByteArray && t.width == 16 && t.meaning == plainValue:
		return c, fmt.Errorf("found %v, which could be UUIDs or text, %s: annotate it as UUID, or write the ids as text", t, wantedUser)
	case t.bytes() && (t.meaning == textValue || t.meaning == plainValue):
		c.spans = func(dst []UserID, data []byte, at []byteSpan) error {
			for i, s := range at {
				dst[i] = hash.id(data[s.at : s.at+s.size])
			}
			return nil
		}
		c.prefixed = func(dst []UserID, data []byte) ([]byte, error) { return hashPrefixed(dst, data, hash) }
	case t.physical == format.Double && t.meaning == plainValue:
		c.numbers = wholeIDs(func(bits int64) float64 { return math.Float64frombits(uint64(bits)) }, 1<<53, hash)
	case t.physical == format.Float && t.meaning == plainValue:
		c.numbers = wholeIDs(func(bits int64) float64 { return float64(math.Float32frombits(uint32(bits))) }, 1<<24, hash)
	}
	if c.numbers == nil && c.spans == nil {
		return c, fmt.Errorf("found %v, %s", t, wantedUser)
	}
	return c, nil
}

// hashPrefixed hashes texts that have their lengths before them, in 4 bytes. Every row of
// most files comes this way.
func hashPrefixed(dst []UserID, data []byte, hash *idHasher) (rest []byte, err error) {
	at, end := uint64(0), uint64(len(data))
	for i := range dst {
		if end-at < 4 {
			return nil, errValues
		}
		size := uint64(binary.LittleEndian.Uint32(data[at:]))
		if at += 4; size > end-at {
			return nil, errValues
		}
		dst[i] = hash.id(data[at:][:size])
		at += size
	}
	return data[at:], nil
}

// widen undoes the sign extension of unsigned values of 32 bits.
func widen(v int64, narrow bool) uint64 {
	if narrow {
		return uint64(uint32(v))
	}
	return uint64(v)
}

var errFloatID = errors.New("the ids are floating-point numbers, and some are not whole or too large to be exact: write them as integers or strings")

// wholeIDs reads ids stored as floating point; limit is where whole numbers stop to be exact.
func wholeIDs(number func(bits int64) float64, limit float64, hash *idHasher) func([]UserID, []int64) error {
	return func(dst []UserID, src []int64) error {
		for i, bits := range src {
			switch v := number(bits); {
			case v != v:
				dst[i] = UserID{}
			case v != math.Trunc(v) || math.Abs(v) >= limit:
				return fmt.Errorf("%w (%v)", errFloatID, v)
			default:
				dst[i] = hash.signed(int64(v))
			}
		}
		return nil
	}
}
