package sticky

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/decision"
	"readout/internal/exposure"
)

var background = context.Background()

var noon = time.Date(2026, 1, 10, 12, 0, 0, 123_000, time.UTC)

// assigned is a variant somebody got.
func assigned(variant string) decision.Assignment {
	return decision.Assignment{Variant: variant, At: noon, Exposed: true}
}

// first is the change of a visitor never seen, with its exposure.
func first(experiment, id, variant string) decision.Change {
	row := exposed(experiment, id, variant)
	return decision.Change{Experiment: experiment, ID: id, After: assigned(variant), Exposure: &row}
}

func exposed(experiment, id, variant string) decision.Exposure {
	return decision.Exposure{
		Row:     exposure.Row{User: id, Experiment: experiment, Variant: variant, Time: noon, Segments: []string{"mobile", "DE"}},
		Columns: []string{"device", "country"},
	}
}

// commit commits changes none of which may be lost.
func commit(t failer, s decision.Store, changes ...decision.Change) {
	t.Helper()
	if lost, err := s.Commit(background, changes); err != nil || len(lost) > 0 {
		t.Fatal("commit: lost", lost, "error", err)
	}
}

// get returns what is remembered of a visitor.
func get(t failer, s decision.Store, id string, experiments ...string) []decision.Assignment {
	t.Helper()
	into := make([]decision.Assignment, len(experiments))
	for i := range into {
		into[i].Variant = "what was in the slice before"
	}
	if err := s.Get(background, id, experiments, into); err != nil {
		t.Fatal("get:", err)
	}
	return into
}

// nextBatch returns a batch and checks that the length of the queue is right.
func nextBatch(t failer, s decision.Store, limit, queued int) (string, []decision.Exposure) {
	t.Helper()
	if n, err := s.Queued(background); err != nil || n != queued {
		t.Fatal("queued", n, "want", queued, "error", err)
	}
	name, rows, err := s.Batch(background, limit)
	if err != nil {
		t.Fatal("batch:", err)
	}
	return name, rows
}

func done(t failer, s decision.Store, name string) {
	t.Helper()
	if err := s.Done(background, name); err != nil {
		t.Fatal("done:", err)
	}
}

func same(t failer, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(what + " (-want +got):\n" + diff)
	}
}

func TestGetAndCommit(t *testing.T) {
	eachBacking(t, func(t *testing.T, b backing) {
		s := b.open(t)
		same(t, "nobody", []decision.Assignment{{}, {}}, get(t, s, "u", "a", "b"))
		commit(t, s, first("a", "u", "big"))
		same(t, "one", []decision.Assignment{assigned("big"), {}}, get(t, s, "u", "a", "b"))

		after := decision.Assignment{Variant: "big", At: noon.Add(time.Hour), Exposed: true, Shown: true, Sessions: []uint64{1, 1 << 63}}
		out := decision.Assignment{Out: decision.NotCovered, At: noon}
		commit(t, s,
			decision.Change{Experiment: "a", ID: "u", Before: assigned("big"), After: after},
			decision.Change{Experiment: "b", ID: "u", After: out})
		commit(t, s, first("a", "ü\x00\xff", "control"), first("a", "", "control"))
		for range 2 {
			same(t, "u", []decision.Assignment{out, {}, after}, get(t, s, "u", "b", "c", "a"))
			same(t, "none asked", []decision.Assignment{}, get(t, s, "u"))
			same(t, "odd id", []decision.Assignment{assigned("control")}, get(t, s, "ü\x00\xff", "a"))
			same(t, "empty id", []decision.Assignment{assigned("control")}, get(t, s, "", "a"))
			same(t, "prefix of an id", []decision.Assignment{{}}, get(t, s, "ü", "a"))
			b.stop(t, s)
			s = b.open(t)
		}
		b.stop(t, s)
	})
}

