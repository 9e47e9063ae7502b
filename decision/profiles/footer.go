package profiles

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"readout/internal/compact"
)

const (
	// tailSize is the length of the footer and the magic bytes behind it.
	tailSize = 4 + 4
	// maxNested is how deep columns may be nested in each other.
	maxNested = 64
)

// checkFooter refuses a footer that would end the program: the library takes the memory that it asks
// for, and recurses as deep as it says. What else is wrong with the file the library says.
func checkFooter(file io.ReaderAt, size int64) error {
	tail := make([]byte, tailSize)
	if size < tailSize {
		return nil
	}
	if n, err := file.ReadAt(tail, size-tailSize); n < tailSize {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	switch {
	case !bytes.Equal(tail[4:], []byte("PAR1")):
		return nil
	case length > size-tailSize:
		return fmt.Errorf("the file is damaged: it says that its footer has %d bytes, of %d in all", length, size)
	}
	footer := make([]byte, length)
	if n, err := file.ReadAt(footer, size-tailSize-length); int64(n) < length {
		return err
	}
	n, err := compact.Length(footer)
	if err != nil {
		return errors.New("the file is damaged: its footer cannot be read")
	}
	var meta format.FileMetaData
	if thrift.NewDecoder(new(thrift.CompactProtocol).NewReaderFromBytes(footer[:n])).Decode(&meta) != nil {
		return nil
	}
	return checkNesting(meta.Schema)
}

// checkNesting refuses a schema of which the library would make columns in columns without end. Its
// elements list a tree depth first.
func checkNesting(schema []format.SchemaElement) error {
	var left []int32 // of each group that is open, the children to come
	for i := range schema {
		if open := len(left); open > 0 {
			left[open-1]--
		}
		if n := schema[i].NumChildren.V; n > 0 {
			if left = append(left, n); len(left) > maxNested {
				return fmt.Errorf("columns are nested deeper than %d levels", maxNested)
			}
		}
		for len(left) > 0 && left[len(left)-1] == 0 {
			left = left[:len(left)-1]
		}
	}
	return nil
}
