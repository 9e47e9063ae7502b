package sticky

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"os"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"readout/decision"
	"readout/internal/redistest"
)

// A backing is where a store keeps what it has: the suite runs on each.
type backing interface {
	// open opens the store, also again after it was stopped.
	open(t failer) decision.Store
	// stop ends the process of a store, as hard as the backing can.
	stop(t failer, s decision.Store)
	// wipe deletes everything that is kept, while no store is open.
	wipe(t failer)
}

// failer is what a backing needs of a test, of testing or of rapid.
type failer interface {
	Helper()
	Fatal(args ...any)
}

// backings returns the places by name. A Redis server is among them when READOUT_REDIS says
// where there is one; "start" starts the one of this machine.
func backings(t testing.TB) map[string]func(t testing.TB) backing {
	all := map[string]func(t testing.TB) backing{
		"disk":      func(t testing.TB) backing { return &diskBacking{t.TempDir()} },
		"memory":    func(testing.TB) backing { return newMemoryBacking(1) },
		"miniredis": func(t testing.TB) backing { return &redisBacking{miniredis.RunT(t).Addr(), rand.Text()} },
	}
	switch address := os.Getenv("READOUT_REDIS"); address {
	case "":
	case "start":
		if !redistest.Installed() {
			t.Log("SKIPPED, AND NOT PASSED: redis-server is not installed, so the suite did not run on it")
			break
		}
		all["redis"] = func(t testing.TB) backing { return &redisBacking{redistest.New(t).Address, rand.Text()} }
	default:
		all["redis"] = func(testing.TB) backing { return &redisBacking{address, rand.Text()} }
	}
	return all
}

// eachBacking runs a test on every backing.
func eachBacking(t *testing.T, test func(t *testing.T, b backing)) {
	for name, make := range backings(t) {
		t.Run(name, func(t *testing.T) { test(t, make(t)) })
	}
}

// diskBacking is Pebble in a directory.
type diskBacking struct{ dir string }

func (b *diskBacking) open(t failer) decision.Store {
	t.Helper()
	s, err := OpenPebble(b.dir, PebbleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *diskBacking) stop(t failer, s decision.Store) { closeStore(t, s) }

func (b *diskBacking) wipe(t failer) {
	t.Helper()
	if err := os.RemoveAll(b.dir); err != nil {
		t.Fatal(err)
	}
}

// memoryBacking is Pebble on a file system that forgets some of what was not synced whenever
// the store is stopped.
type memoryBacking struct {
	fs  *vfs.MemFS
	rng *mathrand.Rand
}

func newMemoryBacking(seed uint64) *memoryBacking {
	return &memoryBacking{vfs.NewCrashableMem(), mathrand.New(mathrand.NewPCG(seed, seed))}
}

func (b *memoryBacking) open(t failer) decision.Store {
	t.Helper()
	s, err := OpenPebble("decisions", PebbleOptions{FS: b.fs})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *memoryBacking) stop(t failer, s decision.Store) {
	t.Helper()
	after := b.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50 * b.rng.IntN(2), RNG: b.rng})
	closeStore(t, s)
	b.fs = after
}

func (b *memoryBacking) wipe(failer) { b.fs = vfs.NewCrashableMem() }

// redisBacking is a project in a Redis.
type redisBacking struct{ address, project string }

func (b *redisBacking) open(t failer) decision.Store {
	t.Helper()
	s, err := OpenRedis(context.Background(), "redis://"+b.address, RedisOptions{Project: b.project, Instance: "one"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *redisBacking) stop(t failer, s decision.Store) { closeStore(t, s) }

func (b *redisBacking) wipe(t failer) {
	t.Helper()
	s := b.open(t).(*Redis)
	defer closeStore(t, s)
	keys, err := s.client.Keys(context.Background(), s.prefix+"*").Result()
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) == 0 {
		return
	}
	if err := s.client.Del(context.Background(), keys...).Err(); err != nil {
		t.Fatal(err)
	}
}

func closeStore(t failer, s decision.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
