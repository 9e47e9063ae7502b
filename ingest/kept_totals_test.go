package ingest

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// segmentTotals returns totals by slot and arm, at one look.
func segmentTotals(slots namedSlots) armTotals {
	q, _ := small()
	p := newRunner(&q, 1, nil).programs(false)[0]
	return newArmTotals(p, len(slots.values)*p.arms(), true)
}

// Slots of values that nobody has are not kept, and those of others come back where their
// values are now.
func TestKeptSegmentsFindTheirSlots(t *testing.T) {
	was := namedSlots{[]string{"", "AT", "CH", "DE"}, slotsOfAll(4)}
	totals := segmentTotals(was)
	copy(totals.users, []int64{0, 0, 1, 2, 0, 0, 0, 4, 5, 6})
	copy(totals.several, []int64{0, 0, 0, 0, 0, 0, 8, 0, 0, 0})
	kept := keepSegments(&totals, was)
	var values []string
	for _, s := range kept {
		values = append(values, s.Value)
	}
	if diff := gocmp.Diff([]string{"", "CH", "DE"}, values); diff != "" {
		t.Errorf("values (- want, + got):\n%s", diff)
	}
	now := namedSlots{[]string{"", "BE", "BG", "CH", "DE"}, slotsOfAll(5)}
	got := segmentTotals(now)
	if !giveSegments(&got, kept, now, lookMove{[]int{0}, 1}) {
		t.Fatal("kept segments do not fit")
	}
	if diff := gocmp.Diff([]int64{0, 0, 1, 2, 0, 0, 0, 0, 0, 4, 5, 6}, got.users); diff != "" {
		t.Errorf("users (- want, + got):\n%s", diff)
	}
	if diff := gocmp.Diff([]int64{0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0}, got.several); diff != "" {
		t.Errorf("users in several variants (- want, + got):\n%s", diff)
	}
}

func TestKeptSegmentsThatDoNotFit(t *testing.T) {
	slots := namedSlots{[]string{"", "AT", "DE"}, slotsOfAll(3)}
	looks := lookMove{[]int{0}, 1}
	for name, damage := range map[string]func([]keptSegment) []keptSegment{
		"unknown value": func(k []keptSegment) []keptSegment { k[1].Value = "FR"; return k },
		"value twice":   func(k []keptSegment) []keptSegment { return append(k, k[2]) },
		"other order":   func(k []keptSegment) []keptSegment { slices.Reverse(k); return k },
		"fewer arms":    func(k []keptSegment) []keptSegment { k[0].Arms.Users = k[0].Arms.Users[:1]; return k },
		"no clocks":     func(k []keptSegment) []keptSegment { k[0].Arms.Clocks = nil; return k },
		"no bundles":    func(k []keptSegment) []keptSegment { k[2].Arms.Bundles = nil; return k },
		"fewer sums":    func(k []keptSegment) []keptSegment { k[0].Arms.Bundles[0].Floats.Count--; return k },
	} {
		totals := segmentTotals(slots)
		for i := range totals.users {
			totals.users[i] = 1
		}
		kept, now := keepSegments(&totals, slots), segmentTotals(slots)
		if !giveSegments(&now, kept, slots, looks) {
			t.Fatal("kept segments do not fit")
		}
		if now = segmentTotals(slots); giveSegments(&now, damage(kept), slots, looks) {
			t.Errorf("%s: kept segments fit", name)
		}
	}
}
