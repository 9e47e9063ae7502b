package sticky

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"readout/decision"
)

// onSync returns a file system that calls wait before every sync of a file.
func onSync(fs vfs.FS, wait func()) vfs.FS {
	return errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			wait()
		}
		return nil
	}))
}

// TestPowerLoss: power fails at a random moment under load. All that a commit or a read has
// returned by then is there afterwards, with its exposure, and nothing that was not written.
func TestPowerLoss(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			fs := vfs.NewCrashableMem()
			s, err := OpenPebble("decisions", PebbleOptions{FS: onSync(fs, func() { time.Sleep(500 * time.Microsecond) })})
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			answered := make(map[string]bool)
			answer := func(id string) {
				mu.Lock()
				defer mu.Unlock()
				answered[id] = true
			}
			stop := make(chan struct{})
			var load sync.WaitGroup
			for w := range 8 {
				// Two at a time ask about the same visitors: one of them writes, the other
				// may answer from what it reads.
				load.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-stop:
							return
						default:
						}
						id := fmt.Sprint("u", w/2, "-", i)
						into := make([]decision.Assignment, 1)
						err := s.Get(background, id, []string{"a"}, into)
						if err == nil && into[0].Equal(decision.Assignment{}) {
							_, err = s.Commit(background, []decision.Change{first("a", id, "big")})
						}
						if err != nil {
							t.Error(err)
							return
						}
						answer(id)
					}
				})
			}
			time.Sleep(time.Duration(1+rng.IntN(60)) * time.Millisecond)
			mu.Lock()
			want := make([]string, 0, len(answered))
			for id := range answered {
				want = append(want, id)
			}
			mu.Unlock()
			after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
			close(stop)
			load.Wait()
			closeStore(t, s)

			s, err = OpenPebble("decisions", PebbleOptions{FS: after})
			if err != nil {
				t.Fatal(err)
			}
			defer closeStore(t, s)
			queued, err := s.Queued(background)
			if err != nil {
				t.Fatal(err)
			}
			_, rows := nextBatch(t, s, 1<<20, queued)
			exposures := make(map[string]int)
			for _, r := range rows {
				exposures[r.User]++
				if !get(t, s, r.User, "a")[0].Exposed {
					t.Errorf("%s is exposed and has no assignment", r.User)
				}
			}
			for _, id := range want {
				if got := get(t, s, id, "a")[0]; !got.Equal(assigned("big")) {
					t.Errorf("%s was answered and is %+v now", id, got)
				}
				if n := exposures[id]; n != 1 {
					t.Errorf("%s was answered and has %d exposures", id, n)
				}
			}
		})
	}
}

// TestReadsWaitForSync: while a change is not durable nobody reads it, because an answer
// would leave with it.
func TestReadsWaitForSync(t *testing.T) {
	var mu sync.Mutex
	var hold chan struct{}
	began := make(chan struct{}, 100)
	s, err := OpenPebble("decisions", PebbleOptions{FS: onSync(vfs.NewMem(), func() {
		mu.Lock()
		held := hold
		mu.Unlock()
		if held != nil {
			began <- struct{}{}
			<-held
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	held := make(chan struct{})
	mu.Lock()
	hold = held
	mu.Unlock()
	release := sync.OnceFunc(func() {
		mu.Lock()
		hold = nil
		mu.Unlock()
		close(held)
	})
	defer release()
	committed := make(chan error, 1)
	go func() {
		_, err := s.Commit(background, []decision.Change{first("a", "u", "big")})
		committed <- err
	}()
	select {
	case <-began:
	case <-time.After(10 * time.Second):
		t.Fatal("a commit does not sync")
	}
	read := make(chan decision.Assignment, 1)
	go func() {
		into := make([]decision.Assignment, 1)
		if err := s.Get(background, "u", []string{"a"}, into); err != nil {
			t.Error(err)
		}
		read <- into[0]
	}()
	select {
	case a := <-read:
		t.Errorf("read %+v before it was durable", a)
	case err := <-committed:
		t.Errorf("committed before the sync, error %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	release()
	if err := <-committed; err != nil {
		t.Error(err)
	}
	if t.Failed() {
		return
	}
	same(t, "read", assigned("big"), <-read)
}
