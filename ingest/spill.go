package ingest

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"
)

var errKeptRows = errors.New("rows that were kept aside on disk cannot be read again")

// spill is where workers leave tuples when they hold more than their share of the memory:
// a file that has no name any more once it is open, so that it goes with the process.
type spill struct {
	dir  string
	once sync.Once
	to   *dumpFile
	err  error
}

// leastDump is how much is put aside between two dumps.
const leastDump = 8 << 20

// overflow is what a visitor does when it holds more than its share.
type overflow struct {
	most int64 // bytes
	// next is what is held when it is time for the next dump: more than most where a dump
	// could free but little.
	next int64
	// file returns where to.
	file func() (*dumpFile, error)
}

// file returns the file, made at the first call.
func (s *spill) file() (*dumpFile, error) {
	s.once.Do(func() {
		f, err := os.CreateTemp(s.dir, "readout-rows-*")
		if err != nil {
			s.err = fmt.Errorf("keep rows aside on disk, for lack of memory: %w", err)
			return
		}
		// Some systems remove no open files; close does it there.
		os.Remove(f.Name())
		s.to = &dumpFile{file: f}
	})
	return s.to, s.err
}

func (s *spill) close() {
	if s.to != nil {
		s.to.file.Close()
		os.Remove(s.to.file.Name())
	}
}

// bytesHeld is the memory of a scatter's chunks.
func bytesHeld[T any](s *scatter[T]) int64 { return s.held * int64(unsafe.Sizeof(*new(T))) }

func (v *exposureVisitor) held() int64 { return bytesHeld(v.kept) + bytesHeld(v.segmented) }

func (v *conversionVisitor) held() int64 { return bytesHeld(v.events) + bytesHeld(v.values) }

// upperHalf returns the partition from which on there is half of what is held. When the
// memory is full, that half goes to disk, always the same as far as it goes: what is left
// at the end is then as much as there is room for, and the rest went to disk once.
func upperHalf[T any](s *scatter[T]) int {
	left := s.held / 2
	from := len(s.parts)
	for from > 0 && left > 0 {
		from--
		p := &s.parts[from]
		left -= int64(len(p.full)*chunkTuples + cap(p.open))
	}
	return from
}

// dumpAll writes all tuples to a file and keeps where they are.
func (v *exposureVisitor) dumpAll(to *dumpFile) error { return v.dump(to, 0, 0) }

func (v *exposureVisitor) dump(to *dumpFile, keptFrom, segmentedFrom int) error {
	kept, err := dumpScatter(to, v.kept, keptFrom)
	if err != nil {
		return err
	}
	v.keptDumps = append(v.keptDumps, kept)
	segmented, err := dumpScatter(to, v.segmented, segmentedFrom)
	v.segmentedDumps = append(v.segmentedDumps, segmented)
	return err
}

// relieve dumps the tuples if they take more memory than they may, in the middle of the row
// group of the order given.
func (v *exposureVisitor) relieve(order int64) error {
	if v.held() <= max(v.most, v.next) {
		return nil
	}
	to, err := v.file()
	if err != nil {
		return err
	}
	v.kept.endGroup(order)
	v.segmented.endGroup(order)
	err = v.dump(to, upperHalf(v.kept), upperHalf(v.segmented))
	v.next = v.held() + leastDump
	return err
}

func (v *conversionVisitor) dumpAll(to *dumpFile) error { return v.dump(to, 0, 0) }

func (v *conversionVisitor) dump(to *dumpFile, eventsFrom, valuesFrom int) error {
	events, err := dumpScatter(to, v.events, eventsFrom)
	if err != nil {
		return err
	}
	v.eventDumps = append(v.eventDumps, events)
	values, err := dumpScatter(to, v.values, valuesFrom)
	v.valueDumps = append(v.valueDumps, values)
	return err
}

func (v *conversionVisitor) relieve(order int64) error {
	if v.held() <= max(v.most, v.next) {
		return nil
	}
	to, err := v.file()
	if err != nil {
		return err
	}
	v.events.endGroup(order)
	v.values.endGroup(order)
	err = v.dump(to, upperHalf(v.events), upperHalf(v.values))
	v.next = v.held() + leastDump
	return err
}
