package tables

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go/format"
)

// OpenFile is an open file whose columns have been found and checked.
type OpenFile struct {
	spec     *Spec
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

// Open opens a file and checks its footer and the columns wanted. All errors of this
// function and of what it returns name the table and the file.
func Open(ctx context.Context, store Store, f File, spec *Spec) (t *OpenFile, err error) {
	t = &OpenFile{spec: spec, file: f}
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

func (t *OpenFile) wrap(err error) error {
	return fmt.Errorf("read %s %s: %w", t.spec.Table, t.file.Path, advised(err))
}

// recoverInto turns a panic into an error. Damaged bytes are found by checks; this is for
// those that no check foresaw.
func (t *OpenFile) recoverInto(err *error) {
	if r := recover(); r != nil {
		*err = t.wrap(fmt.Errorf("the file is %w in a way that was not foreseen (%v)", errDamaged, r))
	}
}

func (t *OpenFile) open() error {
	if err := t.footer(); err != nil {
		return err
	}
	return t.resolve()
}

// footer reads what the file says of itself.
func (t *OpenFile) footer() (err error) {
	if t.meta, t.pagesEnd, err = readFooter(t.data, t.file.Size); err != nil {
		return err
	}
	if t.schema, err = schemaOf(t.meta.Schema); err != nil {
		return err
	}
	for g := range t.meta.RowGroups {
		if n := len(t.meta.RowGroups[g].Columns); n != t.schema.total {
			return fmt.Errorf("the file is %w: row group %d has %d columns, and the schema %d", errDamaged, g, n, t.schema.total)
		}
	}
	return nil
}

// resolve finds the columns wanted and checks their types. All faults are reported at once.
func (t *OpenFile) resolve() error {
	var faults error
	fault := func(name string, err error) {
		switch {
		case err == nil:
		case faults == nil:
			faults = ColumnError{t.spec.Table, name, err}
		default:
			faults = fmt.Errorf("%w; %w", faults, ColumnError{t.spec.Table, name, err})
		}
	}
	var err error
	t.user, err = t.column(t.spec.User, func(typ columnType) error { _, err := userConverter(typ, t.spec.Seed); return err })
	fault(t.spec.User, t.required(t.spec.User, err))
	t.time, err = t.column(t.spec.Time, func(typ columnType) error {
		_, err := timeConverter(typ, t.spec.Location, &t.form)
		return err
	})
	if errors.Is(err, ErrNoColumn) {
		err = t.folderTime()
	}
	fault(t.spec.Time, t.required(t.spec.Time, err))
	t.value = absent
	if t.spec.Value != "" {
		t.value, err = t.column(t.spec.Value, func(typ columnType) error { _, err := valueConverter(typ); return err })
		if t.spec.ValueNeeded || !errors.Is(err, ErrNoColumn) {
			fault(t.spec.Value, t.required(t.spec.Value, err))
		}
	}
	t.text = make([]int, len(t.spec.Text))
	t.folderCode = make([]uint32, len(t.spec.Text))
	for i, c := range t.spec.Text {
		t.text[i], err = t.column(c.Name, func(typ columnType) error { _, err := c.converter(typ); return err })
		if errors.Is(err, ErrNoColumn) {
			t.folderCode[i], err = t.fromFolder(c)
		}
		fault(c.Name, err)
	}
	return faults
}

// column finds a column of the file and checks its type and its chunks.
func (t *OpenFile) column(name string, check func(columnType) error) (int, error) {
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

func (t *OpenFile) required(name string, err error) error {
	if errors.Is(err, ErrNoColumn) {
		return t.schema.missing(name)
	}
	return err
}

// folderTime takes the time of all rows from a folder such as date=2024-01-31.
func (t *OpenFile) folderTime() error {
	folder, ok := t.file.folder(t.spec.Time)
	if !ok {
		return ErrNoColumn
	}
	var text []byte
	if !folder.Null {
		text = []byte(folder.Value)
	}
	var micros [1]int64
	err := textTimes(t.spec.Location, &t.form)(micros[:], text, []byteSpan{{size: uint32(len(text))}})
	t.folderMicros = micros[0]
	typ := columnType{meaning: timestampValue, utc: true, unit: time.Microsecond}
	if t.form.dates() {
		typ = columnType{meaning: dateValue}
	}
	t.time = t.schema.addFolder(t.spec.Time, typ)
	return err
}

// fromFolder returns the code of a column that the file has not.
func (t *OpenFile) fromFolder(c TextColumn) (uint32, error) {
	folder, ok := t.file.folder(c.Name)
	switch {
	case ok && folder.Null:
		return NullCode, nil
	case ok && c.Filter != nil:
		return c.Filter.FolderClass(folder.Value), nil
	case ok:
		return c.Codes.Code([]byte(folder.Value)), nil
	case c.Optional:
		return NullCode, nil
	}
	return 0, t.schema.missing(c.Name)
}

// checkChunk checks what the footer says of a column's chunk in a row group.
func (t *OpenFile) checkChunk(g, column int) error {
	group := &t.meta.RowGroups[g]
	chunk := &group.Columns[t.schema.leaves[column]]
	meta := &chunk.MetaData
	start := chunkStart(chunk)
	switch {
	case chunk.CryptoMetadata.Value != nil:
		return errors.New("it is encrypted, which is not supported: write the file again without encryption")
	case chunk.FilePath != "":
		return fmt.Errorf("its data is in another file (%s), which is not supported: write the file again in one piece", chunk.FilePath)
	case meta.Type != t.schema.types[column].physical:
		return fmt.Errorf("the file is %w: the type of row group %d is not that of the schema", errDamaged, g)
	case meta.NumValues != group.NumRows:
		return fmt.Errorf("the file is %w: row group %d has %d rows and %d values", errDamaged, g, group.NumRows, meta.NumValues)
	case group.NumRows > 0 && (start < magicSize || start > t.pagesEnd || meta.TotalCompressedSize < 0 || meta.TotalCompressedSize > t.pagesEnd-start):
		return fmt.Errorf("the file is %w: row group %d lies outside of the file", errDamaged, g)
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

// RowGroups returns how many row groups the file has.
func (t *OpenFile) RowGroups() int { return len(t.meta.RowGroups) }

// NumRows returns how many rows a row group has.
func (t *OpenFile) NumRows(g int) int64 { return t.meta.RowGroups[g].NumRows }

// DateOnly reports whether times are dates, as far as is known yet.
func (t *OpenFile) DateOnly() bool {
	return t.schema.types[t.time].meaning == dateValue || t.form.dates()
}

// WallClock reports whether times are readings of a clock, without a zone, as far as is known yet.
func (t *OpenFile) WallClock() bool { return t.form.wallClock.Load() }

// Size returns the bytes of the wanted columns of a row group, as they are in the file.
func (t *OpenFile) Size(g int) int64 {
	var n int64
	for _, i := range append([]int{t.user, t.time, t.value}, t.text...) {
		if i != absent && t.schema.leaves[i] != absent {
			n += t.meta.RowGroups[g].Columns[t.schema.leaves[i]].MetaData.TotalCompressedSize
		}
	}
	return n
}

// Close closes the file. No row reader of it may be used after that.
func (t *OpenFile) Close() error {
	if err := t.data.Close(); err != nil {
		return t.wrap(err)
	}
	return nil
}
