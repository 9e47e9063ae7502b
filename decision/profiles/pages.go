package profiles

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"readout/internal/compact"
)

// maxPages is how many bytes of pages, decompressed and with what it takes to decode them, may
// be needed at once. Writers make pages of about a megabyte; a page of gigabytes can be a
// few kilobytes in the file.
const maxPages = 512 << 20

// valueOverhead is what a value of a page takes beside its bytes while it is decoded: its level,
// and its place in the page or in the dictionary.
const valueOverhead = 8

const (
	// headWindow is how much is read to find a page's header in.
	headWindow = 8 << 10
	// maxHead is the longest header believed: it can hold a smallest and a largest value.
	maxHead = 16 << 20
)

// checkPages refuses a row group whose pages would take more than limit bytes at once. The
// library decodes a page whole, and the columns are read side by side.
func checkPages(f *parquet.File, group int, columns []column, limit int64) error {
	rows := &f.Metadata().RowGroups[group]
	var needed int64
	for _, c := range columns {
		largest, err := largestPages(f, &rows.Columns[c.leaf].MetaData, rows.NumRows)
		if err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
		needed += largest
	}
	if needed > limit {
		return fmt.Errorf("the pages of row group %d that are read at once take %d MiB decompressed, at most %d are allowed: write profiles with smaller pages, or with fewer rows in a row group",
			group, (needed-1)>>20+1, limit>>20)
	}
	return nil
}

// largestPages returns what a column's dictionary and its largest page of values take, by
// their headers, up to the page that has the last of so many rows. What lies outside of the file
// the library reports.
func largestPages(f *parquet.File, chunk *format.ColumnMetaData, rows int64) (int64, error) {
	at := chunk.DataPageOffset
	if chunk.DictionaryPageOffset != 0 {
		at = chunk.DictionaryPageOffset
	}
	if at < 0 || at > f.Size() {
		return 0, nil
	}
	end := at + min(chunk.TotalCompressedSize, f.Size()-at)
	var dictionary, largest, values int64
	for at < end && values < rows {
		head, length, err := pageHeader(f, at, end)
		if err != nil || head.CompressedPageSize < 0 {
			return 0, fmt.Errorf("a page is damaged: no page header at byte %d", at)
		}
		at += int64(length) + int64(head.CompressedPageSize)
		size := int64(head.UncompressedPageSize)
		switch {
		case head.Type == format.DictionaryPage && head.DictionaryPageHeader.Valid:
			dictionary = max(dictionary, size+valueOverhead*int64(head.DictionaryPageHeader.V.NumValues))
		case head.Type == format.DataPage && head.DataPageHeader.Valid:
			n := int64(head.DataPageHeader.V.NumValues)
			largest, values = max(largest, size+valueOverhead*n), values+n
		case head.Type == format.DataPageV2 && head.DataPageHeaderV2.Valid:
			n := int64(head.DataPageHeaderV2.V.NumValues)
			largest, values = max(largest, size+valueOverhead*n), values+n
		}
	}
	return dictionary + largest, nil
}

// pageHeader reads the header of the page that begins at a byte of the file, and how long that is.
func pageHeader(file io.ReaderAt, at, end int64) (*format.PageHeader, int, error) {
	most := min(maxHead, end-at)
	for size := min(headWindow, most); ; size = min(16*size, most) {
		ahead := make([]byte, size)
		if n, err := file.ReadAt(ahead, at); int64(n) < size {
			return nil, 0, err
		}
		length, err := compact.Length(ahead)
		if errors.Is(err, io.ErrUnexpectedEOF) && size < most {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		head := new(format.PageHeader)
		return head, length, thrift.NewDecoder(new(thrift.CompactProtocol).NewReaderFromBytes(ahead[:length])).Decode(head)
	}
}
