package tables

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

var errValues = fmt.Errorf("a page is %w: its values end early", errDamaged)

func uint32At(b []byte) (uint32, bool) {
	if len(b) < 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b), true
}

func unsupported(physical format.Type, encoding format.Encoding) error {
	return fmt.Errorf("encoding %v for %v, which is not supported: %s", encoding, physical, usualEncodings)
}

// numberDecoder reads the values of a page of booleans (0 and 1), integers (with sign), or
// floating-point numbers (their bits).
type numberDecoder struct {
	read  func(dst []int64) error
	data  []byte
	at    int // value, of the encodings that can be entered anywhere
	runs  hybridDecoder
	delta deltaDecoder
	buf   [256]uint32
}

// reset starts on a page's values.
func (d *numberDecoder) reset(physical format.Type, encoding format.Encoding, values []byte) error {
	d.data, d.at = values, 0
	wide := physical == format.Int64 || physical == format.Double
	switch {
	case encoding == format.Plain && physical == format.Boolean:
		d.read = d.bits
	case encoding == format.Plain && wide:
		d.read = d.plain64
	case encoding == format.Plain:
		d.read = d.plain32
	case encoding == format.RLE && physical == format.Boolean:
		return d.resetRuns(values)
	case encoding == format.DeltaBinaryPacked && (physical == format.Int32 || physical == format.Int64):
		d.read = d.delta.read
		if physical == format.Int32 {
			d.read = d.delta32
		}
		if len(values) == 0 {
			d.delta = deltaDecoder{}
			return nil
		}
		return d.delta.reset(values)
	case encoding == format.ByteStreamSplit && physical != format.Boolean:
		d.read = d.split32
		if wide {
			d.read = d.split64
		}
	default:
		return unsupported(physical, encoding)
	}
	return nil
}

// resetRuns starts on booleans in RLE, with their length before them.
func (d *numberDecoder) resetRuns(values []byte) error {
	d.read = d.runLengths
	if len(values) == 0 {
		d.runs.reset(nil, 1)
		return nil
	}
	runs, _, ok := lengthPrefixed(values)
	if !ok {
		return errValues
	}
	d.runs.reset(runs, 1)
	return nil
}

func (d *numberDecoder) bits(dst []int64) error {
	if d.at+len(dst) > len(d.data)*8 {
		return errValues
	}
	for i := range dst {
		dst[i] = int64(d.data[d.at>>3] >> (d.at & 7) & 1)
		d.at++
	}
	return nil
}

func (d *numberDecoder) plain32(dst []int64) error {
	if len(dst) > len(d.data)/4 {
		return errValues
	}
	for i := range dst {
		dst[i] = int64(int32(binary.LittleEndian.Uint32(d.data[4*i:])))
	}
	d.data = d.data[4*len(dst):]
	return nil
}

func (d *numberDecoder) plain64(dst []int64) error {
	if len(dst) > len(d.data)/8 {
		return errValues
	}
	src := d.data[:8*len(dst)]
	for i := range dst {
		dst[i] = int64(binary.LittleEndian.Uint64(src[8*i:]))
	}
	d.data = d.data[8*len(dst):]
	return nil
}

func (d *numberDecoder) runLengths(dst []int64) error {
	for len(dst) > 0 {
		n := min(len(dst), len(d.buf))
		if err := d.runs.read(d.buf[:n]); err != nil {
			return err
		}
		for i, v := range d.buf[:n] {
			dst[i] = int64(v)
		}
		dst = dst[n:]
	}
	return nil
}

// delta32 is delta.read for values of 32 bits: of its sums the lower half is right.
func (d *numberDecoder) delta32(dst []int64) error {
	err := d.delta.read(dst)
	for i, v := range dst {
		dst[i] = int64(int32(v))
	}
	return err
}

// split32 and split64 read BYTE_STREAM_SPLIT: all first bytes, then all second bytes, …

func (d *numberDecoder) split32(dst []int64) error {
	n := len(d.data) / 4
	if d.at+len(dst) > n {
		return errValues
	}
	b0, b1, b2, b3 := d.data[d.at:], d.data[n+d.at:], d.data[2*n+d.at:], d.data[3*n+d.at:]
	for i := range dst {
		dst[i] = int64(int32(uint32(b0[i]) | uint32(b1[i])<<8 | uint32(b2[i])<<16 | uint32(b3[i])<<24))
	}
	d.at += len(dst)
	return nil
}

func (d *numberDecoder) split64(dst []int64) error {
	n := len(d.data) / 8
	if d.at+len(dst) > n {
		return errValues
	}
	for i := range dst {
		var v uint64
		for k := range 8 {
			v |= uint64(d.data[k*n+d.at+i]) << (8 * k)
		}
		dst[i] = int64(v)
	}
	d.at += len(dst)
	return nil
}

// byteSpan is where a value lies.
type byteSpan struct{ at, size uint32 }

// spanDecoder reads the values of a page of byte arrays, of any or of one size.
type spanDecoder struct {
	// read says where the next values lie in the bytes returned, which hold until the
	// next call. It may give fewer than asked for, but at least one.
	read    func(dst []byteSpan) ([]byte, int, error)
	data    []byte
	at      int
	width   int
	lengths deltaDecoder
	prefix  deltaDecoder
	scratch []byte
	last    byteSpan // the value before, in scratch
	buf     [256]int64
}

