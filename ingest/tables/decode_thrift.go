package tables

import (
	"encoding/binary"
	"errors"
	"io"
)

// Types of the compact Thrift protocol, in which Parquet writes its metadata.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
	thriftUUID   = 13
)

// thriftDepth is how deep metadata may nest. Parquet's own nests 7 levels.
const thriftDepth = 24

var errThrift = errors.New("the metadata is damaged")

// thriftLength returns how many bytes the structure at the start of b takes, and
// io.ErrUnexpectedEOF if b ends before it does.
//
// It is run before the library's decoder, which allocates as many elements as a list says
// it has and recurses as deep as the bytes say: here a list longer than the bytes that are
// left, or a structure nested too deep, is an error.
func thriftLength(b []byte) (int, error) {
	w := thriftWalk{b: b}
	w.structure(thriftDepth)
	return w.at, w.err
}

// thriftWalk walks over a structure without decoding it. The first error stops it.
type thriftWalk struct {
	b   []byte
	at  int
	err error
}

func (w *thriftWalk) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *thriftWalk) byte() byte {
	if w.err != nil || w.at >= len(w.b) {
		w.fail(io.ErrUnexpectedEOF)
		return thriftStop
	}
	w.at++
	return w.b[w.at-1]
}

func (w *thriftWalk) varint() uint64 {
	if w.err != nil {
		return 0
	}
	v, n := binary.Uvarint(w.b[w.at:])
	switch {
	case n == 0:
		w.fail(io.ErrUnexpectedEOF)
	case n < 0:
		w.fail(errThrift)
	default:
		w.at += n
	}
	return v
}

func (w *thriftWalk) skip(n uint64) {
	if w.err == nil && n > uint64(len(w.b)-w.at) {
		w.fail(io.ErrUnexpectedEOF)
	}
	if w.err == nil {
		w.at += int(n)
	}
}

func (w *thriftWalk) structure(depth int) {
	if depth == 0 {
		w.fail(errThrift)
	}
	for w.err == nil {
		head := w.byte()
		if head == thriftStop || w.err != nil {
			return
		}
		if head>>4 == 0 {
			w.varint()
		}
		// A boolean field has its value in its type, an element of a list does not.
		if typ := head & 15; typ != thriftTrue && typ != thriftFalse {
			w.value(typ, depth-1)
		}
	}
}

func (w *thriftWalk) value(typ byte, depth int) {
	switch typ {
	case thriftTrue, thriftFalse, thriftByte:
		w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		w.varint()
	case thriftDouble:
		w.skip(8)
	case thriftBinary:
		w.skip(w.varint())
	case thriftUUID:
		w.skip(16)
	case thriftList, thriftSet:
		w.list(depth)
	case thriftMap:
		w.dictionary(depth)
	case thriftStruct:
		w.structure(depth)
	default:
		w.fail(errThrift)
	}
}

func (w *thriftWalk) list(depth int) {
	if depth <= 0 {
		w.fail(errThrift)
	}
	head := w.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = w.varint()
	}
	typ := head & 15
	// No structure of Parquet's metadata is empty: a field, its value and the end take 3 bytes.
	least := uint64(1)
	if typ == thriftStruct {
		least = 3
	}
	w.elements(n, least)
	for ; n > 0 && w.err == nil; n-- {
		w.value(typ, depth-1)
	}
}

func (w *thriftWalk) dictionary(depth int) {
	if depth <= 0 {
		w.fail(errThrift)
	}
	n := w.varint()
	if n == 0 {
		return
	}
	types := w.byte()
	w.elements(n, 2)
	for ; n > 0 && w.err == nil; n-- {
		w.value(types>>4, depth-1)
		w.value(types&15, depth-1)
	}
}

// elements fails if n elements of at least so many bytes cannot follow.
func (w *thriftWalk) elements(n, least uint64) {
	if w.err == nil && n > uint64(len(w.b)-w.at)/least {
		w.fail(io.ErrUnexpectedEOF)
	}
}
