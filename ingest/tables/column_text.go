package tables

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go/format"
)

// Coder gives small numbers to texts. It is asked once per dictionary entry, or per value
// where there is no dictionary and the value differs from the one before, from several
// goroutines at once. It must not keep the bytes.
type Coder interface {
	Code(text []byte) uint32
}

// NullCode is the code of a null text.
const NullCode = ^uint32(0)

// wantedText is what messages say about the types of a text column.
const wantedText = "want a string, an integer, a boolean, a date or a UUID"

// textConverter gives codes to the values' texts: integers and decimals without a fraction in
// digits, booleans as true and false, dates as 2024-01-31, UUIDs in lower case.
func textConverter(t columnType, codes Coder) (converter[uint32], error) {
	var c converter[uint32]
	switch {
	case t.nested:
	case t.meaning == nullValue:
		return c, nil
	case t.physical == format.Boolean:
		c.numbers = numberCodes(codes, func(dst []byte, v int64) []byte { return strconv.AppendBool(dst, v != 0) })
	case t.integer() && t.meaning == unsignedValue:
		narrow := t.physical == format.Int32
		c.numbers = numberCodes(codes, func(dst []byte, v int64) []byte { return strconv.AppendUint(dst, widen(v, narrow), 10) })
	case t.integer(), t.wholeDecimal() && !t.bytes():
		c.numbers = numberCodes(codes, func(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) })
	case t.meaning == dateValue:
		c.numbers = numberCodes(codes, func(dst []byte, v int64) []byte {
			return time.Unix(v*86400, 0).UTC().AppendFormat(dst, time.DateOnly)
		})
	case t.wholeDecimal():
		c.spans = spanCodes(codes, appendWhole)
	case t.meaning == uuidValue:
		c.spans = spanCodes(codes, func(dst, raw []byte) ([]byte, error) { return appendUUID(dst, raw), nil })
	case t.bytes() && (t.meaning == textValue || t.meaning == plainValue):
		c.spans = spanCodes(codes, nil)
	}
	if c.numbers == nil && c.spans == nil {
		return c, fmt.Errorf("found %v, %s", t, wantedText)
	}
	return c, nil
}

// numberCodes asks for the code of a number's text when the number changes.
func numberCodes(codes Coder, text func(dst []byte, v int64) []byte) func([]uint32, []int64) error {
	var buf []byte
	var last int64
	var code uint32
	var known bool
	return func(dst []uint32, src []int64) error {
		for i, v := range src {
			if !known || v != last {
				buf = text(buf[:0], v)
				known, last, code = true, v, codes.Code(buf)
			}
			dst[i] = code
		}
		return nil
	}
}

// spanCodes asks for the code of a text when the bytes change; text, if not nil, makes it
// of them.
func spanCodes(codes Coder, text func(dst, raw []byte) ([]byte, error)) func([]uint32, []byte, []byteSpan) error {
	var buf, last []byte
	var code uint32
	var known bool
	return func(dst []uint32, data []byte, at []byteSpan) (err error) {
		for i, s := range at {
			raw := data[s.at : s.at+s.size]
			if !known || !bytes.Equal(raw, last) {
				known, last = true, append(last[:0], raw...)
				if text != nil {
					if buf, err = text(buf[:0], raw); err != nil {
						return err
					}
					raw = buf
				}
				code = codes.Code(raw)
			}
			dst[i] = code
		}
		return nil
	}
}
