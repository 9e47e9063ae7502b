package sticky

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"readout/decision"
	"readout/internal/redistest"
)

// roomFS says how much room there is, and which calls find how much.
type roomFS struct {
	vfs.FS
	room  atomic.Uint64
	looks atomic.Int64
}

func (f *roomFS) GetDiskUsage(string) (vfs.DiskUsage, error) {
	f.looks.Add(1)
	return vfs.DiskUsage{AvailBytes: f.room.Load()}, nil
}

// TestDiskFull: changes are refused while there is next to no room, reads go on, and changes
// are taken again once there is room. The clock may jump meanwhile.
func TestDiskFull(t *testing.T) {
	fs := &roomFS{FS: vfs.NewMem()}
	fs.room.Store(minFree)
	now := noon
	s, err := OpenPebble("decisions", PebbleOptions{FS: fs, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	fs.looks.Store(0)
	try := func(id string, wantFull bool) {
		t.Helper()
		_, err := s.Commit(background, []decision.Change{first("a", id, "big")})
		if errors.Is(err, ErrDiskFull) != wantFull || err != nil && !wantFull {
			t.Fatalf("%s: error %v, want full: %v", id, err, wantFull)
		}
		same(t, id, wantFull, get(t, s, id, "a")[0].Equal(decision.Assignment{}))
	}
	step := func(d time.Duration, room uint64) {
		now = now.Add(d)
		fs.room.Store(room)
	}
	try("u1", false)
	step(checkFree-1, minFree-1)
	try("u2", false) // was looked at less than a second ago
	step(1, minFree-1)
	try("u3", true)
	step(time.Second, minFree)
	try("u3", false)
	step(-24*time.Hour, 0)
	try("u4", true) // a clock that was set back looks again
	step(0, minFree)
	try("u4", true)
	step(time.Second, minFree)
	try("u4", false)
	step(100*365*24*time.Hour, 0)
	try("u5", true)
	same(t, "a visitor from before", []decision.Assignment{assigned("big")}, get(t, s, "u1", "a"))
	if n := fs.looks.Load(); n != 6 {
		t.Errorf("looked %d times", n)
	}
	// What is queued can be written and removed on a full disk.
	name, rows := nextBatch(t, s, 10, 4)
	if len(rows) != 4 {
		t.Errorf("%d rows", len(rows))
	}
	done(t, s, name)
}

// TestFormatOfALaterVersion: a store of a later version is left alone, with what to do.
func TestFormatOfALaterVersion(t *testing.T) {
	fs := vfs.NewMem()
	open := func() (*Pebble, error) { return OpenPebble("decisions", PebbleOptions{FS: fs}) }
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.db.FormatMajorVersion(); got != storeFormat {
		t.Errorf("a new store has format %d", got)
	}
	closeStore(t, s)
	marker := fileOf(t, fs, "marker.format-version.")
	if err := fs.Rename(marker, marker[:len(marker)-len("024")]+"999"); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "open decision store decisions: a later version of the service has written it: run that version") {
		t.Error(err)
	}
}

// TestDamaged: a table that was damaged on the disk ends the process with what to do, and without
// ids of visitors. A damaged manifest is found at the start.
func TestDamaged(t *testing.T) {
	fs := vfs.NewMem()
	open := func(fatal func(error)) (*Pebble, error) {
		return OpenPebble("decisions", PebbleOptions{FS: fs, Fatal: fatal})
	}
	s, err := open(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		commit(t, s, first("a", fmt.Sprintf("visitor-%d", i), "big"))
	}
	closeStore(t, s)
	manifest := fileOf(t, fs, "MANIFEST-")
	whole := spoil(t, fs, manifest)
	if _, err := open(nil); !errors.Is(err, ErrDamaged) {
		t.Fatalf("a damaged manifest: %v", err)
	}
	rewrite(t, fs, manifest, whole)
	// This start makes a table of the log.
	if s, err = open(nil); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	spoil(t, fs, fileOf(t, fs, ".sst"))
	died := make(chan error, 1)
	go func() {
		s, err := open(func(err error) {
			died <- err
			// As the end of the process: this call never returns.
			select {}
		})
		if err == nil {
			var into [1]decision.Assignment
			err = s.Get(background, "visitor-50", []string{"a"}, into[:])
		}
		died <- err
	}()
	select {
	case err := <-died:
		if !errors.Is(err, ErrDamaged) || strings.Contains(err.Error(), "visitor-") {
			t.Errorf("the process ends with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the process was not told to end")
	}
}

// fileOf returns the path of the largest file of the store with a part in its name.
func fileOf(t *testing.T, fs vfs.FS, part string) string {
	t.Helper()
	names, err := fs.List("decisions")
	if err != nil {
		t.Fatal(err)
	}
	found, most := "", int64(-1)
	for _, name := range names {
		path := fs.PathJoin("decisions", name)
		info, err := fs.Stat(path)
		if err == nil && strings.Contains(name, part) && info.Size() > most {
			found, most = path, info.Size()
		}
	}
	if found == "" {
		t.Fatalf("no file %s among %q", part, names)
	}
	return found
}

// spoil changes a byte in the first third of a file, and returns what the file was.
func spoil(t *testing.T, fs vfs.FS, path string) []byte {
	t.Helper()
	file, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(whole)
	damaged[len(damaged)/3] ^= 0xff
	rewrite(t, fs, path, damaged)
	return whole
}

func rewrite(t *testing.T, fs vfs.FS, path string, data []byte) {
	t.Helper()
	file, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestWriteFails: when the log of the database cannot be written, the process is told to end
// and nothing is answered; what was answered before is there at the next start.
func TestWriteFails(t *testing.T) {
	var broken errorfs.Toggle
	broken.Injector = errorfs.InjectorFunc(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".log") && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return &os.PathError{Op: "write", Path: op.Path, Err: syscall.ENOSPC}
		}
		return nil
	})
	fs := vfs.NewCrashableMem()
	died := make(chan error, 1)
	s, err := OpenPebble("decisions", PebbleOptions{FS: errorfs.Wrap(fs, &broken), Fatal: func(err error) {
		died <- err
		// As the end of the process: this call never returns.
		select {}
	}})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, s, first("a", "before", "big"))
	broken.On()
	answered := make(chan struct{})
	go func() {
		if _, err := s.Commit(background, []decision.Change{first("a", "after", "big")}); err == nil {
			close(answered)
		}
	}()
	select {
	case err := <-died:
		if !errors.Is(err, syscall.ENOSPC) && !strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
			t.Errorf("the process ends with %v", err)
		}
	case <-answered:
		t.Fatal("committed without a log")
	case <-time.After(10 * time.Second):
		t.Fatal("the process was not told to end")
	}
	next, err := OpenPebble("decisions", PebbleOptions{FS: fs.CrashClone(vfs.CrashCloneCfg{})})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, next)
	same(t, "before", []decision.Assignment{assigned("big")}, get(t, next, "before", "a"))
	same(t, "after", []decision.Assignment{{}}, get(t, next, "after", "a"))
	commit(t, next, first("a", "after", "big"))
}

