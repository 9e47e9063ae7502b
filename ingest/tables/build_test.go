package tables

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// builtColumn is a column of a file put together page by page, for what no writer at hand
// writes.
type builtColumn struct {
	element format.SchemaElement
	codec   format.CompressionCodec
	pages   []builtPage
}

// builtPage is a page with its levels, if any, and values before compression.
type builtPage struct {
	kind       format.PageType
	rows       int
	nulls      int
	encoding   format.Encoding
	levels     []byte // run-length encoded, without a length before them
	values     []byte
	crc        bool
	badCRC     bool
	unpacked   int // claimed size after decompression, where it is not the true one
	stillPlain bool
}

// buildFile returns a file of one row group.
func buildFile(tb testing.TB, rows int, columns ...builtColumn) []byte {
	tb.Helper()
	file := []byte("PAR1")
	group := format.RowGroup{NumRows: int64(rows)}
	root := format.SchemaElement{Name: "schema", NumChildren: thrift.New(int32(len(columns)))}
	meta := format.FileMetaData{Version: 2, NumRows: int64(rows), Schema: []format.SchemaElement{root}}
	for _, c := range columns {
		start := len(file)
		for _, p := range c.pages {
			file = append(file, buildPage(tb, c, p)...)
		}
		meta.Schema = append(meta.Schema, c.element)
		group.Columns = append(group.Columns, format.ColumnChunk{MetaData: format.ColumnMetaData{
			Type:                c.element.Type.V,
			Encoding:            []format.Encoding{format.Plain},
			PathInSchema:        []string{c.element.Name},
			Codec:               c.codec,
			NumValues:           int64(rows),
			TotalCompressedSize: int64(len(file) - start),
			DataPageOffset:      int64(start),
		}})
	}
	meta.RowGroups = []format.RowGroup{group}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		tb.Fatal(err)
	}
	file = append(file, footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	return append(file, "PAR1"...)
}

func buildPage(tb testing.TB, c builtColumn, p builtPage) []byte {
	tb.Helper()
	optional := c.element.RepetitionType.Valid && c.element.RepetitionType.V == format.Optional
	plain := p.values
	if optional && p.kind == format.DataPage {
		plain = append(binary.LittleEndian.AppendUint32(nil, uint32(len(p.levels))), p.levels...)
		plain = append(plain, p.values...)
	}
	packed := plain
	if c.codec != format.Uncompressed && !p.stillPlain {
		var err error
		if packed, err = parquet.LookupCompressionCodec(c.codec).Encode(nil, plain); err != nil {
			tb.Fatal(err)
		}
	}
	size := len(plain)
	if p.kind == format.DataPageV2 {
		packed = append(bytes.Clone(p.levels), packed...)
		size += len(p.levels)
	}
	if p.unpacked != 0 {
		size = p.unpacked
	}
	head := format.PageHeader{Type: p.kind, UncompressedPageSize: int32(size), CompressedPageSize: int32(len(packed))}
	if p.crc {
		head.CRC = int32(crc32.ChecksumIEEE(packed))
	}
	if p.badCRC {
		head.CRC ^= 1
	}
	switch p.kind {
	case format.DictionaryPage:
		head.DictionaryPageHeader = thrift.New(format.DictionaryPageHeader{NumValues: int32(p.rows), Encoding: p.encoding})
	case format.DataPage:
		head.DataPageHeader = thrift.New(format.DataPageHeader{
			NumValues: int32(p.rows), Encoding: p.encoding,
			DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
		})
	case format.DataPageV2:
		head.DataPageHeaderV2 = thrift.New(format.DataPageHeaderV2{
			NumValues: int32(p.rows), NumRows: int32(p.rows), NumNulls: int32(p.nulls), Encoding: p.encoding,
			DefinitionLevelsByteLength: int32(len(p.levels)), IsCompressed: thrift.New(!p.stillPlain),
		})
	}
	out, err := thrift.Marshal(new(thrift.CompactProtocol), &head)
	if err != nil {
		tb.Fatal(err)
	}
	return append(out, packed...)
}

// element describes a column; change, if not nil, adds to it.
func element(name string, typ format.Type, optional bool, change func(*format.SchemaElement)) format.SchemaElement {
	repetition := format.Required
	if optional {
		repetition = format.Optional
	}
	e := format.SchemaElement{Name: name, Type: thrift.New(typ), RepetitionType: thrift.New(repetition)}
	if change != nil {
		change(&e)
	}
	return e
}

func logical(v format.LogicalTypeValue) func(*format.SchemaElement) {
	return func(e *format.SchemaElement) { e.LogicalType = format.LogicalType{Value: v} }
}

// onePage is a column whose rows are on one page of plain values.
func onePage(e format.SchemaElement, rows int, values []byte) builtColumn {
	return builtColumn{element: e, pages: []builtPage{{kind: format.DataPage, rows: rows, values: values}}}
}

// plainTexts encodes texts as PLAIN does.
func plainTexts(texts ...string) []byte {
	var b []byte
	for _, s := range texts {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

func plainInts(values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

// packed encodes numbers below 2^width as one bit-packed run.
func packed(width int, values ...uint32) []byte {
	groups := (len(values) + 7) / 8
	out := make([]byte, groups*width)
	for i, v := range values {
		for bit := range width {
			if v>>bit&1 == 1 {
				at := i*width + bit
				out[at/8] |= 1 << (at % 8)
			}
		}
	}
	return append(binary.AppendUvarint(nil, uint64(groups)<<1|1), out...)
}

// run encodes n times the same number of one byte.
func run(n int, value byte) []byte { return append(binary.AppendUvarint(nil, uint64(n)<<1), value) }

// indexes puts the width in bits before runs of dictionary indexes.
func indexes(width byte, runs ...[]byte) []byte {
	return append([]byte{width}, bytes.Join(runs, nil)...)
}

func int32s(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func fixed(n int32, change func(*format.SchemaElement)) func(*format.SchemaElement) {
	return func(e *format.SchemaElement) {
		e.TypeLength = thrift.New(n)
		if change != nil {
			change(e)
		}
	}
}

func converted(c deprecated.ConvertedType) func(*format.SchemaElement) {
	return func(e *format.SchemaElement) { e.ConvertedType = thrift.New(c) }
}

// fileWith builds a file of two rows with one of its columns replaced.
func fileWith(tb testing.TB, replaced builtColumn) []byte {
	columns := []builtColumn{
		onePage(element("user_id", format.ByteArray, false, nil), 2, plainTexts("a", "b")),
		onePage(element("timestamp", format.Int64, false, logical(&format.TimestampType{IsAdjustedToUTC: true, Unit: format.TimeUnit{Value: &format.MicroSeconds{}}})), 2, plainInts(1, 2)),
		onePage(element("value", format.Double, false, nil), 2, plainInts(0, 0)),
		onePage(element("variant", format.ByteArray, false, nil), 2, plainTexts("x", "y")),
	}
	for i := range columns {
		if columns[i].element.Name == replaced.element.Name {
			columns[i] = replaced
		}
	}
	return buildFile(tb, 2, columns...)
}
