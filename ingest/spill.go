package ingest

import (
	"fmt"
	"os"
	"sync"

	"readout/ingest/scatter"
)

// spill is where workers leave tuples when they hold more than their share of the memory:
// a file that has no name any more once it is open, so that it goes with the process.
type spill struct {
	dir  string
	once sync.Once
	open *os.File
	to   *scatter.File
	err  error
}

// overflow is what a visitor does when it holds more than its share.
type overflow struct {
	roomRules
	share  int64            // bytes
	beside *exposureVisitor // whose tuples count too; nil if there are none
	// next is what is held when it is time for the next dump: more than its share where a dump
	// could free but little.
	next int64
	// file returns where to.
	file func() (*scatter.File, error)
}

// file returns the file, made at the first call.
func (s *spill) file() (*scatter.File, error) {
	s.once.Do(func() {
		f, err := os.CreateTemp(s.dir, "readout-rows-*")
		if err != nil {
			s.err = fmt.Errorf("put rows aside on disk, for lack of memory: %w", err)
			return
		}
		// Some systems remove no open files; close does it there.
		os.Remove(f.Name())
		s.open, s.to = f, scatter.NewFile(f, false)
	})
	return s.to, s.err
}

func (s *spill) close() {
	if s.open != nil {
		s.open.Close()
		os.Remove(s.open.Name())
	}
}

// heldTuples is tuples of any kind.
type heldTuples interface {
	HeldBytes() int64
	EndGroup(order int64)
	DumpHalf(to *scatter.File) error
	DumpAll(to *scatter.File) error
}

// held is the memory of all tuples.
func held(tuples []heldTuples) int64 {
	n := int64(0)
	for _, t := range tuples {
		n += t.HeldBytes()
	}
	return n
}

// relieve dumps half of the tuples if they take more memory than they may, in the middle of
// the row group of the order given.
func (o *overflow) relieve(order int64, tuples []heldTuples) error {
	most := o.share
	if o.beside != nil {
		most = max(o.least, most-held(o.beside.tuples()))
	}
	if held(tuples) <= max(most, o.next) {
		return nil
	}
	to, err := o.file()
	if err != nil {
		return err
	}
	for _, t := range tuples {
		t.EndGroup(order)
		if err := t.DumpHalf(to); err != nil {
			return err
		}
	}
	o.next = held(tuples) + o.dump
	return nil
}

func (v *exposureVisitor) tuples() []heldTuples { return []heldTuples{v.kept, v.segmented, v.unknown} }

func (v *exposureVisitor) relieve(order int64) error { return v.overflow.relieve(order, v.tuples()) }

func (v *conversionVisitor) tuples() []heldTuples { return []heldTuples{v.events, v.values} }

func (v *conversionVisitor) relieve(order int64) error { return v.overflow.relieve(order, v.tuples()) }