// TestLostChanges: what was decided upon something else than what is remembered is not made,
// nor is anything else of the same visitor, and says what is remembered.
func TestLostChanges(t *testing.T) {
	eachBacking(t, func(t *testing.T, b backing) {
		s := b.open(t)
		defer b.stop(t, s)
		commit(t, s, first("a", "u", "big"))
		stale := assigned("small")
		changes := []decision.Change{
			first("a", "v", "control"),
			first("z", "u", "control"),
			first("a", "u", "control"),
			{Experiment: "b", ID: "u", Before: stale, After: assigned("control")},
			first("a", "w", "control"),
		}
		lost, err := s.Commit(background, changes)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "lost", []int{2, 3}, lost)
		same(t, "before of a", assigned("big"), changes[2].Before)
		same(t, "before of b", decision.Assignment{}, changes[3].Before)
		same(t, "u", []decision.Assignment{assigned("big"), {}, {}}, get(t, s, "u", "a", "b", "z"))
		same(t, "v", []decision.Assignment{assigned("control")}, get(t, s, "v", "a"))
		same(t, "w", []decision.Assignment{assigned("control")}, get(t, s, "w", "a"))
		_, rows := nextBatch(t, s, 10, 3)
		same(t, "rows", []decision.Exposure{exposed("a", "u", "big"), exposed("a", "v", "control"), exposed("a", "w", "control")}, rows)
		// With what is remembered now, the same changes are made.
		commit(t, s, changes[1:4]...)
		same(t, "u at last", []decision.Assignment{assigned("control"), assigned("control"), assigned("control")}, get(t, s, "u", "a", "b", "z"))
	})
}

// TestFirstWriteWins: of many who change the same at once, one is not lost, and all others
// see what it wrote.
func TestFirstWriteWins(t *testing.T) {
	eachBacking(t, func(t *testing.T, b backing) {
		s := b.open(t)
		defer b.stop(t, s)
		const visitors, writers = 20, 8
		winners := make([]atomic.Int64, visitors)
		var wins sync.Map
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for v := range visitors {
					id := fmt.Sprint("u", v)
					changes := []decision.Change{first("a", id, fmt.Sprint("variant-", w))}
					lost, err := s.Commit(background, changes)
					switch {
					case err != nil:
						t.Error(err)
					case len(lost) == 0:
						winners[v].Add(1)
						wins.Store(id, changes[0].After)
					case changes[0].Before.Equal(decision.Assignment{}):
						t.Errorf("%s: lost to nothing", id)
					}
				}
			})
		}
		all.Wait()
		for v := range visitors {
			id := fmt.Sprint("u", v)
			want, _ := wins.Load(id)
			if n := winners[v].Load(); n != 1 {
				t.Errorf("%s has %d first writers", id, n)
			}
			same(t, id, want, any(get(t, s, id, "a")[0]))
		}
		if _, rows := nextBatch(t, s, 1000, visitors); len(rows) != visitors {
			t.Errorf("%d exposures for %d visitors", len(rows), visitors)
		}
	})
}

// TestManyExperiments: one visitor in more experiments than anybody has.
func TestManyExperiments(t *testing.T) {
	eachBacking(t, func(t *testing.T, b backing) {
		s := b.open(t)
		var names []string
		var changes []decision.Change
		for i := range 300 {
			name := fmt.Sprintf("experiment-%03d", i)
			names = append(names, name)
			changes = append(changes, first(name, "u", fmt.Sprint("variant-", i%7)))
		}
		commit(t, s, changes[:100]...)
		for _, c := range changes[100:] {
			commit(t, s, c)
		}
		b.stop(t, s)
		s = b.open(t)
		defer b.stop(t, s)
		slices.Reverse(names)
		for i, a := range get(t, s, "u", names...) {
			same(t, names[i], assigned(fmt.Sprint("variant-", (299-i)%7)), a)
		}
	})
}

