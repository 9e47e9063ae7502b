package tables

import (
	"encoding/binary"
	"fmt"
)

var errDelta = fmt.Errorf("a page is %w: its DELTA encoding does not hold together", errDamaged)

// deltaDecoder reads Parquet's DELTA_BINARY_PACKED integers. Sums wrap around at 64 bits,
// so that the low 32 bits are right for 32-bit columns however wide their deltas are.
type deltaDecoder struct {
	data     []byte
	perMini  int
	minis    int
	left     int // values not yet read
	first    bool
	last     int64
	minDelta int64
	widths   []byte // of the miniblocks not begun in this block
	width    uint   // of the miniblock begun
	miniLeft int    // values left in it
	bit      uint   // where its next value begins in data
}

// reset starts on the header at the start of data.
func (d *deltaDecoder) reset(data []byte) error {
	*d = deltaDecoder{data: data, first: true}
	block, minis, count := d.uvarint(), d.uvarint(), d.uvarint()
	d.last = d.varint()
	const blockLimit = 1 << 20
	if d.data == nil || minis == 0 || block > blockLimit || block%minis != 0 || block/minis%8 != 0 || block == 0 || count > 1<<31 {
		return errDelta
	}
	d.perMini, d.minis, d.left = int(block/minis), int(minis), int(count)
	return nil
}

// uvarint reads a number of a header. On damage it leaves data nil.
func (d *deltaDecoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.data = nil
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *deltaDecoder) varint() int64 {
	u := d.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// read fills dst with the next values.
func (d *deltaDecoder) read(dst []int64) error {
	if len(dst) == 0 {
		return nil
	}
	if len(dst) > d.left {
		return errDelta
	}
	d.left -= len(dst)
	if d.first {
		d.first = false
		dst[0] = d.last
		dst = dst[1:]
	}
	for len(dst) > 0 {
		if d.miniLeft == 0 {
			if err := d.nextMini(); err != nil {
				return err
			}
		}
		n := min(len(dst), d.miniLeft)
		if err := d.add(dst[:n]); err != nil {
			return err
		}
		d.miniLeft -= n
		dst = dst[n:]
		if d.miniLeft == 0 {
			d.data = d.data[min(d.miniSize(), len(d.data)):]
		}
	}
	return nil
}

// end skips what has not been read and returns the bytes behind the last miniblock.
func (d *deltaDecoder) end() ([]byte, error) {
	left := d.left
	if d.first {
		left--
	}
	left -= d.miniLeft
	if d.miniLeft > 0 {
		d.data = d.data[min(d.miniSize(), len(d.data)):]
	}
	for left > 0 {
		if err := d.nextMini(); err != nil {
			return nil, err
		}
		d.data = d.data[min(d.miniSize(), len(d.data)):]
		left -= d.miniLeft
	}
	return d.data, nil
}

// behindDeltas returns the bytes behind the integers at the start of data.
func behindDeltas(data []byte) ([]byte, error) {
	var d deltaDecoder
	if err := d.reset(data); err != nil {
		return nil, err
	}
	return d.end()
}

func (d *deltaDecoder) miniSize() int { return d.perMini / 8 * int(d.width) }

// nextMini begins the next miniblock, and the next block if it is the first of one.
func (d *deltaDecoder) nextMini() error {
	if len(d.widths) == 0 {
		d.minDelta = d.varint()
		if len(d.data) < d.minis {
			return errDelta
		}
		d.widths, d.data = d.data[:d.minis], d.data[d.minis:]
	}
	d.width, d.widths = uint(d.widths[0]), d.widths[1:]
	if d.width > 64 {
		return errDelta
	}
	d.miniLeft, d.bit = d.perMini, 0
	return nil
}

// add reads the next values of the miniblock begun.
func (d *deltaDecoder) add(dst []int64) error {
	last, step := d.last, d.minDelta
	if d.width == 0 {
		for i := range dst {
			last += step
			dst[i] = last
		}
		d.last = last
		return nil
	}
	if end := d.bit + uint(len(dst))*d.width; end > uint(len(d.data))*8 {
		return errDelta
	}
	for i := range dst {
		last += step + int64(bitsAt(d.data, d.bit, d.width))
		dst[i] = last
		d.bit += d.width
	}
	d.last = last
	return nil
}

// bitsAt returns the number of 1 to 64 bits that begins at a bit of data, lowest bit first.
func bitsAt(data []byte, bit, width uint) uint64 {
	i, shift := bit/8, bit%8
	var v uint64
	if word := data[i:]; len(word) >= 8 {
		v = binary.LittleEndian.Uint64(word) >> shift
	} else {
		for k, b := range word {
			v |= uint64(b) << (8 * k)
		}
		v >>= shift
	}
	if shift+width > 64 {
		v |= uint64(data[i+8]) << (64 - shift)
	}
	return v & (1<<width - 1)
}
