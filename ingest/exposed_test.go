package ingest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"readout/ingest/tables"
)

func userOf(name string, i int) tables.UserID {
	return tables.HashID(fmt.Appendf(nil, "%s-%d", name, i), 1)
}

// Whoever was exposed is found, and few others.
func TestExposedUsers(t *testing.T) {
	for _, n := range []int{0, 1, 3, 1000, 4095, 4096, 30000} {
		users := newExposedUsers(n)
		for i := range n {
			users.add(keyOf(userOf("exposed", i)))
		}
		for i := range n {
			if users.find(keyOf(userOf("exposed", i))) != 1 {
				t.Fatalf("of %d users, number %d is not found", n, i)
			}
		}
		strangers := 0
		for i := range 10000 {
			strangers += users.find(keyOf(userOf("stranger", i)))
		}
		if strangers >= 100 {
			t.Errorf("with %d users, %d of 10000 others are found, want fewer than 100", n, strangers)
		}
	}
}

// A filter that finds nearly everybody is not asked any more.
func TestScreenIsGivenUp(t *testing.T) {
	for _, test := range []struct {
		exposed int // of each 100 conversions
		given   bool
	}{{50, true}, {80, true}, {95, false}, {100, false}} {
		users := newExposedUsers(1)
		users.add(keyOf(userOf("exposed", 0)))
		s := screen{made: new(atomic.Pointer[exposedUsers])}
		s.begin()
		if !s.passes(userOf("stranger", 0)) {
			t.Error("without a filter somebody is left out")
		}
		s.made.Store(users)
		batch, rows := make([]tables.UserID, 100), make([]uint16, 0, 100)
		for i := range batch {
			batch[i] = userOf("stranger", 0)
			if i < test.exposed {
				batch[i] = userOf("exposed", 0)
			}
		}
		for range 2 * screenTrial / len(batch) {
			s.begin()
			rows = rows[:0]
			for i := range batch {
				rows = append(rows, uint16(i))
			}
			rows = s.pick(rows, batch)
		}
		if got := len(rows) == test.exposed; test.exposed < 100 && got != test.given {
			t.Errorf("%d of 100 exposed: %d rows are left at the end", test.exposed, len(rows))
		}
		if s.useless == test.given {
			t.Errorf("%d of 100 exposed: given up is %v", test.exposed, s.useless)
		}
	}
}

// Conversions of users who were never exposed are not put aside, where there are few
// exposures: by row and by column, with values and without.
func TestNeverExposedAreNotPutAside(t *testing.T) {
	for _, test := range []struct {
		looks    int
		fileSize int64
		seen     int
	}{{1, 1 << 20, 2060}, {2, 1 << 20, 2060}, {1, 1, 0}} {
		q, d := small()
		d.fileSize = test.fileSize
		q.Experiments[0].Metrics = append(q.Experiments[0].Metrics, Metric{Name: "views", Value: Column{Event: "view", Aggregate: Count}})
		for i := range test.looks - 1 {
			q.Looks = append(q.Looks, testStart.AddDate(0, 0, i+2))
		}
		var rows []fakeRow
		for i := range 2000 {
			day := i % test.looks
			rows = append(rows, fakeRow{
				user: fmt.Sprint("stranger ", i), event: []string{"buy", "view"}[i/2%2],
				time: microseconds(testStart.AddDate(0, 0, day)), value: 1,
			})
		}
		d.conversions = append(d.conversions, fakeFile{rows})
		r := newRunner(&q, 1, nil)
		exposures, conversions := d.sources(r)
		r.spill = new(spill)
		got, err := r.run(context.Background(), exposures, conversions)
		if err != nil {
			t.Fatal(err)
		}
		if s := r.conversions[0].screen; s.seen != test.seen || s.found > s.seen/20 {
			t.Errorf("%d looks: %d of %d conversions put aside, want some 60 of %d", test.looks, s.found, s.seen, test.seen)
		}
		last := got.Experiments[0].Looks[test.looks-1]
		if last.Left.NeverExposed != 2000 || last.Left.ConversionRows != 2060 {
			t.Errorf("%d looks: %+v, want 2000 of 2060 conversions never exposed", test.looks, last.Left)
		}
	}
}

// There is no filter of all users where some of them are on disk.
func TestNoScreenWithoutAllExposures(t *testing.T) {
	q, _ := small()
	v := newExposureVisitor(newRunner(&q, 1, nil).rules(0))
	v.kept.Put(0, exposureTuple{hi: 1, lo: 2})
	v.kept.EndGroup(0)
	if users := screenFor([]*exposureVisitor{v}, 1<<20); users == nil || users.find(1, 2) != 1 || users.find(3, 4) != 0 {
		t.Fatalf("the only user is not the only one to be found in %v", users)
	}
	out := &spill{dir: t.TempDir()}
	defer out.close()
	file, err := out.file()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.kept.DumpAll(file); err != nil {
		t.Fatal(err)
	}
	if users := screenFor([]*exposureVisitor{v}, 1<<20); users != nil {
		t.Errorf("a filter without the user on disk: %v", users)
	}
}
