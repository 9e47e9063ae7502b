package snappy

import "encoding/binary"

// Decoder decompresses blocks. The zero value is ready to use; it is not safe for concurrent use.
type Decoder struct{ tags *tagTable }

// Decode fills dst from a block. It fails unless the block comes to just as many bytes; what is in
// dst is then undefined.
func (d *Decoder) Decode(dst, src []byte) error {
	size, n := binary.Uvarint(src)
	if n <= 0 || size != uint64(len(dst)) {
		return ErrDamaged
	}
	if d.tags == nil {
		d.tags = newTagTable()
	}
	return decode(dst, src, n, decodeFast, d.tags)
}

// decode decodes the elements that begin at a place in src: as many at a time as fast takes, and
// those that it leaves one by one.
func decode(dst, src []byte, from int, fast fastDecoder, tags *tagTable) error {
	in, out := from, 0
	for in < len(src) {
		if out >= fastFrom {
			if out, in = fast(dst, src, out, in, tags); in == len(src) {
				break
			}
		}
		written, read := decodeOne(dst, src[in:], out)
		if read == 0 {
			return ErrDamaged
		}
		out += written
		in += read
	}
	if out != len(dst) {
		return ErrDamaged
	}
	return nil
}

// decodeOne decodes the element at the start of src to dst[out:], and returns how many bytes it
// wrote and read; none if it is faulty.
func decodeOne(dst, src []byte, out int) (written, read int) {
	tag := src[0]
	kind, length := tag&3, int(tag>>2)+1
	if kind == literal {
		at := 1
		if more := length - shortLiterals; more > 0 {
			if at += more; at > len(src) {
				return 0, 0
			}
			length = int(littleEndian(src[1:at])) + 1
		}
		if length > len(src)-at || length > len(dst)-out {
			return 0, 0
		}
		return copy(dst[out:], src[at:at+length]), at + length
	}
	read = 1 + offsetBytes[kind]
	if read > len(src) {
		return 0, 0
	}
	offset := littleEndian(src[1:read])
	if kind == shortCopy {
		length, offset = 4+int(tag>>2&7), uint64(tag>>5)<<8|offset
	}
	if offset == 0 || offset > uint64(out) || length > len(dst)-out {
		return 0, 0
	}
	// Where a copy overlaps itself, what it has written so far is copied again.
	for begin := out - int(offset); written < length; {
		written += copy(dst[out+written:out+length], dst[begin:out+written])
	}
	return length, read
}

// littleEndian returns the number of up to four bytes.
func littleEndian(b []byte) uint64 {
	n := uint64(0)
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
}
