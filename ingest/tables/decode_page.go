package tables

import (
	"fmt"
	"hash/crc32"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"readout/internal/compact"
)

const (
	// headWindow is how much is read ahead to find a page's header in.
	headWindow = 8 << 10
	// headLimit is the longest header believed: it can hold a smallest and a largest value.
	headLimit = 16 << 20
	// olderDictionary is what older writers call PLAIN in dictionaries and RLE_DICTIONARY in
	// pages that refer to them (PLAIN_DICTIONARY).
	olderDictionary format.Encoding = 2
)

var errPage = fmt.Errorf("a page is %w", errDamaged)

// dataPage is one decompressed page of a flat column. Its bytes live until the next is read.
type dataPage struct {
	dictionary bool // it is the dictionary, not values of rows
	rows       int  // values, nulls included
	nullable   bool // levels say which rows are null
	levels     hybridDecoder
	encoding   format.Encoding
	values     []byte // with pagePadding bytes of capacity behind them
}

// pageReader reads the pages of one column chunk. Its buffers serve one chunk after the
// other.
type pageReader struct {
	file      io.ReaderAt
	at        int64 // next byte
	end       int64 // where no page can be any more
	codec     format.CompressionCodec
	optional  bool
	window    []byte // bytes at windowAt
	windowAt  int64
	windowBuf []byte
	raw       []byte
	plain     []byte
	codecs    codecs
	protocol  thrift.CompactProtocol
	page      dataPage
}

// reset starts on the chunk whose pages begin at a byte of the file.
func (p *pageReader) reset(file io.ReaderAt, at, end int64, codec format.CompressionCodec, optional bool) {
	p.file, p.at, p.end, p.codec, p.optional = file, at, end, codec, optional
	p.window, p.windowAt = nil, 0
}

// next reads the next page, the dictionary or one of data. It returns io.EOF where no
// page can follow; the number of rows says whether one should have.
func (p *pageReader) next() (*dataPage, error) {
	for {
		if p.at >= p.end {
			return nil, io.EOF
		}
		head, err := p.header()
		if err != nil {
			return nil, err
		}
		body, err := p.body(head)
		if err != nil {
			return nil, err
		}
		p.page = dataPage{}
		switch head.Type {
		case format.DictionaryPage:
			err = p.dictionary(head, body)
		case format.DataPage:
			err = p.dataV1(head, body)
		case format.DataPageV2:
			err = p.dataV2(head, body)
		default:
			continue
		}
		return &p.page, err
	}
}

// header reads the next page's header, from the window if it is there.
func (p *pageReader) header() (*format.PageHeader, error) {
	ahead := p.ahead()
	n, err := compact.Length(ahead)
	most := min(headLimit, p.end-p.at)
	for size := int64(headWindow); err == io.ErrUnexpectedEOF && int64(len(ahead)) < most; size *= 16 {
		p.windowBuf = grow(p.windowBuf, int(min(size, most)))
		p.window, p.windowAt = p.windowBuf, p.at
		if err := readFull(p.file, p.window, p.at); err != nil {
			return nil, err
		}
		ahead = p.window
		n, err = compact.Length(ahead)
	}
	head := new(format.PageHeader)
	if err == nil {
		err = thrift.NewDecoder(p.protocol.NewReaderFromBytes(ahead[:n])).Decode(head)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: no page header at byte %d", errPage, p.at)
	}
	p.at += int64(n)
	return head, nil
}

// ahead returns the bytes of the window from the next byte on.
func (p *pageReader) ahead() []byte {
	if p.at < p.windowAt || p.at >= p.windowAt+int64(len(p.window)) {
		return nil
	}
	return p.window[p.at-p.windowAt:]
}

// body reads the bytes behind a header as they are in the file and checks them against
// the header's checksum.
func (p *pageReader) body(head *format.PageHeader) ([]byte, error) {
	size := int64(head.CompressedPageSize)
	if size < 0 || size > p.end-p.at || head.UncompressedPageSize < 0 || head.UncompressedPageSize > pageLimit {
		return nil, fmt.Errorf("%w: its header at byte %d says %d bytes, %d decompressed", errPage, p.at, size, head.UncompressedPageSize)
	}
	p.raw = grow(p.raw, int(size)+pagePadding)
	body := p.raw[:size]
	if have := copy(body, p.ahead()); have < len(body) {
		if err := readFull(p.file, body[have:], p.at+int64(have)); err != nil {
			return nil, err
		}
	}
	if head.CRC != 0 && crc32.ChecksumIEEE(body) != uint32(head.CRC) {
		return nil, fmt.Errorf("%w: the checksum of its bytes at byte %d does not match", errPage, p.at)
	}
	p.at += size
	return body, nil
}

