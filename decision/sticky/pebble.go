package sticky

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"readout/decision"
)

// The key spaces of the database.
const (
	keyRecord = 'a' // id → record
	keyQueue  = 'q' // number of 8 bytes, big-endian → exposure
	keyBatch  = 'b' // the batch under way: its first number, the one after its last, its name
)

const (
	// storeFormat is the format of the database. A newer one is taken on purpose: no older version of
	// the service opens a store that was raised to it.
	storeFormat = pebble.FormatValueSeparation

	pebbleCache    = 64 << 20
	pebbleMemTable = 16 << 20
	// syncEvery is the least time between two syncs of the log: under load more changes then
	// share one, and a change alone does not wait.
	syncEvery = 500 * time.Microsecond
	// filterBits is the size of the filters of tables per key: with 10, one read in a hundred
	// of a visitor never seen looks at a table in vain.
	filterBits = 10
	// minFree is how much room the disk must have for changes to be taken: enough for the
	// database to put its own house in order.
	minFree = 64 << 20
	// checkFree is how often that is looked at.
	checkFree = time.Second
	// retryPause is how long the database waits before it tries again to write a table.
	retryPause = 500 * time.Millisecond
	// failedFor is how long changes are refused after it could not: longer than a pause and the
	// next try.
	failedFor = 2 * time.Second
	// stripes is how many locks visitors share: with 32 changes under way, one question in 32
	// waits for a change of somebody else.
	stripes = 1024
)

// ErrDiskFull says that changes are refused until there is room again.
var ErrDiskFull = errors.New("the disk of the decision store is full: free some space; visitors of whom nothing new has to be remembered are still served")

// ErrDamaged says that files of the store are not as they were written: opening it again does
// not help.
var ErrDamaged = errors.New("its files are damaged on the disk: bring back a copy of the directory, or delete it, and everybody is drawn again")

// Pebble is a store in a directory of this machine, for one process.
type Pebble struct {
	db   *pebble.DB
	dir  string
	fs   vfs.FS
	now  func() time.Time
	seed maphash.Seed

	// locks of visitors, by hash of the id: of writers until a change is durable. The database
	// shows a change to readers before it is, and they must not answer from it.
	locks [stripes]sync.RWMutex
	// commits is held by changes under way, and taken whole to see the end of the queue.
	commits sync.RWMutex
	next    atomic.Uint64 // number of the next exposure
	queued  atomic.Int64
	batch   sync.Mutex

	checked atomic.Int64 // when the room on the disk was looked at, in nanoseconds
	full    atomic.Bool
	failed  atomic.Int64 // when a table could not be written, in nanoseconds; 0 since one was
}

// PebbleOptions says how a store is opened. The zero value is for the disk.
type PebbleOptions struct {
	// FS is the file system, the disk's when nil.
	FS vfs.FS
	// Now is the clock, time.Now when nil.
	Now func() time.Time
	// Fatal is called with what broke the database beyond repair, and must end the process:
	// what was answered is safe, and opening the store again repairs it, unless the error is
	// [ErrDamaged]. It panics when nil.
	Fatal func(error)
	// Warn is called with what the database complains about; nothing when nil.
	Warn func(string)
}

// OpenPebble opens the store in a directory, which it makes when there is none. A second
// process is refused.
func OpenPebble(dir string, o PebbleOptions) (*Pebble, error) {
	s := &Pebble{dir: dir, fs: o.FS, now: o.Now, seed: maphash.MakeSeed()}
	if s.fs == nil {
		s.fs = vfs.Default
	}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.open(o); err != nil {
		return nil, fmt.Errorf("open decision store %s: %w", dir, openFault(err))
	}
	return s, nil
}

// openFault returns why the database did not open, with what to do.
func openFault(err error) error {
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return errors.New("another process has it open")
	case pebble.IsCorruptionError(err):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: run the service as the user to whom the directory and its files belong", err)
	case strings.Contains(err.Error(), "unknown format major version"):
		return fmt.Errorf("a later version of the service has written it: run that version: %w", err)
	}
	return err
}