// scratchLimit is where DELTA_BYTE_ARRAY stops to put values together, in bytes.
const scratchLimit = 1 << 20

// reset starts on a page's values; width is the size of each, 0 if they vary.
func (d *spanDecoder) reset(physical format.Type, width int, encoding format.Encoding, values []byte) error {
	d.data, d.at, d.width = values, 0, width
	switch {
	case encoding == format.Plain && width == 0:
		d.read = d.plain
	case encoding == format.Plain:
		d.read = d.fixed
	case encoding == format.DeltaLengthByteArray && width == 0:
		d.read = d.deltaLength
		return d.resetLengths(values)
	case encoding == format.DeltaByteArray && physical != format.Int96:
		d.read = d.deltaBytes
		return d.resetPrefixes(values)
	case encoding == format.ByteStreamSplit && physical == format.FixedLenByteArray:
		d.read = d.fixed
		d.join(values)
	default:
		return unsupported(physical, encoding)
	}
	return nil
}

func (d *spanDecoder) plain(dst []byteSpan) ([]byte, int, error) {
	data, at := d.data, d.at
	for i := range dst {
		if len(data)-at < 4 {
			return nil, 0, errValues
		}
		size := int(binary.LittleEndian.Uint32(data[at:]))
		at += 4
		if size < 0 || size > len(data)-at {
			return nil, 0, errValues
		}
		dst[i] = byteSpan{at: uint32(at), size: uint32(size)}
		at += size
	}
	d.at = at
	return data, len(dst), nil
}

func (d *spanDecoder) fixed(dst []byteSpan) ([]byte, int, error) {
	if len(dst) > (len(d.data)-d.at)/d.width {
		return nil, 0, errValues
	}
	for i := range dst {
		dst[i] = byteSpan{at: uint32(d.at), size: uint32(d.width)}
		d.at += d.width
	}
	return d.data, len(dst), nil
}

// join undoes BYTE_STREAM_SPLIT for the whole page.
func (d *spanDecoder) join(values []byte) {
	n := len(values) / d.width
	d.scratch = grow(d.scratch, n*d.width)
	for k := range d.width {
		for i, b := range values[k*n : (k+1)*n] {
			d.scratch[i*d.width+k] = b
		}
	}
	d.data = d.scratch
}

// resetLengths starts on lengths with the bytes of all values behind them.
func (d *spanDecoder) resetLengths(values []byte) error {
	if len(values) == 0 {
		d.lengths = deltaDecoder{}
		return nil
	}
	var err error
	if d.data, err = behindDeltas(values); err != nil {
		return err
	}
	return d.lengths.reset(values)
}

func (d *spanDecoder) deltaLength(dst []byteSpan) ([]byte, int, error) {
	n := min(len(dst), len(d.buf))
	if err := d.lengths.read(d.buf[:n]); err != nil {
		return nil, 0, err
	}
	for i, size := range d.buf[:n] {
		if size < 0 || size > int64(len(d.data)-d.at) {
			return nil, 0, errValues
		}
		dst[i] = byteSpan{at: uint32(d.at), size: uint32(size)}
		d.at += int(size)
	}
	return d.data, n, nil
}

// resetPrefixes starts on the lengths of prefixes, with suffixes behind them.
func (d *spanDecoder) resetPrefixes(values []byte) error {
	d.last, d.scratch = byteSpan{}, d.scratch[:0]
	if len(values) == 0 {
		d.prefix, d.lengths = deltaDecoder{}, deltaDecoder{}
		return nil
	}
	suffixes, err := behindDeltas(values)
	if err != nil {
		return err
	}
	if err := d.prefix.reset(values); err != nil {
		return err
	}
	return d.resetLengths(suffixes)
}

// deltaBytes puts values together from what they share with the one before and the rest.
func (d *spanDecoder) deltaBytes(dst []byteSpan) ([]byte, int, error) {
	d.scratch = append(d.scratch[:0], d.scratch[d.last.at:d.last.at+d.last.size]...)
	d.last.at = 0
	for i := range dst {
		if i > 0 && len(d.scratch) > scratchLimit {
			return d.scratch, i, nil
		}
		var sizes [2]int64
		if err := errors.Join(d.prefix.read(sizes[:1]), d.lengths.read(sizes[1:])); err != nil {
			return nil, 0, errDelta
		}
		shared, own := sizes[0], sizes[1]
		if shared < 0 || shared > int64(d.last.size) || own < 0 || own > int64(len(d.data)-d.at) {
			return nil, 0, errValues
		}
		start := len(d.scratch)
		d.scratch = append(d.scratch, d.scratch[d.last.at:int64(d.last.at)+shared]...)
		d.scratch = append(d.scratch, d.data[d.at:d.at+int(own)]...)
		d.at += int(own)
		d.last = byteSpan{at: uint32(start), size: uint32(shared + own)}
		if d.width > 0 && int(d.last.size) != d.width {
			return nil, 0, errValues
		}
		dst[i] = d.last
	}
	return d.scratch, len(dst), nil
}
