package tables

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"readout/experiment"
)

func TestDamagedFiles(t *testing.T) {
	rows, _ := plainRows(20)
	good := writeRows(t, rows)
	withLength := func(n uint32) []byte {
		file := bytes.Clone(good)
		binary.LittleEndian.PutUint32(file[len(file)-8:], n)
		return file
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":            {nil, "the file is empty (0 bytes): copy or write it again, and rename files into the folder only when they are whole"},
		"only magic":       {[]byte("PAR1PAR1"), "the file is cut short: it has 8 bytes only"},
		"half":             {good[:len(good)/2], "the file is cut short"},
		"without end":      {good[:len(good)-4], "the file is cut short"},
		"more behind":      {append(bytes.Clone(good), '\n'), "longer than it should be"},
		"encrypted":        {append([]byte("PARE"), good[4:]...), "the file is encrypted"},
		"encrypted footer": {append(bytes.Clone(good[:len(good)-4]), "PARE"...), "the file is encrypted"},
		"no footer":        {withLength(0), "its footer has 0 bytes"},
		"huge footer":      {withLength(math.MaxUint32), "its footer has 4294967295 bytes"},
		"short footer":     {withLength(40), "its footer cannot be read: copy it again from where it was written, or write it again"},
		"csv":              {[]byte("user_id,variant\na,control\n"), "it looks like text, perhaps CSV"},
		"csv in Latin-1":   {[]byte("user_id\xe4,variant\na,control\n"), `it begins with "user"`},
		"html":             {[]byte("\n<!DOCTYPE html>"), "it looks like a web page"},
		"json":             {[]byte(`{"error": "forbidden"}`), "it looks like JSON"},
		"gzip":             {[]byte("\x1f\x8b\x08aaaaaaaaaaaaaa"), "it is gzip: unpack it"},
		"zip":              {[]byte("PK\x03\x04aaaaaaaaaaaaaa"), "it is a ZIP archive or an Excel file"},
		"arrow":            {[]byte("ARROW1aaaaaaaaaaaaaaa"), "it is an Arrow file (Feather)"},
		"lfs":              {[]byte("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"},
		"random":           {[]byte{1, 2, 3, 4, 5}, `it begins with "\x01\x02\x03\x04" instead of "PAR1"`},
	} {
		t.Run(name, func(t *testing.T) {
			spec, codes := testSpec()
			rows, err := readRows(c.file, spec, codes)
			if rows != nil {
				t.Errorf("read %d rows", len(rows))
			}
			wantFault(t, err, "read exposures f.parquet: ", c.want)
		})
	}
}

func TestDamagedPages(t *testing.T) {
	text := element("variant", format.ByteArray, false, nil)
	optional := element("variant", format.ByteArray, true, nil)
	values := plainTexts("x", "y")
	page := func(e format.SchemaElement, codec format.CompressionCodec, pages ...builtPage) builtColumn {
		return builtColumn{element: e, codec: codec, pages: pages}
	}
	for name, c := range map[string]struct {
		column builtColumn
		want   string
	}{
		"checksum":             {page(text, 0, builtPage{rows: 2, values: values, crc: true, badCRC: true}), "the checksum of its bytes at byte"},
		"rows missing":         {page(text, 0, builtPage{rows: 1, values: plainTexts("x")}), "its pages end before the row group does"},
		"rows too many":        {page(text, 0, builtPage{rows: 3, values: plainTexts("x", "y", "z")}), "1 rows more than the row group"},
		"values missing":       {page(text, 0, builtPage{rows: 2, values: values[:6]}), "its values end early"},
		"value too long":       {page(text, 0, builtPage{rows: 2, values: int32s(1<<31, 0)}), "its values end early"},
		"no dictionary":        {page(text, 0, builtPage{rows: 2, encoding: format.RLEDictionary, values: indexes(1, run(2, 0))}), "a dictionary that is not there"},
		"entry missing":        {page(text, 0, builtPage{kind: format.DictionaryPage, rows: 2, values: values}, builtPage{rows: 2, encoding: format.RLEDictionary, values: indexes(2, run(2, 2))}), "entry 2 of a dictionary of 2"},
		"indexes wide":         {page(text, 0, builtPage{kind: format.DictionaryPage, rows: 2, values: values}, builtPage{rows: 2, encoding: format.RLEDictionary, values: indexes(33, run(2, 0))}), "more than 32 bits"},
		"dictionary too short": {page(text, 0, builtPage{kind: format.DictionaryPage, rows: 1 << 30, values: values}), "10 bytes cannot hold 1073741824 dictionary entries"},
		"levels missing":       {page(optional, 0, builtPage{rows: 2, values: values}), "fewer values than its header says"},
		"levels too long":      {page(optional, 0, builtPage{kind: format.DataPageV2, rows: 2, nulls: 1, values: values, levels: nil}), "fewer values than its header says"},
		"claims too much":      {page(text, format.Snappy, builtPage{rows: 2, values: values, unpacked: 1 << 28}), "bytes cannot become the 268435456 that its header says"},
		"claims a gigabyte":    {page(text, format.Brotli, builtPage{rows: 2, values: values, unpacked: 1 << 30}), "1073741824 decompressed"},
		"claims too little":    {page(text, format.Gzip, builtPage{rows: 2, values: values, unpacked: 9}), "more bytes than its header says"},
		"claims more":          {page(text, format.Zstd, builtPage{rows: 2, values: values, unpacked: 11}), "its header says 11 bytes, found 10"},
		"lz4 claims more":      {page(text, format.Lz4Raw, builtPage{rows: 2, values: values, unpacked: 11}), "its header says 11 bytes, found 10"},
		"lz4 claims less":      {page(text, format.Lz4Raw, builtPage{rows: 2, values: values, unpacked: 9}), "cannot be decompressed (LZ4_RAW"},
		"not snappy":           {page(text, format.Snappy, builtPage{kind: format.DataPageV2, rows: 2, values: values, stillPlain: false, unpacked: 3}), "cannot be decompressed (SNAPPY"},
		"encoding":             {page(text, 0, builtPage{rows: 2, encoding: format.DeltaBinaryPacked, values: values}), "encoding DELTA_BINARY_PACKED for BYTE_ARRAY, which is not supported"},
		"delta":                {page(text, 0, builtPage{rows: 2, encoding: format.DeltaLengthByteArray, values: []byte{1, 1, 1, 1}}), "its DELTA encoding does not hold together"},
		"delta short":          {page(text, 0, builtPage{rows: 2, encoding: format.DeltaByteArray, values: []byte{128, 1, 4, 0, 0, 128, 1, 4, 0, 0}}), "its DELTA encoding does not hold together"},
		"kind":                 {page(text, 0, builtPage{kind: 9, rows: 2, values: values}), "its pages end before the row group does"},
	} {
		t.Run(name, func(t *testing.T) {
			spec, codes := testSpec()
			_, err := readRows(fileWith(t, c.column), spec, codes)
			wantFault(t, err, `read exposures f.parquet: column "variant": `, c.want)
		})
	}
}

// editFooter changes a file's metadata.
func editFooter(tb testing.TB, file []byte, edit func(*format.FileMetaData)) []byte {
	tb.Helper()
	size := len(file) - 8 - int(binary.LittleEndian.Uint32(file[len(file)-8:]))
	meta, err := parseFooter(file[size : len(file)-8])
	if err != nil {
		tb.Fatal(err)
	}
	edit(meta)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		tb.Fatal(err)
	}
	out := append(bytes.Clone(file[:size]), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

func TestDamagedMetadata(t *testing.T) {
	good := fileWith(t, builtColumn{})
	chunk := func(m *format.FileMetaData) *format.ColumnChunk { return &m.RowGroups[0].Columns[0] }
	for name, c := range map[string]struct {
		edit func(*format.FileMetaData)
		want string
	}{
		"rows":           {func(m *format.FileMetaData) { m.NumRows = 3 }, "it says that it has 3 rows, and its row groups have 2"},
		"negative rows":  {func(m *format.FileMetaData) { m.RowGroups[0].NumRows = -1 }, "row group 0 has -1 rows"},
		"values":         {func(m *format.FileMetaData) { chunk(m).MetaData.NumValues = 1 }, "row group 0 has 2 rows and 1 values"},
		"no schema":      {func(m *format.FileMetaData) { m.Schema = nil }, "its schema is damaged"},
		"children":       {func(m *format.FileMetaData) { m.Schema[0].NumChildren = thrift.New(int32(1 << 30)) }, "its schema is damaged"},
		"fewer children": {func(m *format.FileMetaData) { m.Schema[0].NumChildren = thrift.New(int32(1)) }, "its schema is damaged"},
		"columns":        {func(m *format.FileMetaData) { m.RowGroups[0].Columns = m.RowGroups[0].Columns[:2] }, "row group 0 has 2 columns, and the schema 4"},
		"type":           {func(m *format.FileMetaData) { chunk(m).MetaData.Type = format.Int32 }, "the type of row group 0 is not that of the schema"},
		"outside":        {func(m *format.FileMetaData) { chunk(m).MetaData.DataPageOffset = 1 << 40 }, "row group 0 lies outside of the file"},
		"overflow":       {func(m *format.FileMetaData) { chunk(m).MetaData.TotalCompressedSize = math.MaxInt64 }, "row group 0 lies outside of the file"},
		"before":         {func(m *format.FileMetaData) { chunk(m).MetaData.DataPageOffset = -5 }, "row group 0 lies outside of the file"},
		"codec":          {func(m *format.FileMetaData) { chunk(m).MetaData.Codec = format.LZO }, "the codec LZO is not supported"},
		"old lz4":        {func(m *format.FileMetaData) { chunk(m).MetaData.Codec = format.Lz4 }, "the codec is LZ4 in its old form"},
		"elsewhere":      {func(m *format.FileMetaData) { chunk(m).FilePath = "x" }, "its data is in another file"},
		"encrypted":      {func(m *format.FileMetaData) { chunk(m).CryptoMetadata.Value = new(format.EncryptionWithFooterKey) }, "it is encrypted"},
		"width": {func(m *format.FileMetaData) {
			m.Schema[1].Type = thrift.New(format.FixedLenByteArray)
			chunk(m).MetaData.Type = format.FixedLenByteArray
		}, "the schema is damaged"},
		"annotation": {func(m *format.FileMetaData) { m.Schema[1].ConvertedType = thrift.New(deprecated.Date) }, "its type does not hold together (date in binary): the schema is damaged"},
		"twice":      {func(m *format.FileMetaData) { m.Schema[2].Name = "user_id" }, "the file has two columns of this name"},
		"repeated":   {func(m *format.FileMetaData) { m.Schema[1].RepetitionType = thrift.New(format.Repeated) }, "found repeated binary, want a string"},
		"physical":   {func(m *format.FileMetaData) { m.Schema[1].Type = thrift.New(format.Type(77)) }, "type 77"},
		"row count":  {func(m *format.FileMetaData) { m.RowGroups[0].NumRows, m.NumRows = 9, 9 }, "row group 0 has 9 rows and 2 values"},
	} {
		t.Run(name, func(t *testing.T) {
			spec, codes := testSpec()
			rows, err := readRows(editFooter(t, good, c.edit), spec, codes)
			if rows != nil {
				t.Errorf("read %d rows", len(rows))
			}
			wantFault(t, err, "read exposures f.parquet: ", c.want)
		})
	}
}

// Every byte of a file with checksums is damaged in turn. The pages' own bytes must not
// pass; elsewhere a change may go unseen, as in a file without statistics, but must never
// give more rows, or a panic.
func TestEveryByteDamaged(t *testing.T) {
	crc := func(c builtColumn) builtColumn {
		for i := range c.pages {
			c.pages[i].crc = true
		}
		return c
	}
	value := crc(onePage(element("value", format.Double, false, nil), 2, plainInts(3, 5)))
	good := fileWith(t, value)
	variant := bytes.Index(good, plainTexts("x", "y"))
	protected := bytes.Index(good[:variant], plainInts(3, 5))
	for at := range good {
		for _, flip := range []byte{1, 0x80, 0xff} {
			file := bytes.Clone(good)
			file[at] ^= flip
			spec, codes := testSpec()
			rows, err := readRows(file, spec, codes)
			if err != nil {
				wantFault(t, err, "read exposures f.parquet: ")
				if strings.Contains(err.Error(), "not foreseen") {
					t.Errorf("byte %d ^ %#x: %v", at, flip, err)
				}
				continue
			}
			if len(rows) != 2 {
				t.Errorf("byte %d ^ %#x: read %d rows", at, flip, len(rows))
			}
			if at >= protected && at < protected+16 {
				t.Errorf("byte %d ^ %#x: a damaged value was read", at, flip)
			}
		}
	}
}

type brokenStore struct{ memoryStore }

func (s brokenStore) Open(context.Context, File) (ReadAtCloser, error) { return brokenFile{}, nil }

type brokenFile struct{}

func (brokenFile) ReadAt([]byte, int64) (int, error) { return 0, errors.New("connection reset") }
func (brokenFile) Close() error                      { return nil }

func TestReadError(t *testing.T) {
	spec, _ := testSpec()
	_, err := Open(t.Context(), brokenStore{}, File{Path: "f.parquet", Size: 1000}, spec)
	wantFault(t, err, "read exposures f.parquet: ", "connection reset")
}

// FuzzReadTable reads files made of anything: an error or rows, never a panic.
func FuzzReadTable(f *testing.F) {
	rows, _ := plainRows(50)
	for _, options := range [][]parquet.WriterOption{
		{parquet.DataPageVersion(1), parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.RLEDictionary)},
		{parquet.DataPageVersion(2), parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.DeltaByteArray), parquet.DefaultEncodingFor(parquet.Int64, &parquet.DeltaBinaryPacked)},
		{parquet.Compression(&parquet.Snappy), parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.DeltaLengthByteArray)},
		{parquet.Compression(&parquet.Lz4Raw), parquet.DefaultEncodingFor(parquet.Int64, &parquet.ByteStreamSplit)},
		{parquet.Compression(&parquet.Zstd)},
	} {
		f.Add(writeRows(f, rows, options...))
	}
	f.Add(fileWith(f, onePage(element("timestamp", format.Int96, false, nil), 2, make([]byte, 24))))
	f.Add(fileWith(f, onePage(element("timestamp", format.ByteArray, false, nil), 2, plainTexts("2024-01-01T00:00:00Z", ""))))
	f.Add(fileWith(f, onePage(element("value", format.FixedLenByteArray, false, fixed(9, logical(&format.DecimalType{Precision: 20, Scale: 2}))), 2, make([]byte, 18))))
	f.Fuzz(func(t *testing.T, file []byte) {
		spec, codes := testSpec()
		spec.Text[0].Optional = true
		read := 0
		store := memoryStore{"f.parquet": file}
		err := eachBatch(t.Context(), store, store.file("f.parquet"), spec, func(b *Batch) {
			read += b.N
			if read > 1<<20 {
				t.Skip("a run can stand for billions of rows")
			}
			if len(b.User) != b.N || len(b.Time) != b.N || len(b.Value) != b.N || len(b.Text[0]) != b.N {
				t.Fatal("columns of different length")
			}
			for i := range b.N {
				if math.IsInf(b.Value[i], 0) || b.Time[i] != NullTime && (b.Time[i] < firstTime || b.Time[i] > lastTime) {
					t.Fatalf("value %v at %d", b.Value[i], b.Time[i])
				}
				if code := b.Text[0][i]; code != NullCode && int(code) >= len(codes.texts) {
					t.Fatalf("code %d of %d", code, len(codes.texts))
				}
			}
		})
		if err != nil && !strings.HasPrefix(err.Error(), "read exposures f.parquet: ") {
			t.Errorf("the error does not name the file: %v", err)
		}
		if err != nil && strings.Contains(err.Error(), "not foreseen") {
			t.Error(err)
		}
	})
}

