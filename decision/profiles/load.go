package profiles

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// maxColumns is how many columns a table of profiles has at most.
const maxColumns = 1000

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
	if err := checkFooter(file, info.Size()); err != nil {
		return err
	}
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
