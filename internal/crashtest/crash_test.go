package crashtest

import (
	"context"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"readout/internal/redistest"
)

var (
	kills = flag.Int("kills", 0, "how often the service is killed with each store; 0 skips the tests")
	seed  = flag.Uint64("seed", 1, "of the moments of the kills")
)

// again is how many visitors of earlier rounds are asked about after each kill.
const again = 100

func needKills(t *testing.T) {
	t.Helper()
	if *kills == 0 {
		t.Skip("SKIPPED: the service is killed under load only with -kills N, as make crash does")
	}
}

func TestCrashPebble(t *testing.T) {
	needKills(t)
	crash(t, newService(t, ""), nil)
}

func TestCrashRedis(t *testing.T) {
	needKills(t)
	if !redistest.Installed() {
		t.Skip("SKIPPED, AND NOT PASSED: redis-server is not installed, so the store on Redis was not killed")
	}
	redis := redistest.New(t)
	crash(t, newService(t, "redis://"+redis.Address), redis)
}

// crash kills the service under load, or Redis, or both, and holds after each time that
// what was answered is remembered, and in the end that it was logged.
func crash(t *testing.T, s *service, redis *redistest.Server) {
	rng := rand.New(rand.NewPCG(*seed, 99))
	c, b := client(), &book{answers: make(map[string]answer)}
	killed := map[string]int{}
	s.publish(t, 0)
	s.start(t)
	for round := 1; round <= *kills && !t.Failed(); round++ {
		ctx, stop := context.WithCancel(context.Background())
		var load sync.WaitGroup
		before := len(b.since(0))
		load.Go(func() { b.load(ctx, t, s, c) })
		time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
		victim := "the service"
		if redis != nil {
			victim = []string{"the service", "Redis", "both"}[rng.IntN(3)]
		}
		killed[victim]++
		if victim != "the service" {
			redis.Kill(t)
		}
		if victim != "Redis" {
			s.kill(t)
		} else {
			// The service goes on, refuses, and recovers.
			time.Sleep(time.Duration(rng.IntN(100)) * time.Millisecond)
			redis.Start(t)
			time.Sleep(time.Duration(rng.IntN(100)) * time.Millisecond)
		}
		stop()
		load.Wait()
		s.publish(t, round)
		if victim == "both" {
			redis.Start(t)
		}
		if victim != "Redis" {
			s.start(t)
		}
		ids := b.since(before)
		if old := b.since(0)[:before]; len(old) > 0 {
			for range again {
				ids = append(ids[:len(ids):len(ids)], old[rng.IntN(len(old))])
			}
		}
		b.verify(t, s, c, ids)
	}
	b.verify(t, s, c, b.since(0))
	s.stop(t)
	files, rows := b.checkLog(t, filepath.Join(s.dir, "exposures"))
	t.Logf("killed %v: %d visitors answered and all remembered, %d requests refused; %d exposures in %d files, none lost, none twice",
		killed, len(b.ids), b.refused.Load(), rows, files)
	if *kills > 10 && len(b.ids) < 10**kills {
		t.Errorf("there was next to no load: %d visitors answered", len(b.ids))
	}
}

// logged is a row of the exposure log.
type logged struct {
	User       string `parquet:"user_id"`
	Experiment string `parquet:"experiment"`
	Variant    string `parquet:"variant"`
	Device     string `parquet:"device,optional"`
}

// checkLog holds that the log has one exposure for every answer, none twice, and no
// unfinished file.
func (b *book) checkLog(t *testing.T, dir string) (files, rows int) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "date=*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := filepath.Glob(filepath.Join(dir, "date=*", ".*"))
	if err != nil || len(hidden) > 0 {
		t.Errorf("unfinished files are left: %v, error %v", hidden, err)
	}
	found := make(map[string]string)
	for _, path := range paths {
		if strings.HasPrefix(filepath.Base(path), ".") {
			continue
		}
		all, err := parquet.ReadFile[logged](path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		files, rows = files+1, rows+len(all)
		for _, r := range all {
			key := r.Experiment + " " + r.User
			if earlier, twice := found[key]; twice {
				t.Errorf("%s is in the log twice, as %s and %s", key, earlier, r.Variant)
			}
			if r.Device != "mobile" {
				t.Errorf("%s has device %q", key, r.Device)
			}
			found[key] = r.Variant
		}
	}
	for id, a := range b.answers {
		for i, name := range names {
			if got := found[name+" "+id]; got != a[i] {
				t.Errorf("%s in %s was answered %q, and the log has %q", id, name, a[i], got)
			}
		}
	}
	if rows == 0 {
		t.Errorf("no exposures in %s", dir)
	}
	return files, rows
}