// FuzzReadColumns reads columns of any type as classes of filters, as names that nobody knows, and as
// those of a summary: an error or as many values as there are rows, never a panic.
func FuzzReadColumns(f *testing.F) {
	rows, _ := plainRows(20)
	f.Add(writeRows(f, rows, parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.RLEDictionary)), uint8(0))
	plain := plainTexts("control", "treatment")
	for i, e := range []format.SchemaElement{
		element("value", format.ByteArray, false, logical(&format.StringType{})),
		element("value", format.FixedLenByteArray, false, fixed(9, logical(&format.DecimalType{Precision: 20, Scale: 2}))),
		element("value", format.Int32, false, logical(&format.DateType{})),
		element("value", format.Int64, false, logical(&format.IntType{BitWidth: 64})),
		element("value", format.Boolean, false, nil),
	} {
		f.Add(fileWith(f, onePage(e, 2, plain)), uint8(i))
	}
	values := []experiment.Scalar{{Kind: experiment.ScalarText, Text: "control"}, {Kind: experiment.ScalarNumber, Text: "9007199254740993"}, {Kind: experiment.ScalarBool, Text: "true"}}
	f.Fuzz(func(t *testing.T, file []byte, choice uint8) {
		operators := experiment.Operators()
		filter := experiment.Filter{Column: "value", Operator: operators[int(choice)%len(operators)], Values: values[int(choice)%len(values):][:1]}
		column := &FilterColumn{Name: filter.Column}
		if _, err := column.Add(filter); err != nil {
			return
		}
		column.Seal()
		spec := &Spec{
			Table: "conversions", User: "user_id", Time: "timestamp", Location: time.UTC, Seed: testSeed,
			Text: []TextColumn{{Name: "value", Optional: true, Filter: column}, {Name: "variant", Optional: true, Codes: NewOpenNames([]string{"control"})}},
		}
		store := memoryStore{"f.parquet": file}
		read := 0
		err := eachBatch(t.Context(), store, store.file("f.parquet"), spec, func(b *Batch) {
			if read += b.N; read > 1<<20 {
				t.Skip("a run can stand for billions of rows")
			}
			for _, class := range b.Text[0][:b.N] {
				if class != NullCode && int(class) >= len(column.outcomes) {
					t.Fatalf("class %d of %d", class, len(column.outcomes))
				}
			}
		})
		table, wholeErr := readWhole(file, 1<<12, Column{Name: "value", Kind: Kind(choice % 3), Optional: true}, Column{Name: "timestamp", Kind: TextOrTime, Optional: true})
		for _, err := range []error{err, wholeErr} {
			if err != nil && strings.Contains(err.Error(), "not foreseen") {
				t.Error(err)
			}
		}
		if wholeErr != nil {
			return
		}
		for row := range table.Rows {
			for _, name := range []string{"value", "timestamp"} {
				if table.Has(name) {
					table.Text(name, row)
					table.Number(name, row)
					table.Time(name, row)
				}
			}
		}
	})
}
