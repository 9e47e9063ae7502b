package compact

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

func TestLength(t *testing.T) {
	head := format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{NumValues: 7, Statistics: format.Statistics{MinValue: []byte("a")}})}
	raw, err := thrift.Marshal(new(thrift.CompactProtocol), &head)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Length(append(raw, 1, 2, 3)); n != len(raw) || err != nil {
		t.Errorf("length %d, %v; want %d", n, err, len(raw))
	}
	for n := range raw {
		if _, err := Length(raw[:n]); err == nil {
			t.Errorf("no error for the first %d bytes", n)
		}
	}
	// Field 1, a list of a billion structures; and structures a million deep.
	hugeList := append([]byte{0x19, 0xfc}, binary.AppendUvarint(nil, 1<<30)...)
	for _, deep := range []byte{0x1c, 0x19} {
		if _, err := Length(slices.Repeat([]byte{deep}, 1<<20)); err != ErrDamaged {
			t.Errorf("a million levels of %#x: %v", deep, err)
		}
	}
	for name, b := range map[string][]byte{
		"list": append(hugeList, make([]byte, 100)...),
		"map":  append([]byte{0x1b}, append(binary.AppendUvarint(nil, 1<<30), 0x11, 0, 0)...),
		"type": {0x1e},
		"id":   {0x05, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		if n, err := Length(b); err == nil {
			t.Error(name, fmt.Sprintf("has length %d", n))
		}
	}
}

// FuzzLength: what has a length is that structure, and decodes.
func FuzzLength(f *testing.F) {
	head := format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{NumValues: 7})}
	raw, err := thrift.Marshal(new(thrift.CompactProtocol), &head)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0})
	f.Add(slices.Repeat([]byte{0x1c}, 100))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Length(b)
		if err != nil {
			return
		}
		if n < 1 || n > len(b) {
			t.Fatalf("length %d of %d bytes", n, len(b))
		}
		// Alone a list of empty structures, which Parquet has not, is taken for one that is cut.
		if again, err := Length(b[:n]); err == nil && again != n {
			t.Errorf("length %d alone, want %d", again, n)
		}
		if _, err := Length(b[:n-1]); err == nil {
			t.Errorf("%x has a length without its end", b[:n])
		}
		_ = thrift.NewDecoder(new(thrift.CompactProtocol).NewReaderFromBytes(b[:n])).Decode(new(format.FileMetaData))
	})
}
