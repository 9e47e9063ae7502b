package ingest

import (
	"testing"
	"time"
)

func TestOwnLooks(t *testing.T) {
	looks := lookTable{10, 20, 30, 40}
	for _, x := range []struct {
		name  string
		looks lookTable
		start int64
		want  ownLooks
	}{
		{"no start", looks, noTime, ownLooks{0, 4}},
		{"before all looks", looks, 5, ownLooks{0, 4}},
		{"at the first look", looks, 10, ownLooks{0, 4}},
		{"at the second look", looks, 20, ownLooks{1, 3}},
		{"between looks", looks, 25, ownLooks{1, 3}},
		{"before the last look", looks, 35, ownLooks{2, 2}},
		{"at the last look", looks, 40, ownLooks{2, 2}},
		{"after all looks", looks, 50, ownLooks{2, 2}},
		{"one look", looks[:1], 5, ownLooks{0, 1}},
		{"after one look", looks[:1], 50, ownLooks{0, 1}},
		{"never", append(looks[:4:4], latestTime), latestTime, ownLooks{3, 2}},
	} {
		if got := newOwnLooks(x.looks, x.start); got != x.want {
			t.Errorf("%s: %+v, want %+v", x.name, got, x.want)
		}
	}
}

// An experiment has no room for the time of others that started long before.
func TestTotalsDoNotGrowWithEarlierExperiments(t *testing.T) {
	room := func(p *program) int { return len(newExperimentTotals(p, nil, true).users) / p.arms() }
	q, _ := small()
	if n := room(newRunner(&q, 1, nil).programs(false)[0]); n != 1 {
		t.Errorf("alone, with one look: room for %d", n)
	}
	end := q.Looks[len(q.Looks)-1]
	early := q.Experiments[0]
	early.Name = "early"
	early.Start = end.AddDate(-2, 0, 0)
	late := q.Experiments[0]
	late.Start = end.AddDate(0, 0, -3)
	q.Experiments = []Experiment{early, late}
	q.Looks = nil
	for at := early.Start; at.Before(end); at = at.Add(24 * time.Hour) {
		q.Looks = append(q.Looks, at)
	}
	q.Looks = append(q.Looks, end)
	programs := newRunner(&q, 1, nil).programs(false)
	if n := room(programs[0]); n != len(q.Looks) {
		t.Errorf("the earlier one has room for %d of %d looks", n, len(q.Looks))
	}
	// Of three days, and of the look before, which sees nothing.
	if n := room(programs[1]); n != 4 {
		t.Errorf("the later one has room for %d looks, want 4", n)
	}
}
