package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go/format"
)

// tableFile is an open file whose columns have been found and checked.
type tableFile struct {
	spec     *tableSpec
	file     File
	data     ReadAtCloser
	meta     *format.FileMetaData
	schema   fileSchema
	pagesEnd int64
	form     resolution
	// Positions in schema; absent if the file has no such column.
	user, time, value int
	text              []int
	folderCode        []uint32 // of text columns that are absent
	folderMicros      int64    // of the time column if it is a folder's
}

const absent = -1

// openTable opens a file and checks its footer and the columns wanted. All errors of this
// function and of what it returns name the table and the file.
func openTable(ctx context.Context, store Store, f File, spec *tableSpec) (t *tableFile, err error) {
	t = &tableFile{spec: spec, file: f}
	defer t.recoverInto(&err)
	t.data, err = store.Open(ctx, f)
	if err != nil {
		return nil, t.wrap(err)
	}
	if err := t.open(); err != nil {
		t.data.Close()
		return nil, t.wrap(err)
	}
	return t, nil
}

func (t *tableFile) wrap(err error) error {
	return fmt.Errorf("read %s %s: %w", t.spec.table, t.file.Path, err)
}

// recoverInto turns a panic into an error. Damaged bytes are found by checks; this is for
// those that no check foresaw.
func (t *tableFile) recoverInto(err *error) {
	if r := recover(); r != nil {
		*err = t.wrap(fmt.Errorf("the file is damaged in a way that was not foreseen (%v)", r))
	}
}

func (t *tableFile) open() error {
	if err := t.footer(); err != nil {
		return err
	}
	return t.resolve()
}

// footer reads what the file says of itself.
func (t *tableFile) footer() (err error) {
	if t.meta, t.pagesEnd, err = readFooter(t.data, t.file.Size); err != nil {
		return err
	}
	if t.schema, err = schemaOf(t.meta.Schema); err != nil {
		return err
	}
	for g := range t.meta.RowGroups {
		if n := len(t.meta.RowGroups[g].Columns); n != t.schema.total {
			return fmt.Errorf("the file is damaged: row group %d has %d columns, and the schema %d", g, n, t.schema.total)
		}
	}
	return nil
}

// resolve finds the columns wanted and checks their types. All faults are reported at once.
func (t *tableFile) resolve() error {
	var faults error
	fault := func(name string, err error) {
		switch {
		case err == nil:
		case faults == nil:
			faults = fmt.Errorf("column %q: %w", name, err)
		default:
			faults = fmt.Errorf("%w; column %q: %w", faults, name, err)
		}
	}
	var err error
	t.user, err = t.column(t.spec.user, func(typ columnType) error { _, err := userConverter(typ, t.spec.seed); return err })
	fault(t.spec.user, t.required(t.spec.user, err))
	t.time, err = t.column(t.spec.time, func(typ columnType) error {
		_, err := timeConverter(typ, t.spec.location, &t.form)
		return err
	})
	if errors.Is(err, errNoColumn) {
		err = t.folderTime()
	}
	fault(t.spec.time, t.required(t.spec.time, err))
	t.value = absent
	if t.spec.value != "" {
		t.value, err = t.column(t.spec.value, func(typ columnType) error { _, err := valueConverter(typ); return err })
		if t.spec.valueNeeded || !errors.Is(err, errNoColumn) {
			fault(t.spec.value, t.required(t.spec.value, err))
		}
	}
	t.text = make([]int, len(t.spec.text))
	t.folderCode = make([]uint32, len(t.spec.text))
	for i, c := range t.spec.text {
		t.text[i], err = t.column(c.name, func(typ columnType) error { _, err := c.converter(typ); return err })
		if errors.Is(err, errNoColumn) {
			t.folderCode[i], err = t.fromFolder(c)
		}
		fault(c.name, err)
	}
	return faults
}

