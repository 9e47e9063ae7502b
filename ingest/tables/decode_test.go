package tables

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"
)

// A hybridDecoder gives what was encoded, in pieces of any size, however runs and groups mix.
func TestHybridDecoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 32).Draw(t, "width")
		var want []uint32
		var data []byte
		for range rapid.IntRange(1, 5).Draw(t, "runs") {
			n := rapid.IntRange(1, 40).Draw(t, "n")
			if rapid.Bool().Draw(t, "packed") {
				values := make([]uint32, 8*n)
				for i := range values {
					values[i] = rapid.Uint32().Draw(t, "value") >> (32 - width)
				}
				want = append(want, values...)
				data = append(data, packed(width, values...)...)
				continue
			}
			value := rapid.Uint32().Draw(t, "value") >> (32 - width)
			want = append(want, slices.Repeat([]uint32{value}, n)...)
			data = binary.AppendUvarint(data, uint64(n)<<1)
			data = append(data, binary.LittleEndian.AppendUint32(nil, value)[:(width+7)/8]...)
		}
		var h hybridDecoder
		h.reset(slices.Clip(data), uint(width))
		got := make([]uint32, len(want))
		for at := 0; at < len(got); {
			n := min(rapid.IntRange(1, 30).Draw(t, "piece"), len(got)-at)
			value, ok, err := h.constant(n)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				fill(got[at:at+n], value)
			} else if err := h.read(got[at : at+n]); err != nil {
				t.Fatal(err)
			}
			at += n
		}
		if !slices.Equal(got, want) {
			t.Errorf("read %v, want %v", got, want)
		}
		if err := h.read(got[:1]); err == nil {
			t.Error("no error behind the end")
		}
	})
}

// Some writers cut the last group short behind its last value.
func TestHybridDecoderCutGroup(t *testing.T) {
	data := packed(3, 1, 2, 3, 4, 5, 6, 7, 0, 5, 4)
	var h hybridDecoder
	h.reset(data[:len(data)-2], 3)
	got := make([]uint32, 10)
	if err := h.read(got); err != nil || !slices.Equal(got, []uint32{1, 2, 3, 4, 5, 6, 7, 0, 5, 4}) {
		t.Errorf("read %v, %v", got, err)
	}
	if err := h.read(got[:1]); err == nil {
		t.Error("no error behind the end")
	}
}

func TestNumberDecoderDelta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		narrow := rapid.Bool().Draw(t, "narrow")
		physical, width := format.Int64, 64
		if narrow {
			physical, width = format.Int32, 32
		}
		shift := rapid.IntRange(64-width, 63).Draw(t, "shift")
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) int64 { return rapid.Int64().Draw(t, "v") >> shift }), 1, 400).Draw(t, "values")
		var data []byte
		var err error
		if narrow {
			short := make([]int32, len(want))
			for i, v := range want {
				short[i] = int32(v)
			}
			data, err = parquet.DeltaBinaryPacked.EncodeInt32(nil, short)
		} else {
			data, err = parquet.DeltaBinaryPacked.EncodeInt64(nil, want)
		}
		if err != nil {
			t.Fatal(err)
		}
		checkNumbers(t, physical, format.DeltaBinaryPacked, data, want)
	})
}

func checkNumbers(t *rapid.T, physical format.Type, encoding format.Encoding, data []byte, want []int64) {
	var d numberDecoder
	if err := d.reset(physical, encoding, slices.Clip(data)); err != nil {
		t.Fatal(err)
	}
	got := make([]int64, len(want))
	for at := 0; at < len(got); {
		n := min(rapid.IntRange(1, 100).Draw(t, "piece"), len(got)-at)
		if err := d.read(got[at : at+n]); err != nil {
			t.Fatal(err)
		}
		at += n
	}
	if !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	if d.read(make([]int64, 64)) == nil {
		t.Error("no error behind the end")
	}
}

func TestBitsAt(t *testing.T) {
	data := bytes.Repeat([]byte{0xff, 0x5a, 0xff, 0x96, 0xc3, 0xff, 0xff}, 3)
	for width := 1; width <= 64; width++ {
		for bit := 0; bit+width <= 8*len(data); bit++ {
			var want uint64
			for i := range width {
				want |= uint64(data[(bit+i)/8]>>((bit+i)%8)&1) << i
			}
			if got := bitsAt(data, uint(bit), uint(width)); got != want {
				t.Fatalf("%d bits at %d: %x, want %x", width, bit, got, want)
			}
		}
	}
}

// A 32-bit column may have deltas that take 33 bits: from the smallest value to the
// largest. Some writers store them so.
func TestDeltaWiderThanTheColumn(t *testing.T) {
	// Block of 128 in 4 miniblocks, 3 values from -2^31; smallest delta -(2^32-1).
	data := binary.AppendUvarint(nil, 128)
	data = append(data, 4, 3)
	data = binary.AppendVarint(data, -1<<31)
	data = binary.AppendVarint(data, -(1<<32 - 1))
	data = append(data, 33, 0, 0, 0)
	// Deltas 2^32-1 and -(2^32-1): above the smallest by 2^33-2 and 0.
	body := make([]byte, 32*33/8)
	binary.LittleEndian.PutUint64(body, 1<<33-2)
	data = append(data, body...)
	var d numberDecoder
	if err := d.reset(format.Int32, format.DeltaBinaryPacked, data); err != nil {
		t.Fatal(err)
	}
	got := make([]int64, 3)
	if err := d.read(got); err != nil || !slices.Equal(got, []int64{-1 << 31, 1<<31 - 1, -1 << 31}) {
		t.Errorf("read %v, %v", got, err)
	}
}

func TestNumberDecoderSplitAndRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Int64(), 1, 50).Draw(t, "values")
		data, err := parquet.ByteStreamSplit.EncodeInt64(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		checkNumbers(t, format.Int64, format.ByteStreamSplit, data, want)
		short, narrow := make([]int32, len(want)), make([]int64, len(want))
		for i, v := range want {
			short[i], narrow[i] = int32(v), int64(int32(v))
		}
		if data, err = parquet.ByteStreamSplit.EncodeInt32(nil, short); err != nil {
			t.Fatal(err)
		}
		checkNumbers(t, format.Int32, format.ByteStreamSplit, data, narrow)
		for i, v := range want {
			narrow[i] = v & 1
		}
		runs := run(1, byte(narrow[0]))
		for _, v := range narrow[1:] {
			runs = append(runs, run(1, byte(v))...)
		}
		checkNumbers(t, format.Boolean, format.RLE, append(binary.LittleEndian.AppendUint32(nil, uint32(len(runs))), runs...), narrow)
	})
}

func TestSpanDecoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.SliceOfN(rapid.ByteRange('a', 'c'), 0, 6), 1, 300).Draw(t, "texts")
		offsets := []uint32{0}
		var all []byte
		for _, text := range want {
			all = append(all, text...)
			offsets = append(offsets, uint32(len(all)))
		}
		enc := rapid.SampledFrom([]format.Encoding{format.Plain, format.DeltaLengthByteArray, format.DeltaByteArray}).Draw(t, "encoding")
		data, err := parquet.LookupEncoding(enc).EncodeByteArray(nil, all, offsets)
		if err != nil {
			t.Fatal(err)
		}
		checkSpans(t, format.ByteArray, 0, enc, data, want)
	})
}

func TestSpanDecoderFixed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 17).Draw(t, "width")
		want := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), width, width), 1, 100).Draw(t, "values")
		all := bytes.Join(want, nil)
		enc := rapid.SampledFrom([]format.Encoding{format.Plain, format.DeltaByteArray, format.ByteStreamSplit}).Draw(t, "encoding")
		data, err := parquet.LookupEncoding(enc).EncodeFixedLenByteArray(nil, all, width)
		if err != nil {
			t.Fatal(err)
		}
		checkSpans(t, format.FixedLenByteArray, width, enc, data, want)
	})
}

func checkSpans(t *rapid.T, physical format.Type, width int, encoding format.Encoding, data []byte, want [][]byte) {
	var d spanDecoder
	if err := d.reset(physical, width, encoding, slices.Clip(data)); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(want); {
		spans := make([]byteSpan, min(rapid.IntRange(1, 300).Draw(t, "piece"), len(want)-at))
		bytesOf, n, err := d.read(spans)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		for i, s := range spans[:n] {
			if got := bytesOf[s.at : s.at+s.size]; !bytes.Equal(got, want[at+i]) {
				t.Fatalf("value %d: read %q, want %q", at+i, got, want[at+i])
			}
		}
		at += n
	}
	if _, _, err := d.read(make([]byteSpan, 8)); err == nil {
		t.Error("no error behind the end")
	}
}

// Values that share ever longer prefixes are put together in bounded memory.
func TestSpanDecoderLongPrefixes(t *testing.T) {
	const n, size = 100, 100_000
	value := bytes.Repeat([]byte("x"), size)
	offsets := make([]uint32, n+1)
	for i := range offsets {
		offsets[i] = uint32(i * size)
	}
	data, err := parquet.DeltaByteArray.EncodeByteArray(nil, bytes.Repeat(value, n), offsets)
	if err != nil {
		t.Fatal(err)
	}
	var d spanDecoder
	if err := d.reset(format.ByteArray, 0, format.DeltaByteArray, data); err != nil {
		t.Fatal(err)
	}
	spans := make([]byteSpan, n)
	for read := 0; read < n; {
		all, k, err := d.read(spans[:n-read])
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range spans[:k] {
			if !bytes.Equal(all[s.at:s.at+s.size], value) {
				t.Fatal(fmt.Sprint("wrong value after ", read))
			}
		}
		read += k
		if cap(all) > 4<<20 {
			t.Fatalf("%d bytes held", cap(all))
		}
	}
}

// A run whose value is wider than its page says is damage: as a level it would stand for more
// than one value, and as a boolean for 2.
func TestHybridDecoderWideRun(t *testing.T) {
	for width, data := range map[uint][]byte{1: {8 << 1, 2}, 7: {8 << 1, 0x80}, 12: {8 << 1, 0, 0x10}} {
		var h hybridDecoder
		h.reset(data, width)
		if err := h.read(make([]uint32, 3)); err == nil {
			t.Errorf("no error for a value too wide for %d bits", width)
		}
	}
}