// TestFatalPanics: without somebody who ends the process, it panics rather than go on.
func TestFatalPanics(t *testing.T) {
	defer func() {
		if fault := recover(); fault == nil || !strings.Contains(fault.(error).Error(), "decision store: broken by 1") {
			t.Errorf("panic %v", fault)
		}
	}()
	logger{}.Fatalf("broken by %d", 1)
}

// TestCannotBeWritten: a directory that cannot be written is refused at the start, by name.
func TestCannotBeWritten(t *testing.T) {
	readOnly := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EROFS}
		}
		return nil
	}))
	_, err := OpenPebble("decisions", PebbleOptions{FS: readOnly})
	if err == nil || !strings.HasPrefix(err.Error(), "open decision store decisions: ") || !errors.Is(err, syscall.EROFS) {
		t.Errorf("error %v", err)
	}
}

// secondDir names the directory that a copy of this program opens in [TestSecondProcess].
const secondDir = "READOUT_TEST_SECOND_DIR"

// TestSecondProcess: a store belongs to one process, and the second one says so.
func TestSecondProcess(t *testing.T) {
	if dir := os.Getenv(secondDir); dir != "" {
		_, err := OpenPebble(dir, PebbleOptions{})
		if err == nil {
			t.Fatal("opened twice")
		}
		t.Log(err)
		return
	}
	dir := t.TempDir()
	s, err := OpenPebble(dir, PebbleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second := exec.Command(os.Args[0], "-test.run=^TestSecondProcess$", "-test.v")
	second.Env = append(os.Environ(), secondDir+"="+dir)
	out, err := second.CombinedOutput()
	if want := "open decision store " + dir + ": another process has it open"; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("want %q, got %v and\n%s", want, err, out)
	}
	commit(t, s, first("a", "u", "big"))
	closeStore(t, s)
	s, err = OpenPebble(dir, PebbleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
}

// TestRedisGone: without Redis every call fails soon, and all go on when it is back.
func TestRedisGone(t *testing.T) {
	m := miniredis.RunT(t)
	b := &redisBacking{m.Addr(), "shop"}
	s := b.open(t)
	defer closeStore(t, s)
	commit(t, s, first("a", "u", "big"))
	for range 2 {
		m.Close()
		into := make([]decision.Assignment, 1)
		begin := time.Now()
		if err := s.Get(background, "u", []string{"a"}, into); err == nil {
			t.Error("read without Redis")
		}
		if _, err := s.Commit(background, []decision.Change{first("a", "v", "big")}); err == nil {
			t.Error("committed without Redis")
		}
		if _, _, err := s.Batch(background, 1); err == nil {
			t.Error("a batch without Redis")
		}
		if err := s.Done(background, "name"); err == nil {
			t.Error("done without Redis")
		}
		if _, err := s.Queued(background); err == nil {
			t.Error("a queue without Redis")
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("five failures took %v", took)
		}
		if err := m.Restart(); err != nil {
			t.Fatal(err)
		}
		// The client tries an address that often refused it once a second only.
		for begin := time.Now(); s.Get(background, "u", []string{"a"}, into) != nil && time.Since(begin) < 5*time.Second; {
			time.Sleep(10 * time.Millisecond)
		}
		same(t, "u", []decision.Assignment{assigned("big")}, get(t, s, "u", "a"))
	}
	commit(t, s, first("a", "v", "big"))
}

// TestRedisAddress: a wrong address is refused without saying the password in it.
func TestRedisAddress(t *testing.T) {
	m := miniredis.RunT(t)
	closed := m.Addr()
	m.Close()
	for _, address := range []string{"http://user:secret@host", "redis://:secret@host:port/x", "redis://:secret@" + closed} {
		_, err := OpenRedis(background, address, RedisOptions{Project: "shop", Instance: "one"})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v", address, err)
		}
	}
}