// TestQueue: a batch keeps its name and its rows until it is done, whatever happens, and no
// name comes again.
func TestQueue(t *testing.T) {
	eachBacking(t, func(t *testing.T, b backing) {
		s := b.open(t)
		names := make(map[string]bool)
		fresh := func(name string) {
			t.Helper()
			if name == "" || names[name] {
				t.Fatalf("the name %q is not new", name)
			}
			names[name] = true
		}
		restart := func() {
			t.Helper()
			b.stop(t, s)
			s = b.open(t)
		}
		if name, rows := nextBatch(t, s, 10, 0); name != "" || len(rows) > 0 {
			t.Fatalf("an empty queue has batch %q with %d rows", name, len(rows))
		}
		if err := s.Done(background, ""); err == nil {
			t.Error("a batch without a name was done")
		}
		var want []decision.Exposure
		for i := range 7 {
			id := fmt.Sprint("u", i)
			commit(t, s, first("a", id, "big"))
			want = append(want, exposed("a", id, "big"))
		}
		name, rows := nextBatch(t, s, 3, 7)
		fresh(name)
		same(t, "rows", want[:3], rows)
		commit(t, s, first("a", "late", "big"))
		want = append(want, exposed("a", "late", "big"))
		for _, limit := range []int{3, 100, 1} {
			again, rows := nextBatch(t, s, limit, 8)
			same(t, "name before done", name, again)
			same(t, "rows before done", want[:3], rows)
			restart()
		}
		done(t, s, name)
		if err := s.Done(background, name); err == nil {
			t.Error("a batch was done twice")
		}
		second, rows := nextBatch(t, s, 100, 5)
		fresh(second)
		same(t, "rest", want[3:], rows)
		if err := s.Done(background, name); err == nil {
			t.Error("a batch was done under the name of another")
		}
		done(t, s, second)
		for i := range 3 {
			// The queue was empty when the process ended.
			restart()
			if name, _ := nextBatch(t, s, 10, 0); name != "" {
				t.Fatalf("batch %q of nothing", name)
			}
			id := fmt.Sprint("w", i)
			commit(t, s, first("a", id, "big"))
			name, rows := nextBatch(t, s, 10, 1)
			fresh(name)
			same(t, "after a restart", []decision.Exposure{exposed("a", id, "big")}, rows)
			done(t, s, name)
		}
		for range 2 {
			b.stop(t, s)
			b.wipe(t)
			s = b.open(t)
			same(t, "after a wipe", []decision.Assignment{{}}, get(t, s, "u0", "a"))
			commit(t, s, first("a", "u0", "big"))
			name, _ := nextBatch(t, s, 10, 1)
			fresh(name)
			done(t, s, name)
		}
		b.stop(t, s)
	})
}

// TestBatchesOfLargeRows: a batch is full when its rows are large, however many were asked for,
// and stays the same until it is done.
func TestBatchesOfLargeRows(t *testing.T) {
	eachBacking(t, func(t *testing.T, b backing) {
		s := b.open(t)
		defer b.stop(t, s)
		for i := range 3 {
			c := first("a", fmt.Sprint("u", i), "big")
			c.Exposure.Segments[0] = strings.Repeat("x", maxBatchBytes/2)
			commit(t, s, c)
		}
		for queued := 3; queued > 0; queued -= 2 {
			want := min(queued, 2)
			name, rows := nextBatch(t, s, 100, queued)
			if len(rows) != want {
				t.Fatalf("%d of %d rows in a batch, want %d", len(rows), queued, want)
			}
			again, rows := nextBatch(t, s, 100, queued)
			if again != name || len(rows) != want {
				t.Fatalf("batch %q of %d rows has become %q of %d", name, want, again, len(rows))
			}
			done(t, s, name)
		}
	})
}

// TestBatchesUnderLoad: every exposure is in one batch, also of those that are committed
// while batches are taken.
func TestBatchesUnderLoad(t *testing.T) {
	eachBacking(t, func(t *testing.T, b backing) {
		s := b.open(t)
		defer b.stop(t, s)
		const writers, each = 8, 25
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					id := fmt.Sprint("u", w, "-", i)
					if lost, err := s.Commit(background, []decision.Change{first("a", id, "big"), first("b", id, "big")}); err != nil || len(lost) > 0 {
						t.Errorf("%s: lost %v, error %v", id, lost, err)
					}
				}
			})
		}
		finished := make(chan struct{})
		go func() { writing.Wait(); close(finished) }()
		seen := make(map[string]int)
		for last := false; ; {
			name, rows, err := s.Batch(background, 13)
			if err != nil {
				t.Fatal(err)
			}
			if name == "" {
				if last {
					break
				}
				select {
				case <-finished:
					last = true
				default:
				}
				continue
			}
			for _, r := range rows {
				seen[r.User+r.Experiment]++
			}
			done(t, s, name)
		}
		if len(seen) != 2*writers*each {
			t.Errorf("%d exposures, want %d", len(seen), 2*writers*each)
		}
		for who, n := range seen {
			if n != 1 {
				t.Errorf("%s is in %d batches", who, n)
			}
		}
	})
}
