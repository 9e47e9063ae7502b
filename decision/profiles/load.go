package profiles

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// maxColumns is how many columns a table of profiles has at most.
const maxColumns = 1000

// maxText is the longest text of an attribute, in bytes. Longer ones of many users compress to
// a small file, and would stay in memory with gigabytes.
const maxText = 4 << 10

// Load reads the files of a table of profiles. Rows with the same id in several places count
// as the last one, in the order of the files. A null or empty id is left out, and so are texts,
// ids too, that are not UTF-8 or longer than 4096 bytes. A file whose pages take hundreds of
// megabytes is an error, and so are files of many more rows than they have bytes.
func Load(paths []string, id string) (*Table, error) { return loadWithin(maxPages, fewRows, paths, id) }

// loadWithin is Load with pages of so many bytes at most, decompressed, at once, and few rows that
// need not have bytes of their own.
func loadWithin(pages, few int64, paths []string, id string) (*Table, error) {
	names, err := attributeNames(paths, id)
	if err != nil {
		return nil, err
	}
	if err := names.size.check(few); err != nil {
		return nil, err
	}
	b := newBuilder(names.all)
	for _, path := range paths {
		if err := b.readFile(path, id, pages); err != nil {
			return nil, fmt.Errorf("profiles %s: %w", path, err)
		}
	}
	t := b.finish()
	t.Left = names.left
	return t, nil
}

// names of attributes over all files, sorted, and how large these are.
type names struct {
	all, left []string
	size      size
}

// attributeNames returns the attributes of the files, and the columns that are none.
func attributeNames(paths []string, id string) (names, error) {
	seen := make(map[string]bool)
	left := make(map[string]bool)
	var size size
	for _, path := range paths {
		err := open(path, func(f *parquet.File) error {
			size.add(f)
			columns, refused, err := columnsOf(f, id)
			for _, c := range columns {
				if !c.id {
					seen[c.name] = true
				}
			}
			for _, text := range refused {
				left[text] = true
			}
			return err
		})
		if err != nil {
			return names{}, fmt.Errorf("profiles %s: %w", path, err)
		}
	}
	out := names{all: slices.Sorted(maps.Keys(seen)), left: slices.Sorted(maps.Keys(left)), size: size}
	if len(out.all) > maxColumns {
		return out, fmt.Errorf("profiles have %d attributes, at most %d are allowed", len(out.all), maxColumns)
	}
	return out, nil
}

// open opens a Parquet file. A damaged one is an error, also where the library panics.
func open(path string, use func(*parquet.File) error) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the file is damaged: %v", fault)
		}
	}()
	f, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	for _, group := range f.Metadata().RowGroups {
		for _, chunk := range group.Columns {
			// The library loses bytes of such pages without an error.
			if chunk.MetaData.Codec == format.Lz4Raw {
				return errors.New("codec LZ4_RAW is not read here: write profiles with Snappy or Zstandard")
			}
		}
	}
	return use(f)
}

// column is an attribute of a file, or its ids, of which decode gives texts.
type column struct {
	name   string
	leaf   int
	id     bool
	decode func(parquet.Value) (field, bool)
}

// columnsOf returns the attributes of a file and the columns that are none.
func columnsOf(f *parquet.File, id string) (columns []column, left []string, err error) {
	found := false
	for _, c := range f.Root().Columns() {
		if c.Name() == id {
			decode, reason := idDecoder(c)
			if decode == nil {
				return nil, nil, fmt.Errorf("column %s has %s: ids are text, whole numbers or UUIDs", id, reason)
			}
			found = true
			columns = append(columns, column{id, c.Index(), true, decode})
			continue
		}
		decode, reason := decoder(c)
		if decode == nil {
			left = append(left, c.Name()+": "+reason)
			continue
		}
		columns = append(columns, column{c.Name(), c.Index(), false, decode})
	}
	if !found {
		return nil, nil, fmt.Errorf("there is no column %s: name the column of ids in data.profiles.columns", id)
	}
	return columns, left, nil
}

// idDecoder returns how values of a column become ids, nil and why where they do not.
func idDecoder(c *parquet.Column) (func(parquet.Value) (field, bool), string) {
	decode, reason := decoder(c)
	if decode == nil {
		return nil, reason
	}
	if logical := c.Type().LogicalType(); logical != nil {
		switch t := logical.Value.(type) {
		case *format.DateType, *format.TimestampType:
			return nil, "type " + logical.String()
		case *format.IntType:
			if !t.IsSigned && c.Type().Kind() == parquet.Int64 {
				return func(v parquet.Value) (field, bool) { return field{text: strconv.FormatUint(v.Uint64(), 10)}, true }, ""
			}
		}
	}
	switch c.Type().Kind() {
	case parquet.Boolean, parquet.Float, parquet.Double:
		return nil, "type " + c.Type().String()
	case parquet.Int32, parquet.Int64:
		return func(v parquet.Value) (field, bool) {
			f, _ := decode(v)
			return field{text: strconv.FormatInt(f.whole, 10)}, true
		}, ""
	}
	return decode, ""
}