// TestRedisForms: what is in Redis and is no stored form is an error, never a panic and never
// nothing.
func TestRedisForms(t *testing.T) {
	m := miniredis.RunT(t)
	s := (&redisBacking{m.Addr(), "shop"}).open(t).(*Redis)
	defer closeStore(t, s)
	m.HSet(s.visitor("u"), "a", "\x07 odd")
	into := make([]decision.Assignment, 1)
	if err := s.Get(background, "u", []string{"a"}, into); err == nil {
		t.Errorf("read %+v", into[0])
	}
	if lost, err := s.Commit(background, []decision.Change{first("a", "u", "big")}); err == nil {
		t.Errorf("committed, lost %v", lost)
	}
	if _, err := m.Push(s.queue, "\x07 odd"); err != nil {
		t.Fatal(err)
	}
	if name, _, err := s.Batch(background, 1); err == nil {
		t.Errorf("batch %q", name)
	}
	for _, reply := range [][]any{{}, {"name"}, {"name", "rows"}, {1, []any{}}, {"", []any{}}, {"name", []any{1}}} {
		if name, rows, err := parseBatch(reply); err == nil {
			t.Errorf("%v was read as batch %q with %v", reply, name, rows)
		}
	}
}

// TestRedisInstances: processes share assignments, and each has a queue of its own; projects
// share nothing.
func TestRedisInstances(t *testing.T) {
	m := miniredis.RunT(t)
	open := func(project, instance string) *Redis {
		t.Helper()
		s, err := OpenRedis(context.Background(), "redis://"+m.Addr(), RedisOptions{Project: project, Instance: instance})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeStore(t, s) })
		return s
	}
	one, two, other := open("shop", "one"), open("shop", "two"), open("blog", "one")
	commit(t, one, first("a", "u", "big"))
	same(t, "two", []decision.Assignment{assigned("big")}, get(t, two, "u", "a"))
	same(t, "another project", []decision.Assignment{{}}, get(t, other, "u", "a"))
	changes := []decision.Change{first("a", "u", "control")}
	if lost, err := two.Commit(background, changes); err != nil || len(lost) != 1 {
		t.Errorf("two: lost %v, error %v", lost, err)
	}
	nextBatch(t, two, 1, 0)
	nextBatch(t, other, 1, 0)
	if name, _ := nextBatch(t, one, 1, 1); name == "" {
		t.Error("one has no batch")
	}
}

