package tables

import (
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/bitpack"
)

var errRuns = fmt.Errorf("a page is %w: it holds fewer values than its header says", errDamaged)

// Levels above 1 would be counted as several values, and booleans above 1 as numbers.
var errWideRun = fmt.Errorf("a page is %w: the value of a run has more bits than the values of the page", errDamaged)

// pagePadding is how many bytes of capacity lie behind every page: the unpacking loops
// read whole words.
const pagePadding = 32

// hybridDecoder reads Parquet's mix of run lengths and bit-packed groups of 8 values (RLE):
// levels, indexes into a dictionary, booleans.
type hybridDecoder struct {
	data  []byte
	width uint // bits per value, at most 32
	// run values equal to value are next; else packed values of data; group holds the
	// last groupLeft of a group of which the first were asked for already.
	run       int
	value     uint32
	packed    int
	group     [8]uint32
	groupLeft int
}

func (h *hybridDecoder) reset(data []byte, width uint) {
	h.data, h.width = data, width
	h.run, h.packed, h.groupLeft = 0, 0, 0
}

// resetIndexes starts on the values of a page of dictionary indexes: their width, then
// themselves.
func (h *hybridDecoder) resetIndexes(data []byte) error {
	if len(data) == 0 {
		// So write some writers a page of nulls.
		h.reset(nil, 0)
		return nil
	}
	if data[0] > 32 {
		return fmt.Errorf("a page is %w: its dictionary indexes have more than 32 bits", errDamaged)
	}
	h.reset(data[1:], uint(data[0]))
	return nil
}

// read fills dst with the next values.
func (h *hybridDecoder) read(dst []uint32) error {
	if h.width == 0 {
		clear(dst)
		return nil
	}
	for len(dst) > 0 {
		n := 0
		switch {
		case h.groupLeft > 0:
			n = copy(dst, h.group[8-h.groupLeft:])
			h.groupLeft -= n
		case h.run > 0:
			n = min(len(dst), h.run)
			for i := range dst[:n] {
				dst[i] = h.value
			}
			h.run -= n
		case h.packed >= 8 && len(dst) >= 8:
			n = min(len(dst), h.packed) &^ 7
			h.unpack(dst[:n])
			h.packed -= n
		case h.packed > 0:
			h.unpack(h.group[:])
			h.groupLeft = min(8, h.packed)
			h.packed -= h.groupLeft
			copy(h.group[8-h.groupLeft:], h.group[:h.groupLeft])
		default:
			if err := h.next(); err != nil {
				return err
			}
		}
		dst = dst[n:]
	}
	return nil
}

// constant reads the next n values if they are known to be equal, and otherwise reads
// nothing and says so.
func (h *hybridDecoder) constant(n int) (value uint32, ok bool, err error) {
	if h.width == 0 {
		return 0, true, nil
	}
	if h.run == 0 && h.packed == 0 && h.groupLeft == 0 {
		if err := h.next(); err != nil {
			return 0, false, err
		}
	}
	if h.run < n {
		return 0, false, nil
	}
	h.run -= n
	return h.value, true, nil
}

// next reads the header of the next run.
func (h *hybridDecoder) next() error {
	head, n := binary.Uvarint(h.data)
	if n <= 0 {
		return errRuns
	}
	h.data = h.data[n:]
	count := head >> 1
	if head&1 == 1 {
		// The last group may be cut short behind the values that count.
		if count <= uint64(len(h.data))/uint64(h.width) {
			h.packed = int(count * 8)
		} else {
			h.packed = len(h.data) * 8 / int(h.width)
		}
		if h.packed == 0 {
			return errRuns
		}
		return nil
	}
	size := int(h.width+7) / 8
	if len(h.data) < size {
		return errRuns
	}
	h.value = 0
	for i := range size {
		h.value |= uint32(h.data[i]) << (8 * i)
	}
	if uint64(h.value)>>h.width != 0 {
		return errWideRun
	}
	h.data = h.data[size:]
	h.run = int(min(count, 1<<31))
	return nil
}

// unpack reads whole groups; of the last, zeros stand for what was cut off.
func (h *hybridDecoder) unpack(dst []uint32) {
	size := len(dst) / 8 * int(h.width)
	src := h.data
	if len(src) < size || cap(src) < size+bitpack.PaddingInt32 {
		src = make([]byte, size+bitpack.PaddingInt32)
		copy(src, h.data)
	}
	bitpack.Unpack(dst, src[:size+bitpack.PaddingInt32], h.width)
	h.data = h.data[min(size, len(h.data)):]
}
