package compact

import (
	"encoding/binary"
	"errors"
	"io"
)

// Types of the protocol.
const (
	typeStop   = 0
	typeTrue   = 1
	typeFalse  = 2
	typeByte   = 3
	typeI16    = 4
	typeI32    = 5
	typeI64    = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
	typeUUID   = 13
)

// maxDepth is how deep structures may nest. Parquet's own nest 7 levels.
const maxDepth = 24

// ErrDamaged is returned for bytes that begin no structure, whatever follows them.
var ErrDamaged = errors.New("the metadata is damaged")

// Length returns how many bytes the structure at the start of b takes. It is
// [io.ErrUnexpectedEOF] if b ends before it does, also where a list says that it is longer than the
// bytes that are left, and [ErrDamaged] if it nests too deep or has a type that there is none.
func Length(b []byte) (int, error) {
	w := walk{b: b}
	w.structure(maxDepth)
	return w.at, w.err
}

// walk walks over a structure without decoding it. The first error stops it.
type walk struct {
	b   []byte
	at  int
	err error
}

func (w *walk) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *walk) byte() byte {
	if w.err != nil || w.at >= len(w.b) {
		w.fail(io.ErrUnexpectedEOF)
		return typeStop
	}
	w.at++
	return w.b[w.at-1]
}

func (w *walk) varint() uint64 {
	if w.err != nil {
		return 0
	}
	v, n := binary.Uvarint(w.b[w.at:])
	switch {
	case n == 0:
		w.fail(io.ErrUnexpectedEOF)
	case n < 0:
		w.fail(ErrDamaged)
	default:
		w.at += n
	}
	return v
}

func (w *walk) skip(n uint64) {
	if w.err == nil && n > uint64(len(w.b)-w.at) {
		w.fail(io.ErrUnexpectedEOF)
	}
	if w.err == nil {
		w.at += int(n)
	}
}

func (w *walk) structure(depth int) {
	if depth == 0 {
		w.fail(ErrDamaged)
	}
	for w.err == nil {
		head := w.byte()
		if head == typeStop || w.err != nil {
			return
		}
		if head>>4 == 0 {
			w.varint()
		}
		// A boolean field has its value in its type, an element of a list does not.
		if typ := head & 15; typ != typeTrue && typ != typeFalse {
			w.value(typ, depth-1)
		}
	}
}

func (w *walk) value(typ byte, depth int) {
	switch typ {
	case typeTrue, typeFalse, typeByte:
		w.skip(1)
	case typeI16, typeI32, typeI64:
		w.varint()
	case typeDouble:
		w.skip(8)
	case typeBinary:
		w.skip(w.varint())
	case typeUUID:
		w.skip(16)
	case typeList, typeSet:
		w.list(depth)
	case typeMap:
		w.dictionary(depth)
	case typeStruct:
		w.structure(depth)
	default:
		w.fail(ErrDamaged)
	}
}

func (w *walk) list(depth int) {
	if depth <= 0 {
		w.fail(ErrDamaged)
	}
	head := w.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = w.varint()
	}
	typ := head & 15
	// No structure of Parquet is empty: a field, its value and the end take 3 bytes.
	least := uint64(1)
	if typ == typeStruct {
		least = 3
	}
	w.elements(n, least)
	for ; n > 0 && w.err == nil; n-- {
		w.value(typ, depth-1)
	}
}

func (w *walk) dictionary(depth int) {
	if depth <= 0 {
		w.fail(ErrDamaged)
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
func (w *walk) elements(n, least uint64) {
	if w.err == nil && n > uint64(len(w.b)-w.at)/least {
		w.fail(io.ErrUnexpectedEOF)
	}
}
