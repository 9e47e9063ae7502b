package tables

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"readout/internal/snappy"
)

// pageLimit is the largest page read, in bytes, decompressed. Writers make pages of about
// a megabyte.
const pageLimit = 512 << 20

var errCompressed = fmt.Errorf("a page is %w: it cannot be decompressed", errDamaged)

// codecs decompresses pages. Its decoders are made when they are first needed and used
// again; it is not safe for concurrent use.
//
// The codecs of the Parquet library are not used because they let a page say how much
// memory it takes, and because its LZ4_RAW loses the bytes of pages that shrink to less
// than a third (parquet-go v0.32).
type codecs struct {
	snappy snappy.Decoder
	gzip   *gzip.Reader
	brotli *brotli.Reader
	zstd   *zstd.Decoder
	source bytes.Reader
}

// checkCodec says which codecs cannot be read.
func checkCodec(codec format.CompressionCodec) error {
	switch codec {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw:
		return nil
	case format.Lz4:
		return errors.New("the codec is LZ4 in its old form, which every writer framed in its own way: write the file again with LZ4_RAW, SNAPPY or ZSTD")
	}
	return fmt.Errorf("the codec %v is not supported: write the file again with SNAPPY or ZSTD", codec)
}

// expansion returns how many bytes one compressed byte can become at most with a codec,
// and thus what a page can claim before any memory is spent on it. 0 is no bound.
func expansion(codec format.CompressionCodec) int {
	switch codec {
	case format.Snappy:
		return 24 // copies of 64 bytes take 3
	case format.Lz4Raw:
		return 255
	case format.Gzip:
		return 1032 // matches of 258 bytes take 2 bits
	case format.Zstd:
		return 1 << 15 // blocks of 128 KiB take 4 bytes
	}
	return 0
}

// decompress fills dst from src. It fails unless that comes out exactly.
func (c *codecs) decompress(codec format.CompressionCodec, dst, src []byte) error {
	var n int
	var err error
	switch codec {
	case format.Snappy:
		n, err = len(dst), c.snappy.Decode(dst, src)
	case format.Lz4Raw:
		n, err = lz4Block(dst, src)
	case format.Zstd:
		n, err = c.zstdFrames(dst, src)
	case format.Gzip:
		n, err = c.gzipStream(dst, src)
	case format.Brotli:
		n, err = c.brotliStream(dst, src)
	default:
		return checkCodec(codec)
	}
	if err != nil {
		return fmt.Errorf("%w (%v: %w)", errCompressed, codec, err)
	}
	if n != len(dst) {
		return fmt.Errorf("%w (%v: its header says %d bytes, found %d)", errCompressed, codec, len(dst), n)
	}
	return nil
}

func lz4Block(dst, src []byte) (int, error) {
	if len(dst) == 0 {
		// An empty block is one zero byte; the library refuses an empty destination.
		return 0, nil
	}
	return lz4.UncompressBlock(src, dst)
}

func (c *codecs) zstdFrames(dst, src []byte) (int, error) {
	if c.zstd == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return 0, err
		}
		c.zstd = d
	}
	out, err := c.zstd.DecodeAll(src, dst[:0:len(dst)])
	return len(out), err
}

func (c *codecs) gzipStream(dst, src []byte) (int, error) {
	c.source.Reset(src)
	var err error
	if c.gzip == nil {
		c.gzip, err = gzip.NewReader(&c.source)
	} else {
		err = c.gzip.Reset(&c.source)
	}
	if err != nil {
		return 0, err
	}
	return readExactly(c.gzip, dst)
}

func (c *codecs) brotliStream(dst, src []byte) (int, error) {
	c.source.Reset(src)
	if c.brotli == nil {
		c.brotli = brotli.NewReader(&c.source)
	} else if err := c.brotli.Reset(&c.source); err != nil {
		return 0, err
	}
	return readExactly(c.brotli, dst)
}

// readExactly fills dst and expects the end behind it.
func readExactly(r io.Reader, dst []byte) (int, error) {
	n, err := io.ReadFull(r, dst)
	if err != nil && err != io.EOF {
		return n, err
	}
	var more [1]byte
	switch _, err := io.ReadFull(r, more[:]); err {
	case io.EOF:
		return n, nil
	case nil:
		return n, errors.New("more bytes than its header says")
	default:
		return n, err
	}
}
