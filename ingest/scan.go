package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"readout/ingest/tables"
)

// table is an open file of a table, as the scan sees it.
type table interface {
	RowGroups() int
	NumRows(g int) int64
	// Size is the bytes of the wanted columns of a row group.
	Size(g int) int64
	// TimeRange returns bounds of the times in a row group, if there are any that can be
	// trusted; exact says that they are the earliest and the latest time themselves.
	TimeRange(g int) (lo, hi int64, exact, ok bool)
	// DateOnly reports whether times are dates, as far as is known yet.
	DateOnly() bool
	// WallClock reports whether times are without a zone, as far as is known yet.
	WallClock() bool
	Read(g int) rowSource
	Close() error
}

// rowSource hands out the rows of a row group in batches.
type rowSource interface {
	Next(*tables.Batch) (bool, error)
	Close() error
}

// groupVisitor takes in row groups, one after the other. Each worker of a scan has its own.
type groupVisitor interface {
	// skip reports whether a row group need not be read.
	skip(t table, g int) bool
	rows(b *tables.Batch) error
	// relieve may be called within a row group, of the order given: it brings what is held in
	// memory below its bound.
	relieve(order int64) error
	// end ends the row group, whose place among all is order, and returns its earliest time:
	// noTime if its rows have none, latestTime if it has no rows.
	end(order int64) int64
}

// scan reads all row groups of a table's files, each by one of several workers. Files are
// begun in path order, and row groups of begun files go first, so that few files are open.
type scan struct {
	ctx      context.Context
	visitors []groupVisitor // by worker
	before   *scan          // whose progress comes first; nil if there is none
	after    func()         // called by the last worker when all has been read; nil if there is none
	working  atomic.Int32   // workers that may still have something to do
	files    []tables.File
	open     func(context.Context, tables.File) (table, error)
	progress func(done, total int64)

	mu       sync.Mutex
	changed  *sync.Cond
	begun    int // files
	opening  int
	waiting  []rowGroup // in path order
	earliest []int64    // time of each file
	read     int64      // bytes
	total    int64
	unclosed []*scannedFile
	failed   error
	failedAt int64 // order of the row group that failed
}

// scannedFile is a file being read.
type scannedFile struct {
	table
	index   int
	left    int   // row groups not yet done
	wanted  int64 // bytes of all wanted columns
	unheard int64 // bytes of the file that progress has not been told of
}

type rowGroup struct {
	file *scannedFile
	g    int
}

func (r rowGroup) order() int64 { return int64(r.file.index)<<32 | int64(r.g) }

// newScan makes the scan of a table with one worker per visitor.
func newScan[V groupVisitor](ctx context.Context, src source, visitors []V, progress func(done, total int64)) *scan {
	s := &scan{ctx: ctx, files: src.files, open: src.open, progress: progress}
	for _, v := range visitors {
		s.visitors = append(s.visitors, v)
	}
	s.working.Store(int32(len(visitors)))
	s.changed = sync.NewCond(&s.mu)
	s.earliest = make([]int64, len(s.files))
	for i, f := range s.files {
		s.earliest[i] = latestTime
		s.total += f.Size
	}
	return s
}

// runScans reads tables in turn, all with as many workers. A worker who finds nothing left to
// do in one goes on to the next while others finish it. The error is that of the first
// table that has failed.
func runScans(scans ...*scan) error {
	var workers sync.WaitGroup
	for worker := range scans[0].visitors {
		workers.Go(func() {
			for i, s := range scans {
				if !s.work(s.visitors[worker]) {
					for _, later := range scans[i+1:] {
						later.stop()
					}
				} else if s.working.Add(-1) == 0 && s.after != nil {
					s.after()
				}
			}
		})
	}
	workers.Wait()
	for _, s := range scans {
		for len(s.unclosed) > 0 {
			s.finish(s.unclosed[0])
		}
	}
	for _, s := range scans {
		if s.failed != nil {
			return s.failed
		}
	}
	for _, s := range scans {
		// One that was read to its end before the one before it was has told nobody.
		if s.before != nil && s.progress != nil {
			s.progress(s.read, s.total)
		}
	}
	return nil
}

var errStopped = errors.New("what was read before has failed")

// stop lets a scan end whose results nobody wants any more.
func (s *scan) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(0, errStopped)
}