// TestSameInstance: two processes of one name get the same batch, and the second is told why it
// has gone.
func TestSameInstance(t *testing.T) {
	b := &redisBacking{miniredis.RunT(t).Addr(), "shop"}
	one, two := b.open(t), b.open(t)
	defer closeStore(t, one)
	defer closeStore(t, two)
	commit(t, one, first("a", "u", "big"))
	name, _ := nextBatch(t, one, 1, 1)
	if again, _ := nextBatch(t, two, 1, 1); again != name {
		t.Errorf("batches %s and %s", name, again)
	}
	done(t, one, name)
	if err := two.Done(background, name); err == nil || !strings.Contains(err.Error(), "instance name of its own") {
		t.Errorf("error %v", err)
	}
}

// TestClaim: a store is the first project's, for all its processes and when they start again;
// one that cannot say whose it is, is anybody's.
func TestClaim(t *testing.T) {
	m := miniredis.RunT(t)
	b := &redisBacking{m.Addr(), "readout"}
	s := b.open(t).(*Redis)
	defer closeStore(t, s)
	for range 2 {
		if err := s.Claim(background, "acme/web"); err != nil {
			t.Fatal(err)
		}
	}
	const want = "this namespace is that of project acme/web, and each project needs one of its own; " +
		"if that is what acme/app was called before, delete the key {readout:readout}:project in Redis"
	if err := s.Claim(background, "acme/app"); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %v", err)
	}
	other := (&redisBacking{m.Addr(), "app"}).open(t).(*Redis)
	defer closeStore(t, other)
	if err := other.Claim(background, "acme/app"); err != nil {
		t.Error(err)
	}
	m.SetError("OOM command not allowed when used memory > 'maxmemory'.")
	if err := s.Claim(background, "acme/app"); err != nil {
		t.Error(err)
	}
}