// unpacked decompresses src, which is to become size bytes.
func (p *pageReader) unpacked(src []byte, size int) ([]byte, error) {
	if p.codec == format.Uncompressed {
		if len(src) != size {
			return nil, fmt.Errorf("%w: its header says %d bytes, found %d", errPage, size, len(src))
		}
		return src, nil
	}
	if most := expansion(p.codec); size < 0 || most > 0 && size > 64+most*len(src) {
		return nil, fmt.Errorf("%w: %d bytes cannot become the %d that its header says", errPage, len(src), size)
	}
	if len(src) == 0 && size == 0 {
		return src, nil
	}
	p.plain = grow(p.plain, size+pagePadding)
	return p.plain[:size], p.codecs.decompress(p.codec, p.plain[:size], src)
}

// dictionary takes in a page that is the dictionary of a chunk.
func (p *pageReader) dictionary(head *format.PageHeader, body []byte) error {
	h := head.DictionaryPageHeader
	if !h.Valid || h.V.NumValues < 0 {
		return fmt.Errorf("%w: a dictionary without its own header", errPage)
	}
	if h.V.Encoding != format.Plain && h.V.Encoding != olderDictionary {
		return fmt.Errorf("a dictionary in encoding %v, which is not supported: %s", h.V.Encoding, usualEncodings)
	}
	values, err := p.unpacked(body, int(head.UncompressedPageSize))
	p.page.dictionary, p.page.rows, p.page.encoding, p.page.values = true, int(h.V.NumValues), format.Plain, values
	return err
}

// dataV1 takes in a page of version 1: levels and values are compressed together.
func (p *pageReader) dataV1(head *format.PageHeader, body []byte) error {
	h := head.DataPageHeader
	if !h.Valid || h.V.NumValues < 0 {
		return fmt.Errorf("%w: a page of data without its own header", errPage)
	}
	values, err := p.unpacked(body, int(head.UncompressedPageSize))
	if err != nil {
		return err
	}
	p.page.rows, p.page.encoding = int(h.V.NumValues), h.V.Encoding
	if p.optional {
		if h.V.DefinitionLevelEncoding != format.RLE {
			return fmt.Errorf("levels in encoding %v, which is not supported: %s", h.V.DefinitionLevelEncoding, usualEncodings)
		}
		levels, rest, ok := lengthPrefixed(values)
		if !ok {
			return fmt.Errorf("%w: its levels are longer than itself", errPage)
		}
		p.page.nullable = true
		p.page.levels.reset(levels, 1)
		values = rest
	}
	p.page.values = values
	return nil
}

// dataV2 takes in a page of version 2: levels are not compressed, and values may not be.
func (p *pageReader) dataV2(head *format.PageHeader, body []byte) error {
	h := head.DataPageHeaderV2
	if !h.Valid || h.V.NumValues < 0 || h.V.NumNulls < 0 || h.V.NumNulls > h.V.NumValues {
		return fmt.Errorf("%w: a page of data without a good header of its own", errPage)
	}
	repetition, definition := int(h.V.RepetitionLevelsByteLength), int(h.V.DefinitionLevelsByteLength)
	if repetition < 0 || definition < 0 || repetition > len(body) || definition > len(body)-repetition {
		return fmt.Errorf("%w: its levels are longer than itself", errPage)
	}
	levels, values := body[repetition:repetition+definition], body[repetition+definition:]
	if !h.V.IsCompressed.Valid || h.V.IsCompressed.V {
		var err error
		if values, err = p.unpacked(values, int(head.UncompressedPageSize)-repetition-definition); err != nil {
			return err
		}
	}
	p.page.rows, p.page.encoding, p.page.values = int(h.V.NumValues), h.V.Encoding, values
	// Without levels nothing is null; with them, the number of nulls is not needed.
	if p.optional && (definition > 0 || h.V.NumNulls > 0) {
		p.page.nullable = true
		p.page.levels.reset(levels, 1)
	}
	return nil
}

// lengthPrefixed splits off what a length of 4 bytes stands before.
func lengthPrefixed(b []byte) (part, rest []byte, ok bool) {
	n, ok := uint32At(b)
	if !ok || int64(n) > int64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// grow returns a slice of n bytes, b itself if it is large enough.
func grow(b []byte, n int) []byte {
	if cap(b) >= n {
		return b[:n]
	}
	return make([]byte, n, n+n/4)
}