// work takes row groups until none is left, and reports whether all went well.
func (s *scan) work(v groupVisitor) bool {
	b := new(tables.Batch)
	for {
		r, err := s.take()
		if r.file == nil {
			return err == nil
		}
		err = s.visit(v, r, b)
		s.ended(r, v.end(r.order()), err)
	}
}

// take returns the next row group to read, opening a file if need be; none when there
// are no more, or the scan has failed with the error.
func (s *scan) take() (rowGroup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.failed == nil {
		switch {
		case len(s.waiting) > 0:
			r := s.waiting[0]
			s.waiting = s.waiting[1:]
			return r, nil
		case s.begun < len(s.files):
			s.begin()
		case s.opening > 0:
			s.changed.Wait()
		default:
			return rowGroup{}, nil
		}
	}
	return rowGroup{}, s.failed
}

// begin opens the next file. The lock is held on entry and on return, but not in between.
func (s *scan) begin() {
	index := s.begun
	s.begun++
	s.opening++
	s.mu.Unlock()
	f, err := s.openFile(index)
	s.mu.Lock()
	s.opening--
	s.changed.Broadcast()
	if err != nil {
		s.fail(int64(index)<<32, err)
		return
	}
	s.unclosed = append(s.unclosed, f)
	if f.left == 0 {
		s.finish(f)
		return
	}
	for g := range f.left {
		s.waiting = append(s.waiting, rowGroup{f, g})
	}
	slices.SortFunc(s.waiting, func(a, b rowGroup) int { return cmp.Compare(a.order(), b.order()) })
}

// openFile opens a file by its place.
func (s *scan) openFile(index int) (*scannedFile, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.files[index].Path, err)
	}
	t, err := s.open(s.ctx, s.files[index])
	if err != nil {
		return nil, err
	}
	f := &scannedFile{table: t, index: index, left: t.RowGroups(), unheard: s.files[index].Size}
	for g := range f.left {
		f.wanted += t.Size(g)
	}
	return f, nil
}

// visit lets a visitor take in a row group.
func (s *scan) visit(v groupVisitor, r rowGroup, b *tables.Batch) error {
	if v.skip(r.file, r.g) {
		return nil
	}
	rows := r.file.Read(r.g)
	defer rows.Close()
	for {
		if err := s.ctx.Err(); err != nil {
			return fmt.Errorf("read %s: %w", s.files[r.file.index].Path, err)
		}
		more, err := rows.Next(b)
		if err != nil || !more {
			return err
		}
		if err := v.rows(b); err != nil {
			return fmt.Errorf("read %s: %w", s.files[r.file.index].Path, err)
		}
		if err := v.relieve(r.order()); err != nil {
			return err
		}
	}
}

// done reports whether all has been read.
func (s *scan) done() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read == s.total
}

// ended notes that a row group has been read, or why not.
func (s *scan) ended(r rowGroup, earliest int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := r.file
	s.earliest[f.index] = min(s.earliest[f.index], earliest)
	if err != nil {
		s.fail(r.order(), err)
		return
	}
	if f.left--; f.left == 0 {
		s.finish(f)
		return
	}
	share := float64(f.Size(r.g)) / float64(max(f.wanted, 1))
	s.advance(f, int64(share*float64(s.files[f.index].Size)))
}

// advance tells progress of so many more bytes of a file, no more than it has. The lock is held.
func (s *scan) advance(f *scannedFile, bytes int64) {
	bytes = min(bytes, f.unheard)
	f.unheard -= bytes
	s.read += bytes
	if s.progress != nil && (s.before == nil || s.before.done()) {
		s.progress(s.read, s.total)
	}
}

// fail keeps the error of what comes first in path order; what is under way ends by itself.
func (s *scan) fail(order int64, err error) {
	if s.failed == nil || order < s.failedAt {
		s.failed, s.failedAt = err, order
	}
}

// finish closes a file of which nothing more will be read.
func (s *scan) finish(f *scannedFile) {
	s.unclosed = slices.DeleteFunc(s.unclosed, func(o *scannedFile) bool { return o == f })
	if err := f.Close(); err != nil {
		s.fail(int64(f.index)<<32, err)
	}
	if s.failed == nil {
		s.advance(f, f.unheard)
	}
}