// TestRedisTells: what Redis says about its log and its memory is asked for; miniredis says
// nothing.
func TestRedisTells(t *testing.T) {
	mini := (&redisBacking{miniredis.RunT(t).Addr(), "shop"}).open(t).(*Redis)
	defer closeStore(t, mini)
	if always, known := mini.AppendsAlways(background); always || known {
		t.Errorf("always %v, known %v", always, known)
	}
	if evicts, known := mini.Evicts(background); evicts || known {
		t.Errorf("evicts %v, known %v", evicts, known)
	}
	if os.Getenv("READOUT_REDIS") != "start" || !redistest.Installed() {
		return
	}
	s := (&redisBacking{redistest.New(t).Address, "shop"}).open(t).(*Redis)
	defer closeStore(t, s)
	if always, known := s.AppendsAlways(background); !always || !known {
		t.Errorf("a server that appends always: %v, known %v", always, known)
	}
	for _, c := range []struct {
		most, policy string
		want         bool
	}{{"0", "allkeys-lru", false}, {"100mb", "noeviction", false}, {"100mb", "volatile-lru", false}, {"100mb", "allkeys-lru", true}} {
		for name, value := range map[string]string{"maxmemory": c.most, "maxmemory-policy": c.policy} {
			if err := s.client.ConfigSet(background, name, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if evicts, known := s.Evicts(background); evicts != c.want || !known {
			t.Errorf("%s, %s: evicts %v, known %v", c.most, c.policy, evicts, known)
		}
	}
}

// TestTablesThatCannotBeWritten: with no open files or inodes left changes are refused, soon and
// not by waiting, reads go on, there are few warnings, and all goes on once there are some.
func TestTablesThatCannotBeWritten(t *testing.T) {
	var none errorfs.Toggle
	none.Injector = errorfs.InjectorFunc(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".sst") && op.Kind == errorfs.OpCreate {
			return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
		}
		return nil
	})
	var warnings atomic.Int64
	s, err := OpenPebble("decisions", PebbleOptions{FS: errorfs.Wrap(vfs.NewMem(), &none), Warn: func(string) { warnings.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	commit(t, s, first("a", "before", "big"))
	none.On()
	if _, err := s.db.AsyncFlush(); err != nil {
		t.Fatal(err)
	}
	for warnings.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	for time.Since(begin) < 3*retryPause {
		if _, err := s.Commit(background, []decision.Change{first("a", "u", "big")}); !errors.Is(err, ErrTables) {
			t.Fatalf("error %v", err)
		}
		same(t, "before", []decision.Assignment{assigned("big")}, get(t, s, "before", "a"))
		time.Sleep(retryPause / 20)
	}
	if n := warnings.Load(); n > 5 {
		t.Errorf("%d warnings", n)
	}
	none.Off()
	for begin := time.Now(); ; time.Sleep(time.Millisecond) {
		_, err := s.Commit(background, []decision.Change{first("a", "u", "big")})
		if err == nil {
			break
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatal(err)
		}
	}
}

// TestSlowBatch: exposures that take longer to arrive than any other answer may are not left in the
// queue.
func TestSlowBatch(t *testing.T) {
	m := miniredis.RunT(t)
	s := (&redisBacking{slowly(t, m.Addr(), redisTimeout+300*time.Millisecond), "shop"}).open(t)
	defer closeStore(t, s)
	commit(t, s, first("a", "u", "big"))
	if name, _ := nextBatch(t, s, 1, 1); name == "" {
		t.Error("there is no batch")
	}
}

// slowly returns the address of a proxy that holds back what answers to the reading of a list.
func slowly(t *testing.T, address string, delay time.Duration) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var held atomic.Bool
	copyTo := func(to, from net.Conn, each func([]byte)) {
		defer to.Close()
		data := make([]byte, 64<<10)
		for {
			n, err := from.Read(data)
			each(data[:n])
			if _, failed := to.Write(data[:n]); err != nil || failed != nil {
				return
			}
		}
	}
	go func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", address)
			if err != nil {
				here.Close()
				return
			}
			go copyTo(there, here, func(data []byte) {
				if bytes.Contains(data, []byte("LRANGE")) {
					held.Store(true)
				}
			})
			go copyTo(here, there, func([]byte) {
				if held.Swap(false) {
					time.Sleep(delay)
				}
			})
		}
	}()
	return listener.Addr().String()
}
