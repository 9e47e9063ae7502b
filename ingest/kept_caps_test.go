package ingest

import (
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"readout/experiment"
	"readout/ingest/raw"
)

func TestExchangeSpells(t *testing.T) {
	s := func(from, arm int32, x float64) spell {
		return spell{from: from, to: math.MaxInt32, arm: arm, entered: true, x: raw.Row{x}}
	}
	all := []spell{s(0, 0, 1), s(0, 0, 2), s(0, 1, 2), s(3, 0, 1)}
	for _, c := range []struct {
		name         string
		in, out, all []spell
		ok           bool
	}{
		{"nothing", nil, nil, all, true},
		{"in", []spell{s(4, 0, 0), s(0, 0, 1.5)}, nil, []spell{s(0, 0, 1), s(0, 0, 1.5), s(0, 0, 2), s(0, 1, 2), s(3, 0, 1), s(4, 0, 0)}, true},
		{"out, of one arm", nil, []spell{s(0, 1, 2)}, []spell{s(0, 0, 1), s(0, 0, 2), s(3, 0, 1)}, true},
		{"one for another", []spell{s(0, 0, 7)}, []spell{s(3, 0, 1), s(0, 0, 1)}, []spell{s(0, 0, 2), s(0, 0, 7), s(0, 1, 2)}, true},
		{"out and in again", []spell{s(0, 0, 2)}, []spell{s(0, 0, 2)}, all, true},
		{"out twice", nil, []spell{s(0, 0, 2), s(0, 0, 2)}, []spell{s(0, 0, 1), s(0, 1, 2), s(3, 0, 1)}, false},
		{"out that never was in", nil, []spell{s(0, 0, 9)}, all, false},
	} {
		got, ok := exchangeSpells(slices.Clone(all), c.in, c.out)
		if ok != c.ok {
			t.Errorf("%s: ok is %v", c.name, ok)
		}
		if diff := gocmp.Diff(c.all, got, gocmp.AllowUnexported(spell{})); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", c.name, diff)
		}
	}
}

// What was kept comes back, with looks at other places; what does not fit is refused.
func TestKeptCaps(t *testing.T) {
	b := &bundle{outcomes: 1, columns: make([]columnSource, 1), whole: []bool{false}, converted: []int{0}, caps: []*experiment.Cap{{}}}
	spells := []spell{
		{from: 1, to: 2, arm: 1, entered: true, x: raw.Row{2.5}},
		{from: 1, to: math.MaxInt32, arm: 0, entered: true, x: raw.Row{-1}},
		{from: 2, to: math.MaxInt32, arm: 0, entered: true, x: raw.Row{4}},
	}
	zero := 0.0
	look := func(x float64) cappedLook {
		l := cappedLook{[]Capping{{Lower: &zero, Problem: CapIsZero}}, [][]int64{{1}, {2}}, raw.NewCells(b.whole, 1, 2)}
		l.cells.Add(1, &raw.Row{x}, 1, raw.Enter)
		return l
	}
	looks := []cappedLook{look(0), look(1), look(2)}
	kept := func() keptCaps { return keepCaps(b, spells, looks) }

	k := kept()
	got, capped, ok := k.give(b, 2, 4, raw.Move{To: []int{-1, 0, 1, 4}, Looks: 5}, true)
	if !ok {
		t.Fatal("what was kept does not fit")
	}
	want := slices.Clone(spells)
	for i := range want {
		want[i].from--
		if want[i].to < math.MaxInt32 {
			want[i].to--
		}
	}
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(spell{})); diff != "" {
		t.Errorf("spells (- want, + got):\n%s", diff)
	}
	if len(capped) != 4 || capped[2].cells != nil || capped[3].cells != nil {
		t.Errorf("%d looks, known where they are new", len(capped))
	}
	for i, l := range capped[:2] {
		wanted := looks[i+1]
		if diff := gocmp.Diff(wanted.capping, l.capping); diff != "" {
			t.Errorf("look %d, capping (- want, + got):\n%s", i, diff)
		}
		if diff := gocmp.Diff(wanted.changed, l.changed); diff != "" {
			t.Errorf("look %d, changed (- want, + got):\n%s", i, diff)
		}
		view := wanted.cells.View([]int{0}, 0)
		if diff := gocmp.Diff(metricCell(wanted.cells, 1, 3, &view), metricCell(l.cells, 1, 3, &view)); diff != "" {
			t.Errorf("look %d, cell (- want, + got):\n%s", i, diff)
		}
	}

	for name, damage := range map[string]func(*keptCaps){
		"a number less":     func(k *keptCaps) { k.X = k.X[8:] },
		"half a number":     func(k *keptCaps) { k.From = k.From[1:] },
		"an arm too many":   func(k *keptCaps) { k.Arm[0] = 2 },
		"a look too late":   func(k *keptCaps) { k.From[8] = 4 },
		"an end too late":   func(k *keptCaps) { k.To[0] = 9 },
		"over at once":      func(k *keptCaps) { k.To[0] = 1 },
		"a look that went":  func(k *keptCaps) { k.From[0] = 0 },
		"out of order":      func(k *keptCaps) { copy(k.To, k.To[4:]) },
		"looks too many":    func(k *keptCaps) { k.Looks = append(k.Looks, k.Looks[0]) },
		"an arm less":       func(k *keptCaps) { k.Looks[1].Changed = k.Looks[1].Changed[1:] },
		"no outcome":        func(k *keptCaps) { k.Looks[1].Changed[0] = nil },
		"no bounds":         func(k *keptCaps) { k.Looks[1].Capping = nil },
		"an unknown reason": func(k *keptCaps) { k.Looks[1].Capping[0].Problem = 9 },
		"no cells":          func(k *keptCaps) { k.Looks[1].Cells = raw.KeptCells{} },
	} {
		k := kept()
		k.Looks[1].Changed = slices.Clone(k.Looks[1].Changed)
		damage(&k)
		if _, _, ok := k.give(b, 2, 4, raw.Move{To: []int{-1, 0, 1, 4}, Looks: 5}, true); ok {
			t.Errorf("%s: it was taken", name)
		}
	}
}
