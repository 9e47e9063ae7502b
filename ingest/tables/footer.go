package tables

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"readout/internal/compact"
)

const (
	magicSize = 4
	// tailSize is the length of the footer and the magic bytes behind it.
	tailSize = 4 + magicSize
	// signatureSize is what follows the metadata of signed files: nonce and tag of AES-GCM.
	signatureSize = 12 + 16
)

var (
	parquetMagic   = []byte("PAR1")
	encryptedMagic = []byte("PARE")
	errEncrypted   = errors.New("the file is encrypted, which is not supported: write it again without encryption")
)

// Footer returns a file's metadata as it stands there: where each page is, and how large. Its
// errors do not name the file.
func Footer(ctx context.Context, store Store, f File) ([]byte, error) {
	data, err := store.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer data.Close()
	footer, _, err := readFooterBytes(data, f.Size)
	return footer, advised(err)
}

// ColumnNames returns the names of a file's columns.
func ColumnNames(ctx context.Context, store Store, f File) ([]string, error) {
	names, err := columnNames(ctx, store, f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Path, advised(err))
	}
	return names, nil
}

// columnNames is ColumnNames with errors that do not name the file.
func columnNames(ctx context.Context, store Store, f File) ([]string, error) {
	data, err := store.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer data.Close()
	meta, _, err := readFooter(data, f.Size)
	if err != nil {
		return nil, err
	}
	schema, err := schemaOf(meta.Schema)
	return schema.names, err
}

// readFooter reads and checks a file's metadata. pagesEnd is where it begins, and pages end.
func readFooter(file io.ReaderAt, size int64) (meta *format.FileMetaData, pagesEnd int64, err error) {
	footer, pagesEnd, err := readFooterBytes(file, size)
	if err != nil {
		return nil, 0, err
	}
	meta, err = parseFooter(footer)
	return meta, pagesEnd, err
}

// readFooterBytes reads a file's metadata as it stands there.
func readFooterBytes(file io.ReaderAt, size int64) (footer []byte, pagesEnd int64, err error) {
	if size == 0 {
		return nil, 0, fmt.Errorf("the file is %w", errEmpty)
	}
	head := make([]byte, min(size, 64))
	if err := readFull(file, head, 0); err != nil {
		return nil, 0, err
	}
	if bytes.HasPrefix(head, encryptedMagic) {
		return nil, 0, errEncrypted
	}
	if !bytes.HasPrefix(head, parquetMagic) {
		return nil, 0, fmt.Errorf("not a Parquet file: %s", looksLike(head))
	}
	if size < magicSize+tailSize {
		return nil, 0, fmt.Errorf("the file is %w: it has %d bytes only", errCut, size)
	}
	tail := make([]byte, tailSize)
	if err := readFull(file, tail, size-tailSize); err != nil {
		return nil, 0, err
	}
	switch {
	case bytes.Equal(tail[4:], encryptedMagic):
		return nil, 0, errEncrypted
	case !bytes.Equal(tail[4:], parquetMagic):
		return nil, 0, fmt.Errorf("the file is %w, still being written, or longer than it should be: it ends with %q instead of %q", errCut, tail[4:], parquetMagic)
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	pagesEnd = size - tailSize - length
	if length == 0 || pagesEnd < magicSize {
		return nil, 0, fmt.Errorf("the file is %w: it says that its footer has %d bytes, of %d in all", errDamaged, length, size)
	}
	footer = make([]byte, length)
	if err := readFull(file, footer, pagesEnd); err != nil {
		return nil, 0, err
	}
	return footer, pagesEnd, nil
}

// readFull fills b from a byte of the file on.
func readFull(file io.ReaderAt, b []byte, at int64) error {
	n, err := file.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading %d bytes at byte %d: %w", len(b), at, err)
}

// parseFooter decodes a file's metadata. Behind it, a signed file has its signature.
func parseFooter(footer []byte) (*format.FileMetaData, error) {
	damaged := fmt.Errorf("the file is %w: its footer cannot be read", errDamaged)
	n, err := compact.Length(footer)
	if err != nil {
		return nil, damaged
	}
	meta := new(format.FileMetaData)
	protocol := new(thrift.CompactProtocol)
	if err := thrift.NewDecoder(protocol.NewReaderFromBytes(footer[:n])).Decode(meta); err != nil {
		return nil, damaged
	}
	signed := meta.EncryptionAlgorithm.Value != nil && len(footer)-n == signatureSize
	if n != len(footer) && !signed {
		return nil, damaged
	}
	return meta, checkRows(meta)
}

// checkRows checks that the numbers of rows agree.
func checkRows(meta *format.FileMetaData) error {
	var rows int64
	for i := range meta.RowGroups {
		n := meta.RowGroups[i].NumRows
		if n < 0 || rows+n < 0 {
			return fmt.Errorf("the file is %w: row group %d has %d rows", errDamaged, i, n)
		}
		rows += n
	}
	if rows != meta.NumRows {
		return fmt.Errorf("the file is %w: it says that it has %d rows, and its row groups have %d", errDamaged, meta.NumRows, rows)
	}
	return nil
}

// kinds are the beginnings of files that are found in the place of Parquet files.
var kinds = []struct{ magic, name string }{
	{"\x1f\x8b", "it is gzip: unpack it, Parquet compresses within itself"},
	{"PK\x03\x04", "it is a ZIP archive or an Excel file: unpack or convert it"},
	{"\x28\xb5\x2f\xfd", "it is zstd: unpack it, Parquet compresses within itself"},
	{"BZh", "it is bzip2: unpack it"},
	{"\xfd7zXZ", "it is xz: unpack it"},
	{"ARROW1", "it is an Arrow file (Feather): convert it to Parquet"},
	{"\xff\xff\xff\xff", "it may be an Arrow stream: convert it to Parquet"},
	{"ORC", "it is ORC: convert it to Parquet"},
	{"Obj\x01", "it is Avro: convert it to Parquet"},
	{"SQLite format 3", "it is an SQLite database: export its table to Parquet"},
	{"version https://git-lfs", "it is a Git LFS pointer: fetch the file itself with git lfs pull"},
}

// looksLike says what a file that is not Parquet begins like.
func looksLike(head []byte) string {
	for _, kind := range kinds {
		if bytes.HasPrefix(head, []byte(kind.magic)) {
			return kind.name
		}
	}
	text := bytes.TrimLeft(head, "\ufeff \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("<")):
		return "it looks like a web page or XML, perhaps the error page of a download"
	case bytes.HasPrefix(text, []byte("{")), bytes.HasPrefix(text, []byte("[")):
		return "it looks like JSON: convert it to Parquet"
	case printable(text):
		return "it looks like text, perhaps CSV: convert it to Parquet"
	}
	return fmt.Sprintf("it begins with %q instead of %q", head[:min(len(head), magicSize)], parquetMagic)
}

// printable reports whether the bytes are text. The last character may be cut.
func printable(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 && utf8.FullRune(b) || r < ' ' && r != '\t' && r != '\r' && r != '\n' {
			return false
		}
		b = b[n:]
	}
	return true
}
