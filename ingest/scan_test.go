package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"readout/ingest/tables"
)

// groupCounter is a visitor that counts row groups.
type groupCounter struct{ groups int }

func (*groupCounter) skip(table, int) bool { return false }

func (*groupCounter) rows(*tables.Batch) error { return nil }

func (*groupCounter) relieve(int64) error { return nil }

func (v *groupCounter) end(int64) int64 { v.groups++; return 0 }

// oneByOne is a table with files of one row each; read is called for each of them.
func oneByOne(files int, fail error, read func()) source {
	var s source
	for i := range files {
		s.files = append(s.files, tables.File{Path: fmt.Sprint(i), Size: 10})
	}
	s.open = func(context.Context, tables.File) (table, error) {
		return &fakeTable{rows: fakeFile{{{}}}, fail: fail, batch: func([]fakeRow) *tables.Batch { read(); return new(tables.Batch) }}, nil
	}
	return s
}

// While the last file of a table is read, others go on to the next table. How far they have
// come is not told before the first is done.
func TestScansInTurn(t *testing.T) {
	const files = 5
	var told []string
	var mu sync.Mutex
	tell := func(step string) func(done, total int64) {
		return func(done, total int64) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprintf("%s %d of %d", step, done, total))
		}
	}
	ahead := make(chan struct{}, files)
	counters := []*groupCounter{{}, {}}
	first := newScan(t.Context(), oneByOne(1, nil, func() {
		for range files {
			<-ahead
		}
	}), []*groupCounter{{}, {}}, tell("first"))
	second := newScan(t.Context(), oneByOne(files, nil, func() { ahead <- struct{}{} }), counters, tell("second"))
	second.before = first
	if err := runScans(first, second); err != nil {
		t.Fatal(err)
	}
	if n := counters[0].groups + counters[1].groups; n != files {
		t.Errorf("%d of %d files were read", n, files)
	}
	if len(told) == 0 || told[0] != "first 10 of 10" || slices.Contains(told[1:], told[0]) {
		t.Errorf("told was %q", told)
	}
}

// When a table cannot be read, those who are at the next one already stop.
func TestScansStopAtTheFirstFault(t *testing.T) {
	fault := errors.New("damaged")
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	counters := []*groupCounter{{}, {}}
	first := newScan(t.Context(), oneByOne(1, fault, func() { <-begun }), []*groupCounter{{}, {}}, nil)
	var second *scan
	second = newScan(t.Context(), oneByOne(20, nil, func() {
		begin()
		for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
			second.mu.Lock()
			stopped := second.failed != nil
			second.mu.Unlock()
			if stopped {
				return
			}
		}
	}), counters, nil)
	if err := runScans(first, second); err != fault {
		t.Errorf("error %v, want %v", err, fault)
	}
	if n := counters[0].groups + counters[1].groups; n != 1 {
		t.Errorf("%d files of the second table were read, want the one that was begun", n)
	}
}
