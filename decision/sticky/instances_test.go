package sticky

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
)

// TestHeartbeat: what an instance has queued that does not come back is seen by the others, until
// one of its name has written it.
func TestHeartbeat(t *testing.T) {
	m := miniredis.RunT(t)
	now := noon.Truncate(time.Second)
	open := func(instance string) *Redis {
		t.Helper()
		s, err := OpenRedis(background, "redis://"+m.Addr(), RedisOptions{Project: "shop", Instance: instance})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	beat := func(s *Redis, after time.Duration, want ...Left) {
		t.Helper()
		m.SetTime(now.Add(after))
		got, err := s.Heartbeat(background)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %v: %s", after, diff)
		}
	}
	here, gone, idle := open("here"), open("gone"), open("idle")
	defer closeStore(t, here)
	beat(idle, 0)
	beat(gone, 0)
	commit(t, gone, first("a", "u", "big"), first("a", "v", "big"))
	closeStore(t, gone)
	closeStore(t, idle)
	beat(here, 9*time.Minute)
	beat(here, 10*time.Minute, Left{"gone", 2, now})
	beat(here, 25*time.Hour, Left{"gone", 2, now})
	if fields, err := m.HKeys(here.instances); err != nil || !cmp.Equal(fields, []string{"gone", "here"}) {
		t.Errorf("instances %v, %v", fields, err)
	}
	// It starts again and is heard of before it has written anything.
	gone = open("gone")
	defer closeStore(t, gone)
	beat(gone, 25*time.Hour)
	beat(here, 25*time.Hour+time.Minute)
	name, _ := nextBatch(t, gone, 10, 2)
	if err := gone.Done(background, name); err != nil {
		t.Fatal(err)
	}
	beat(here, 25*time.Hour+10*time.Minute)

	m.SetError("LOADING Redis is loading the dataset in memory")
	if _, err := here.Heartbeat(background); err == nil {
		t.Error("heard of instances without Redis")
	}
}