// open opens the database and finds the end of the queue.
func (s *Pebble) open(o PebbleOptions) error {
	log := logger{o.Fatal, o.Warn}
	cache := pebble.NewCache(pebbleCache)
	defer cache.Unref()
	options := &pebble.Options{
		FS: s.fs, Cache: cache, MemTableSize: pebbleMemTable,
		FormatMajorVersion: storeFormat,
		WALMinSyncInterval: func() time.Duration { return syncEvery },
		Logger:             log,
	}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(filterBits)
	}
	options.EventListener = &pebble.EventListener{
		DataCorruption: func(found pebble.DataCorruptionInfo) {
			// Its bounds are ids of visitors.
			log.end(fmt.Errorf("decision store: %w: %s: %w", ErrDamaged, found.Path, found.Details))
		},
		BackgroundError: func(err error) {
			log.Errorf("background error: %s", err)
			s.failed.Store(s.now().UnixNano())
			// The database tries again at once and without end, with a warning each time.
			time.Sleep(retryPause)
		},
		FlushEnd: func(flush pebble.FlushInfo) {
			if flush.Err == nil {
				s.failed.Store(0)
			}
		},
	}
	var err error
	if s.db, err = pebble.Open(s.dir, options); err != nil {
		return err
	}
	if err := s.count(); err != nil {
		return errors.Join(err, s.db.Close())
	}
	return nil
}

// lock returns the lock of a visitor.
func (s *Pebble) lock(id string) *sync.RWMutex { return &s.locks[maphash.String(s.seed, id)%stripes] }

// Get implements [decision.Store].
func (s *Pebble) Get(_ context.Context, id string, experiments []string, into []decision.Assignment) error {
	clear(into)
	lock := s.lock(id)
	lock.RLock()
	defer lock.RUnlock()
	value, closer, err := s.db.Get(recordKey(id))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read decision store: %w", err)
	}
	if err := errors.Join(record(value).get(experiments, into), closer.Close()); err != nil {
		return fmt.Errorf("read decision store: %w", err)
	}
	return nil
}

// Commit implements [decision.Store]. The write-ahead log is synced once for all changes
// that come together.
func (s *Pebble) Commit(_ context.Context, changes []decision.Change) (lost []int, err error) {
	if s.diskFull() {
		return nil, ErrDiskFull
	}
	if s.failing() {
		return nil, ErrTables
	}
	return commitByVisitor(changes, s.commit)
}

// commit makes the changes of one visitor durable.
func (s *Pebble) commit(changes []decision.Change) (lost []int, err error) {
	id := changes[0].ID
	lock := s.lock(id)
	lock.Lock()
	defer lock.Unlock()
	key := recordKey(id)
	stored, err := s.get(key)
	if err != nil {
		return nil, err
	}
	after, lost, err := record(stored).change(changes)
	if err != nil || len(lost) > 0 {
		return lost, err
	}
	s.commits.RLock()
	defer s.commits.RUnlock()
	batch := s.db.NewBatch()
	defer batch.Close()
	if err := batch.Set(key, after, nil); err != nil {
		return nil, err
	}
	rows := int64(0)
	for i := range changes {
		if changes[i].Exposure == nil {
			continue
		}
		if err := batch.Set(queueKey(s.next.Add(1)-1), appendRow(nil, changes[i].Exposure), nil); err != nil {
			return nil, err
		}
		rows++
	}
	if err := batch.Commit(pebble.Sync); err != nil {
		return nil, err
	}
	s.queued.Add(rows)
	return nil, nil
}

// Close implements [decision.Store].
func (s *Pebble) Close() error { return s.db.Close() }

// diskFull reports whether the disk has next to no room left.
func (s *Pebble) diskFull() bool {
	now := s.now().UnixNano()
	checked := s.checked.Load()
	// A clock that was set back counts as time passed.
	if age := now - checked; age >= 0 && age < int64(checkFree) || !s.checked.CompareAndSwap(checked, now) {
		return s.full.Load()
	}
	usage, err := s.fs.GetDiskUsage(s.dir)
	s.full.Store(err == nil && usage.AvailBytes < minFree)
	return s.full.Load()
}

// get returns a copy of a value, nil where there is none.
func (s *Pebble) get(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := append([]byte{}, value...)
	return out, closer.Close()
}

func recordKey(id string) []byte {
	key := make([]byte, 0, 64)
	return append(append(key, keyRecord), id...)
}

// logger passes on what the database says.
type logger struct {
	fatal func(error)
	warn  func(string)
}

func (l logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	if l.warn != nil {
		l.warn(fmt.Sprintf(format, args...))
	}
}

func (l logger) Fatalf(format string, args ...any) {
	l.end(fmt.Errorf("decision store: "+format, args...))
}

// end passes on what the process must end with.
func (l logger) end(err error) {
	if l.fatal != nil {
		l.fatal(err)
	}
	// The database must not go on.
	panic(err)
}

// ErrTables says that changes are refused until the database can write its tables again.
var ErrTables = errors.New("the decision store cannot write its tables, for the reason that its warnings name; visitors of whom nothing new has to be remembered are still served")

// failing reports whether the database could not write a table a moment ago. It takes changes all
// the same, until there is no room for them in its memory: then they wait without end.
func (s *Pebble) failing() bool {
	age := s.now().UnixNano() - s.failed.Load()
	return age >= 0 && age < int64(failedFor)
}
