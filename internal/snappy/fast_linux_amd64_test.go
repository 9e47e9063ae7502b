package snappy

import (
	"bytes"
	"encoding/binary"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// none leaves all elements.
func none(_, _ []byte, out, in int, _ *tagTable) (int, int) { return out, in }

// fenced are bytes behind which there is no memory.
type fenced []byte

func newFenced(t *testing.T, size int) fenced {
	page := syscall.Getpagesize()
	room := (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, room+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(all) })
	if err := syscall.Mprotect(all[room:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return all[:room]
}

// last returns the last n bytes.
func (f fenced) last(n int) []byte { return f[len(f)-n:] }

// elements draws a list of elements that is mostly sound, and how many bytes it comes to. Both ends
// are long enough for fast decoders to take what is between.
func elements(t *rapid.T) (block []byte, size int) {
	plain := func(n int) {
		if n <= shortLiterals {
			block = append(block, byte(n-1)<<2)
		} else {
			block = append(block, 61<<2, byte(n-1), byte((n-1)>>8))
		}
		for range n {
			size++
			block = append(block, byte(size*size>>3))
		}
	}
	plain(rapid.IntRange(1, 700).Draw(t, "first"))
	for range rapid.IntRange(1, 100).Draw(t, "elements") {
		offset := rapid.IntRange(1, min(size, 40))
		if rapid.Bool().Draw(t, "far") {
			offset = rapid.IntRange(1, size)
		}
		switch kind := rapid.IntRange(0, 300).Draw(t, "kind"); {
		case kind < 100:
			plain(rapid.OneOf(rapid.IntRange(1, 60), rapid.IntRange(1, 300)).Draw(t, "length"))
		case kind < 200:
			n, offset := rapid.IntRange(4, 11).Draw(t, "length"), min(offset.Draw(t, "offset"), 1<<11-1)
			block = append(block, byte(offset>>8<<5|(n-4)<<2|shortCopy), byte(offset))
			size += n
		case kind < 295:
			n, offset := rapid.IntRange(1, 64).Draw(t, "length"), min(offset.Draw(t, "offset"), 1<<16-1)
			block = append(block, byte((n-1)<<2|mediumCopy), byte(offset), byte(offset>>8))
			size += n
		case kind < 300:
			offset := size + rapid.IntRange(-1, 1).Draw(t, "from the beginning")
			block = append(block, mediumCopy|3<<2, byte(offset), byte(offset>>8))
			size += 4
		default:
			block = append(block, rapid.SliceOfN(rapid.Byte(), 1, 6).Draw(t, "any")...)
		}
	}
	plain(rapid.IntRange(1, 300).Draw(t, "last"))
	return block, size
}

// Elements are decoded alike many at a time and one by one, and no byte beyond either end is
// touched.
func TestFastDecodesAsSlow(t *testing.T) {
	tags := newTagTable()
	source, target := newFenced(t, 1<<17), newFenced(t, 1<<17)
	rapid.Check(t, func(t *rapid.T) {
		block, size := elements(t)
		size += rapid.SampledFrom([]int{0, 0, 0, -1, 1, 1000}).Draw(t, "off by")
		compareFast(t, source, target, block, size, tags)
	})
}

// FuzzFast does the same with any bytes.
func FuzzFast(f *testing.F) {
	for _, page := range pages() {
		page = page[:min(len(page), 2000)]
		for _, encode := range encoders {
			block := encode(nil, page)
			_, n := binary.Uvarint(block)
			f.Add(block[n:], len(page))
		}
	}
	tags := newTagTable()
	f.Fuzz(func(t *testing.T, block []byte, size int) {
		if size < 0 || size > 1<<17 || len(block) > 1<<17 {
			return
		}
		compareFast(t, newFenced(t, len(block)), newFenced(t, size), block, size, tags)
	})
}

type failer interface{ Fatalf(string, ...any) }

func compareFast(t failer, source, target fenced, block []byte, size int, tags *tagTable) {
	src, dst := source.last(len(block)), target.last(size)
	copy(src, block)
	clear(target)
	fast := decode(dst, src, 0, decodeFast, tags)
	want := make([]byte, size)
	slow := decode(want, src, 0, none, tags)
	if fast != slow {
		t.Fatalf("%x to %d bytes: %v many at a time, %v one by one", block, size, fast, slow)
	}
	if slow == nil && !bytes.Equal(dst, want) {
		t.Fatalf("%x to %d bytes: other bytes many at a time than one by one", block, size)
	}
	if before := target[:len(target)-size]; !bytes.Equal(before, make([]byte, len(before))) {
		t.Fatalf("%x to %d bytes: bytes before the first were written", block, size)
	}
}
