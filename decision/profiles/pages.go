package profiles

import (
	"bufio"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// maxPages is how many bytes of pages, decompressed and with what it takes to decode them, may
// be needed at once. Writers make pages of about a megabyte; a page of gigabytes can be a
// few kilobytes in the file.
const maxPages = 512 << 20

// valueOverhead is what a value of a page takes beside its bytes while it is decoded: its level,
// and its place in the page or in the dictionary.
const valueOverhead = 8

// checkPages refuses a row group whose pages would take more than limit bytes at once. The
// library decodes a page whole, and the columns are read side by side.
func checkPages(f *parquet.File, group int, columns []column, limit int64) error {
	var needed int64
	for _, c := range columns {
		needed += largestPages(f, &f.Metadata().RowGroups[group].Columns[c.leaf].MetaData)
	}
	if needed > limit {
		return fmt.Errorf("the pages of row group %d that are read at once take %d MiB decompressed, at most %d are allowed: write profiles with smaller pages, or with fewer rows in a row group",
			group, (needed-1)>>20+1, limit>>20)
	}
	return nil
}

// largestPages returns what a column's dictionary and its largest page of values take, by
// their headers. It ends at a header that cannot be read: so does the library, which says what is
// wrong.
func largestPages(file io.ReaderAt, chunk *format.ColumnMetaData) int64 {
	at := chunk.DataPageOffset
	if chunk.DictionaryPageOffset != 0 {
		at = chunk.DictionaryPageOffset
	}
	end := at + chunk.TotalCompressedSize
	var dictionary, largest, values int64
	var protocol thrift.CompactProtocol
	in := bufio.NewReaderSize(nil, 4<<10)
	for at < end && values < chunk.NumValues {
		part := io.NewSectionReader(file, at, end-at)
		in.Reset(part)
		var head format.PageHeader
		if err := thrift.NewDecoder(protocol.NewReader(in)).Decode(&head); err != nil || head.CompressedPageSize < 0 {
			break
		}
		read, err := part.Seek(0, io.SeekCurrent)
		if err != nil {
			break
		}
		at += read - int64(in.Buffered()) + int64(head.CompressedPageSize)
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
	return dictionary + largest
}
