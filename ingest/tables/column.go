package tables

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

// converter turns stored values into those that a column is read as. Numbers or spans is
// set, by how the values are stored; neither for a column of nulls. A converter may keep
// state and serves one column chunk at a time.
type converter[T any] struct {
	numbers func(dst []T, src []int64) error
	spans   func(dst []T, data []byte, at []byteSpan) error
	// prefixed, if not nil, does the same as spans for byte arrays with their lengths before
	// them (PLAIN), without a list of where they are. It returns the bytes behind the last.
	prefixed func(dst []T, data []byte) (rest []byte, err error)
}

// valuesAtOnce is how many values are between decoding and conversion, few enough to stay
// in the first cache.
const valuesAtOnce = 1024

// columnReader reads a flat column of a row group as values of type T.
type columnReader[T any] struct {
	name     string
	typ      columnType
	null     T // what stands for null
	convert  converter[T]
	pages    pageReader
	page     *dataPage
	left     int // rows of the page not yet read
	fill     func(dst []T) error
	hasDict  bool
	dict     []T
	indexes  hybridDecoder
	numbers  numberDecoder
	spans    spanDecoder
	prefixed []byte
	levels   [valuesAtOnce]uint32
	small    [valuesAtOnce]uint32
	ints     [valuesAtOnce]int64
	spanning [valuesAtOnce]byteSpan
}

// reset starts on another column chunk; the pages are to be set by themselves.
func (c *columnReader[T]) reset(name string, typ columnType, convert converter[T], null T) {
	c.name, c.typ, c.convert, c.null = name, typ, convert, null
	c.page, c.left, c.fill, c.hasDict = nil, 0, nil, false
}

// readOr is read, of a column that may be absent: then all rows have the one value given.
func (c *columnReader[T]) readOr(dst []T, v T) error {
	if c == nil {
		fill(dst, v)
		return nil
	}
	return c.read(dst)
}

// read fills dst with the next rows.
func (c *columnReader[T]) read(dst []T) error {
	for len(dst) > 0 {
		if c.left == 0 {
			if err := c.nextPage(); err != nil {
				return c.wrap(err)
			}
			continue
		}
		n := min(len(dst), c.left, valuesAtOnce)
		if err := c.rows(dst[:n]); err != nil {
			return c.wrap(err)
		}
		c.left -= n
		dst = dst[n:]
	}
	return nil
}

func (c *columnReader[T]) wrap(err error) error { return fmt.Errorf("column %q: %w", c.name, err) }

// end checks that no rows are left over in the page. An absent column has none.
func (c *columnReader[T]) end() error {
	if c != nil && c.left > 0 {
		return c.wrap(fmt.Errorf("%w: it has %d rows more than the row group", errPage, c.left))
	}
	return nil
}

// rows reads rows of the page, at most valuesAtOnce.
func (c *columnReader[T]) rows(dst []T) error {
	if !c.page.nullable {
		return c.fill(dst)
	}
	level, ok, err := c.page.levels.constant(len(dst))
	switch {
	case err != nil:
		return err
	case ok && level == 1:
		return c.fill(dst)
	case ok:
		fill(dst, c.null)
		return nil
	}
	// A level is 1 where there is a value. Values are read densely and then moved apart.
	levels := c.levels[:len(dst)]
	if err := c.page.levels.read(levels); err != nil {
		return err
	}
	present := 0
	for _, level := range levels {
		present += int(level)
	}
	if err := c.fill(dst[:present]); err != nil {
		return err
	}
	for i := len(dst) - 1; i >= 0; i-- {
		if levels[i] == 1 {
			present--
			dst[i] = dst[present]
		} else {
			dst[i] = c.null
		}
	}
	return nil
}

// nextPage goes on to the next page, and takes in the dictionary on the way.
func (c *columnReader[T]) nextPage() error {
	page, err := c.pages.next()
	if err == io.EOF {
		return fmt.Errorf("%w: its pages end before the row group does", errPage)
	}
	if err != nil {
		return err
	}
	c.page = page
	if page.dictionary {
		return c.readDictionary(page)
	}
	c.left = page.rows
	switch page.encoding {
	case format.RLEDictionary, olderDictionary:
		if !c.hasDict {
			return errors.New("a page refers to a dictionary that is not there")
		}
		c.fill = c.fromDictionary
		return c.indexes.resetIndexes(page.values)
	default:
		return c.resetValues(page.encoding, page.values)
	}
}

// resetValues starts on values that stand for themselves.
func (c *columnReader[T]) resetValues(encoding format.Encoding, values []byte) error {
	switch {
	case c.convert.numbers != nil:
		c.fill = c.fromNumbers
		return c.numbers.reset(c.typ.physical, encoding, values)
	case c.convert.prefixed != nil && encoding == format.Plain && c.typ.width == 0:
		c.fill, c.prefixed = c.fromPrefixed, values
		return nil
	case c.convert.spans != nil:
		c.fill = c.fromSpans
		return c.spans.reset(c.typ.physical, c.typ.width, encoding, values)
	}
	c.fill = func(dst []T) error { fill(dst, c.null); return nil }
	return nil
}

// readDictionary converts a dictionary, once for all rows that refer to it.
func (c *columnReader[T]) readDictionary(page *dataPage) error {
	// The least that an entry takes is the length of an empty string, or a bit.
	most := len(page.values) / 4
	if c.typ.physical == format.Boolean {
		most = len(page.values) * 8
	} else if c.typ.width > 0 {
		most = len(page.values) / c.typ.width
	}
	if page.rows > most {
		return fmt.Errorf("%w: %d bytes cannot hold %d dictionary entries", errPage, len(page.values), page.rows)
	}
	if err := c.resetValues(page.encoding, page.values); err != nil {
		return err
	}
	if cap(c.dict) < page.rows {
		c.dict = make([]T, page.rows)
	}
	c.dict, c.hasDict = c.dict[:page.rows], true
	for at := 0; at < len(c.dict); at += valuesAtOnce {
		if err := c.fill(c.dict[at:min(at+valuesAtOnce, len(c.dict))]); err != nil {
			return err
		}
	}
	return nil
}

func (c *columnReader[T]) fromDictionary(dst []T) error {
	indexes := c.small[:len(dst)]
	if err := c.indexes.read(indexes); err != nil {
		return err
	}
	dict := c.dict
	for i, index := range indexes {
		if int(index) >= len(dict) {
			return fmt.Errorf("%w: it refers to entry %d of a dictionary of %d", errPage, index, len(dict))
		}
		dst[i] = dict[index]
	}
	return nil
}

func (c *columnReader[T]) fromNumbers(dst []T) error {
	src := c.ints[:len(dst)]
	if err := c.numbers.read(src); err != nil {
		return err
	}
	return c.convert.numbers(dst, src)
}

func (c *columnReader[T]) fromSpans(dst []T) error {
	for len(dst) > 0 {
		data, n, err := c.spans.read(c.spanning[:len(dst)])
		if err != nil {
			return err
		}
		if err := c.convert.spans(dst[:n], data, c.spanning[:n]); err != nil {
			return err
		}
		dst = dst[n:]
	}
	return nil
}

func (c *columnReader[T]) fromPrefixed(dst []T) (err error) {
	c.prefixed, err = c.convert.prefixed(dst, c.prefixed)
	return err
}

func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}