// decoder returns how values of a column become attributes, nil and why where they do not.
func decoder(c *parquet.Column) (func(parquet.Value) (field, bool), string) {
	switch {
	case !c.Leaf():
		return nil, "nested"
	case c.Repeated():
		return nil, "a list"
	}
	text := func(format func(parquet.Value) string) func(parquet.Value) (field, bool) {
		return func(v parquet.Value) (field, bool) { return field{tag: tagText, text: format(v)}, true }
	}
	unsigned := false
	if logical := c.Type().LogicalType(); logical != nil {
		switch t := logical.Value.(type) {
		case nil, *format.StringType, *format.EnumType:
		case *format.IntType:
			unsigned = !t.IsSigned
		case *format.UUIDType:
			return text(func(v parquet.Value) string { return uuid(v.ByteArray()) }), ""
		case *format.DateType:
			return text(func(v parquet.Value) string {
				return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
			}), ""
		case *format.TimestampType:
			return text(func(v parquet.Value) string { return timestamp(v.Int64(), t.Unit).Format(time.RFC3339Nano) }), ""
		default:
			return nil, "type " + logical.String()
		}
	}
	switch c.Type().Kind() {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value) (field, bool) {
			b := v.ByteArray()
			if len(b) > maxText || !utf8.Valid(b) {
				return field{}, false
			}
			return field{tag: tagText, text: string(b)}, true
		}, ""
	case parquet.Boolean:
		return func(v parquet.Value) (field, bool) {
			if v.Boolean() {
				return field{tag: tagTrue}, true
			}
			return field{tag: tagFalse}, true
		}, ""
	case parquet.Int32:
		return func(v parquet.Value) (field, bool) {
			if unsigned {
				return field{tag: tagInt, whole: int64(uint32(v.Int32()))}, true
			}
			return field{tag: tagInt, whole: int64(v.Int32())}, true
		}, ""
	case parquet.Int64:
		if unsigned {
			return func(v parquet.Value) (field, bool) {
				if u := v.Uint64(); u > math.MaxInt64 {
					return field{tag: tagFloat, float: float64(u)}, true
				}
				return field{tag: tagInt, whole: v.Int64()}, true
			}, ""
		}
		return func(v parquet.Value) (field, bool) { return field{tag: tagInt, whole: v.Int64()}, true }, ""
	case parquet.Float:
		return func(v parquet.Value) (field, bool) {
			return field{tag: tagFloat, float: float64(v.Float())}, v.Float() == v.Float()
		}, ""
	case parquet.Double:
		return func(v parquet.Value) (field, bool) {
			return field{tag: tagFloat, float: v.Double()}, v.Double() == v.Double()
		}, ""
	}
	return nil, "type " + c.Type().String()
}

func timestamp(v int64, unit format.TimeUnit) time.Time {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(v).UTC()
	case *format.MicroSeconds:
		return time.UnixMicro(v).UTC()
	}
	return time.Unix(0, v).UTC()
}

func uuid(b []byte) string {
	if len(b) != 16 {
		return hex.EncodeToString(b)
	}
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// readFile adds the rows of a file, whose pages take so many bytes at most at once.
func (b *builder) readFile(path, id string, pages int64) error {
	return open(path, func(f *parquet.File) error {
		columns, _, err := columnsOf(f, id)
		if err != nil {
			return err
		}
		for i, group := range f.RowGroups() {
			if err := checkPages(f, i, columns, pages); err != nil {
				return err
			}
			if err := b.readGroup(group, columns); err != nil {
				return err
			}
		}
		return nil
	})
}

// batch is how many rows are read at once.
const batch = 256

// readGroup adds the rows of a row group. Only the columns that are wanted are read, side by
// side: none of them is nested, so each has one value per row.
func (b *builder) readGroup(group parquet.RowGroup, columns []column) (err error) {
	chunks := group.ColumnChunks()
	readers := make([]*columnReader, len(columns))
	for i := range columns {
		c := &columns[i]
		readers[i] = &columnReader{column: c}
		readers[i].position, _ = slices.BinarySearch(b.table.names, c.name)
	}
	defer func() {
		for _, r := range readers {
			err = errors.Join(err, r.close())
		}
	}()
	var fields []field
	for left := group.NumRows(); left > 0; left -= batch {
		n := int(min(left, batch))
		for _, r := range readers {
			if err := r.read(chunks[r.column.leaf], n); err != nil {
				return fmt.Errorf("column %s: %w", r.column.name, err)
			}
		}
		for row := range n {
			user := ""
			fields = fields[:0]
			for _, r := range readers {
				switch {
				case !r.present[row]:
				case r.column.id:
					user = r.fields[row].text
				default:
					fields = append(fields, r.fields[row])
				}
			}
			if user != "" {
				b.add(user, fields)
			}
		}
	}
	return nil
}

// columnReader reads one column of a row group.
type columnReader struct {
	column   *column
	position int // of the attribute
	pages    parquet.Pages
	page     parquet.Page
	values   parquet.ValueReader // of the page
	buffer   [batch]parquet.Value
	fields   [batch]field
	present  [batch]bool
}

// read reads the values of the next n rows. They are decoded before their page is released.
func (r *columnReader) read(chunk parquet.ColumnChunk, n int) error {
	if r.pages == nil {
		r.pages = chunk.Pages()
	}
	for done := 0; done < n; {
		if r.page == nil {
			page, err := r.pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return errors.New("it has fewer values than there are rows")
			}
			if err != nil {
				return err
			}
			r.page, r.values = page, page.Values()
		}
		found, err := r.values.ReadValues(r.buffer[done:n])
		for i := done; i < done+found; i++ {
			r.present[i] = false
			if v := r.buffer[i]; !v.IsNull() {
				r.fields[i], r.present[i] = r.column.decode(v)
				r.fields[i].name = r.position
			}
		}
		done += found
		switch {
		case errors.Is(err, io.EOF), err == nil && found == 0:
			r.release()
		case err != nil:
			return err
		}
	}
	return nil
}

func (r *columnReader) release() {
	if r.page != nil {
		parquet.Release(r.page)
		r.page = nil
	}
}

func (r *columnReader) close() error {
	r.release()
	if r.pages == nil {
		return nil
	}
	return r.pages.Close()
}
