package exposurelog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"readout/decision"
	"readout/decision/sticky"
	"readout/internal/exposure"
)

var background = context.Background()

// lateEvening is 23:30 in Berlin, in winter.
var lateEvening = time.Date(2026, 1, 10, 22, 30, 0, 123_456_000, time.UTC)

var columns = exposure.Columns{
	User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp", Segments: []string{"country", "device"},
}

// newStore returns a store in memory.
func newStore(t *testing.T) decision.Store {
	t.Helper()
	s, err := sticky.OpenPebble("decisions", sticky.PebbleOptions{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newLog returns a log to a folder, which tests may change.
func newLog(t *testing.T, s decision.Store) (*Log, *Target) {
	t.Helper()
	target := &Target{Dir: filepath.Join(t.TempDir(), "exposures"), Columns: columns, Location: time.UTC}
	return &Log{Store: s, Target: func() (Target, error) { return *target, nil }}, target
}

// expose queues an exposure whose segments are pairs of name and value.
func expose(t *testing.T, s decision.Store, id string, at time.Time, segments ...string) {
	t.Helper()
	e := decision.Exposure{Row: exposure.Row{User: id, Experiment: "button", Variant: "big", Time: at}}
	for i := 0; i < len(segments); i += 2 {
		e.Columns, e.Segments = append(e.Columns, segments[i]), append(e.Segments, segments[i+1])
	}
	lost, err := s.Commit(background, []decision.Change{{
		Experiment: "button", ID: id, After: decision.Assignment{Variant: "big", At: at, Exposed: true}, Exposure: &e,
	}})
	if err != nil || len(lost) > 0 {
		t.Fatalf("lost %v, error %v", lost, err)
	}
}

// flush flushes and checks how much was written.
func flush(t *testing.T, l *Log, wantRows, wantFiles int) {
	t.Helper()
	rows, files, err := l.Flush(background)
	if err != nil || rows != wantRows || files != wantFiles {
		t.Fatalf("flushed %d rows in %d files, error %v; want %d in %d", rows, files, err, wantRows, wantFiles)
	}
}

// read returns what is in a folder: by date, a line per row in the order of the queue.
func read(t *testing.T, dir string) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !strings.HasSuffix(path, ".parquet") || !strings.HasPrefix(filepath.Base(path), "part-") {
			t.Errorf("unexpected file %s", path)
			continue
		}
		date := filepath.Base(filepath.Dir(path))
		out[date] = append(out[date], lines(t, path)...)
	}
	return out
}

// lines returns the rows of a file, with the names of the columns.
func lines(t *testing.T, path string) (out []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	r := parquet.NewReader(f)
	defer r.Close()
	buffer := make([]parquet.Row, 1)
	for {
		n, err := r.ReadRows(buffer)
		for _, row := range buffer[:n] {
			var cells []string
			for i, v := range row {
				if !v.IsNull() {
					cells = append(cells, f.Schema().Columns()[i][0]+"="+v.String())
				}
			}
			out = append(out, strings.Join(cells, " "))
		}
		if err != nil {
			return out
		}
	}
}

func line(id, micro, segments string) string {
	return strings.TrimSpace("user_id=" + id + " experiment=button variant=big timestamp=" + micro + " " + segments)
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// TestFlush: rows go to the date that it is in the zone of the project, in files of at most
// so many rows, with their segments under their names.
func TestFlush(t *testing.T) {
	s := newStore(t)
	l, target := newLog(t, s)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	target.Location = berlin
	flush(t, l, 0, 0)
	if _, err := os.Stat(target.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing to write made a folder: %v", err)
	}
	expose(t, s, "u1", lateEvening, "device", "mobile", "country", "DE")
	expose(t, s, "u2", lateEvening.Add(time.Hour), "device", "desktop", "country", "")
	expose(t, s, "ü3", lateEvening, "browser", "old", "country", "A\xffT")
	l.Rows = 2
	flush(t, l, 3, 3)
	got := read(t, target.Dir)
	// Names of files are random, and so is the order of the two of one date.
	if first := got["date=2026-01-10"]; len(first) == 2 && strings.HasPrefix(first[0], "user_id=ü3") {
		first[0], first[1] = first[1], first[0]
	}
	same(t, "rows", map[string][]string{
		"date=2026-01-10": {line("u1", "1768084200123456", "country=DE device=mobile"), line("ü3", "1768084200123456", "country=A\uFFFDT")},
		"date=2026-01-11": {line("u2", "1768087800123456", "device=desktop")},
	}, got)
	flush(t, l, 0, 0)
	if n, err := s.Queued(background); n != 0 || err != nil {
		t.Errorf("%d queued, error %v", n, err)
	}
}

// TestColumnsChange: what was queued before the columns changed is written with those of
// now, each segment under its own name.
func TestColumnsChange(t *testing.T) {
	s := newStore(t)
	l, target := newLog(t, s)
	expose(t, s, "u1", lateEvening, "country", "DE", "device", "mobile")
	target.Columns.Segments = []string{"browser", "device", "plan"}
	target.Columns.User = "visitor"
	flush(t, l, 1, 1)
	same(t, "rows", map[string][]string{
		"date=2026-01-10": {"visitor=u1 experiment=button variant=big timestamp=1768084200123456 device=mobile"},
	}, read(t, target.Dir))
}

// stubborn is a store whose batches are not done while it says so.
type stubborn struct {
	decision.Store
	err error
}

func (s *stubborn) Done(ctx context.Context, name string) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.Done(ctx, name)
}

// busy is a store that gets another exposure whenever a batch is done.
type busy struct {
	decision.Store
	done func()
}

func (s *busy) Done(ctx context.Context, name string) error {
	defer s.done()
	return s.Store.Done(ctx, name)
}

// TestSteadyLoad: what is queued during a flush is left to the next one.
func TestSteadyLoad(t *testing.T) {
	s := newStore(t)
	next := 0
	add := func() {
		expose(t, s, fmt.Sprint("u", next), lateEvening)
		next++
	}
	l, _ := newLog(t, &busy{s, add})
	add()
	flush(t, l, 1, 1)
	add()
	flush(t, l, 2, 1)
	l.Rows = 1
	add()
	flush(t, l, 2, 2)
}

// TestWrittenTwice: a batch that was written and could not be taken out of the queue is
// written over, also when the zone of the dates has changed and whatever an end in the middle
// of a write has left behind.
func TestWrittenTwice(t *testing.T) {
	s := &stubborn{Store: newStore(t), err: errors.New("no")}
	l, target := newLog(t, s)
	expose(t, s, "u1", lateEvening, "device", "mobile")
	expose(t, s, "u2", lateEvening.Add(-12*time.Hour))
	if rows, files, err := l.Flush(background); !errors.Is(err, s.err) || rows != 0 || files != 0 {
		t.Fatalf("flushed %d rows in %d files, error %v", rows, files, err)
	}
	paths, err := filepath.Glob(filepath.Join(target.Dir, "*", "*"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("files %v, error %v", paths, err)
	}
	dir, part := filepath.Split(paths[0])
	unfinished := filepath.Join(dir, "."+part+".123.readout-tmp")
	if err := os.WriteFile(unfinished, []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	others := filepath.Join(dir, "part-other.parquet")
	if err := os.WriteFile(others, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	// Files and folders of other names are none of the log's.
	elsewhere := filepath.Join(target.Dir, "old")
	if err := os.Mkdir(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	notes, kept := filepath.Join(target.Dir, "date=notes.txt"), filepath.Join(elsewhere, part)
	for _, path := range []string{notes, kept} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.err = nil
	target.Location = time.FixedZone("UTC+14", 14*60*60)
	flush(t, l, 2, 1)
	for _, path := range []string{others, notes, kept, elsewhere} {
		if err := os.Remove(path); err != nil {
			t.Errorf("what others wrote: %v", err)
		}
	}
	same(t, "rows", map[string][]string{
		"date=2026-01-11": {line("u1", "1768084200123456", "device=mobile"), line("u2", "1768041000123456", "")},
	}, read(t, target.Dir))
	if _, err := os.Stat(unfinished); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the unfinished file is still there: %v", err)
	}
}

// TestCannotWrite: rows stay queued while they cannot be written.
func TestCannotWrite(t *testing.T) {
	s := newStore(t)
	l, target := newLog(t, s)
	if err := os.WriteFile(target.Dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	expose(t, s, "u1", lateEvening)
	for range 2 {
		rows, files, err := l.Flush(background)
		if err == nil || !strings.HasPrefix(err.Error(), "exposures stay queued: ") || rows != 0 || files != 0 {
			t.Fatalf("flushed %d rows in %d files, error %v", rows, files, err)
		}
		if n, err := s.Queued(background); n != 1 || err != nil {
			t.Fatalf("%d queued, error %v", n, err)
		}
	}
	if err := os.Remove(target.Dir); err != nil {
		t.Fatal(err)
	}
	flush(t, l, 1, 1)
	same(t, "rows", map[string][]string{"date=2026-01-10": {line("u1", "1768084200123456", "")}}, read(t, target.Dir))
}

// TestNoTarget: while nobody knows where to write, exposures stay queued, and the reason is told.
func TestNoTarget(t *testing.T) {
	s := newStore(t)
	l, _ := newLog(t, s)
	known := l.Target
	l.Target = func() (Target, error) { return Target{}, errors.New("no folder") }
	expose(t, s, "u-1", lateEvening)
	if rows, files, err := l.Flush(background); rows != 0 || files != 0 || err == nil || err.Error() != "exposures stay queued: no folder" {
		t.Errorf("%d rows, %d files, error %v", rows, files, err)
	}
	l.Target = known
	flush(t, l, 1, 1)
}

// TestRun: files are written when enough is queued, when the time has come, at a signal and
// at the end.
func TestRun(t *testing.T) {
	s := newStore(t)
	l, target := newLog(t, s)
	l.Rows = 3
	type report struct {
		rows, files int
		failed      bool
	}
	start := func(every time.Duration) (signals chan os.Signal, reports chan report, stop func()) {
		ctx, cancel := context.WithCancel(background)
		signals, reports = make(chan os.Signal, 1), make(chan report, 10)
		ended := make(chan struct{})
		go func() {
			l.Run(ctx, every, signals, func(rows, files int, err error) { reports <- report{rows, files, err != nil} })
			close(ended)
		}()
		return signals, reports, func() { cancel(); <-ended }
	}
	next := 0
	queue := func(n int) {
		t.Helper()
		for range n {
			expose(t, s, fmt.Sprint("u", next), lateEvening)
			next++
		}
	}
	want := func(what string, reports chan report, want report) {
		t.Helper()
		select {
		case got := <-reports:
			if got != want {
				t.Errorf("%s: %+v, want %+v", what, got, want)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: nothing was written", what)
		}
	}

	signals, reports, stop := start(time.Hour)
	queue(2)
	signals <- syscall.SIGHUP
	want("signal", reports, report{2, 1, false})
	queue(4)
	want("enough", reports, report{4, 2, false})
	queue(1)
	stop()
	want("end", reports, report{1, 1, false})

	_, reports, stop = start(20 * time.Millisecond)
	queue(1)
	want("time", reports, report{1, 1, false})
	good := target.Dir
	target.Dir = filepath.Join(good, "file")
	stop()

	if err := os.WriteFile(target.Dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, reports, stop = start(20 * time.Millisecond)
	queue(1)
	want("failure", reports, report{0, 0, true})
	stop()
	if err := os.Remove(target.Dir); err != nil {
		t.Fatal(err)
	}
	target.Dir = good
	flush(t, l, 1, 1)
	if got := len(read(t, good)["date=2026-01-10"]); got != next {
		t.Errorf("%d rows, want %d", got, next)
	}
}

// named is a store whose batches have a name that somebody else gave.
type named struct {
	decision.Store
	name string
}

func (n named) Batch(ctx context.Context, limit int) (string, []decision.Exposure, error) {
	_, rows, err := n.Store.Batch(ctx, limit)
	return n.name, rows, err
}

// TestNamesOfBatchesAreNoPaths: a store may be shared, and what writes to it must not say where
// files go.
func TestNamesOfBatchesAreNoPaths(t *testing.T) {
	s := newStore(t)
	expose(t, s, "u", lateEvening)
	for _, name := range []string{"../../out", "/out", "a/b"} {
		l, target := newLog(t, named{s, name})
		if _, _, err := l.Flush(background); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("%s: error %v", name, err)
		}
		if files, err := filepath.Glob(filepath.Join(target.Dir, "..", "*")); err != nil || len(files) > 0 {
			t.Errorf("%s: %v is there, error %v", name, files, err)
		}
	}
}