// column finds a column of the file and checks its type and its chunks.
func (t *tableFile) column(name string, check func(columnType) error) (int, error) {
	i, err := t.schema.find(name)
	if err != nil {
		return absent, err
	}
	typ := t.schema.types[i]
	if !typ.nested {
		if err := typ.check(); err != nil {
			return absent, err
		}
	}
	if err := check(typ); err != nil {
		return absent, err
	}
	for g := range t.meta.RowGroups {
		if err := t.checkChunk(g, i); err != nil {
			return absent, err
		}
	}
	return i, nil
}

func (t *tableFile) required(name string, err error) error {
	if errors.Is(err, errNoColumn) {
		return t.schema.missing(name)
	}
	return err
}

// folderTime takes the time of all rows from a folder such as date=2024-01-31.
func (t *tableFile) folderTime() error {
	folder, ok := t.file.folder(t.spec.time)
	if !ok {
		return errNoColumn
	}
	var text []byte
	if !folder.Null {
		text = []byte(folder.Value)
	}
	var micros [1]int64
	err := textTimes(t.spec.location, &t.form)(micros[:], text, []byteSpan{{size: uint32(len(text))}})
	t.folderMicros = micros[0]
	typ := columnType{meaning: timestampValue, utc: true, unit: time.Microsecond}
	if t.form.dates() {
		typ = columnType{meaning: dateValue}
	}
	t.time = t.schema.addFolder(t.spec.time, typ)
	return err
}

// fromFolder returns the code of a column that the file has not.
func (t *tableFile) fromFolder(c textColumn) (uint32, error) {
	folder, ok := t.file.folder(c.name)
	switch {
	case ok && folder.Null:
		return nullCode, nil
	case ok && c.filter != nil:
		return c.filter.folderClass(folder.Value), nil
	case ok:
		return c.codes.code([]byte(folder.Value)), nil
	case c.optional:
		return nullCode, nil
	}
	return 0, t.schema.missing(c.name)
}

// checkChunk checks what the footer says of a column's chunk in a row group.
func (t *tableFile) checkChunk(g, column int) error {
	group := &t.meta.RowGroups[g]
	chunk := &group.Columns[t.schema.leaves[column]]
	meta := &chunk.MetaData
	start := chunkStart(chunk)
	switch {
	case chunk.CryptoMetadata.Value != nil:
		return errors.New("it is encrypted, which is not supported")
	case chunk.FilePath != "":
		return fmt.Errorf("its data is in another file (%s), which is not supported", chunk.FilePath)
	case meta.Type != t.schema.types[column].physical:
		return fmt.Errorf("the file is damaged: the type of row group %d is not that of the schema", g)
	case meta.NumValues != group.NumRows:
		return fmt.Errorf("the file is damaged: row group %d has %d rows and %d values", g, group.NumRows, meta.NumValues)
	case group.NumRows > 0 && (start < magicSize || start > t.pagesEnd || meta.TotalCompressedSize < 0 || meta.TotalCompressedSize > t.pagesEnd-start):
		return fmt.Errorf("the file is damaged: row group %d lies outside of the file", g)
	}
	return checkCodec(meta.Codec)
}

// chunkStart returns where the pages of a chunk begin: with the dictionary if there is one.
func chunkStart(chunk *format.ColumnChunk) int64 {
	start := chunk.MetaData.DataPageOffset
	if dict := chunk.MetaData.DictionaryPageOffset; dict > 0 && dict < start {
		start = dict
	}
	return start
}

// rowGroups returns how many row groups the file has.
func (t *tableFile) rowGroups() int { return len(t.meta.RowGroups) }

// numRows returns how many rows a row group has.
func (t *tableFile) numRows(g int) int64 { return t.meta.RowGroups[g].NumRows }

// size returns the bytes of the wanted columns of a row group, as they are in the file.
func (t *tableFile) size(g int) int64 {
	var n int64
	for _, i := range append([]int{t.user, t.time, t.value}, t.text...) {
		if i != absent && t.schema.leaves[i] != absent {
			n += t.meta.RowGroups[g].Columns[t.schema.leaves[i]].MetaData.TotalCompressedSize
		}
	}
	return n
}

// close closes the file. No row reader of it may be used after that.
func (t *tableFile) close() error {
	if err := t.data.Close(); err != nil {
		return t.wrap(err)
	}
	return nil
}
