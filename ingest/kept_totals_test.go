package ingest

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"readout/experiment"
	"readout/ingest/raw"
	"readout/ingest/scatter"
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
	if !giveSegments(&got, kept, now, raw.Move{To: []int{0}, Looks: 1}) {
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
	looks := raw.Move{To: []int{0}, Looks: 1}
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

// TestKeptTotalsAreBuiltOn: a later run starts from the totals of an earlier one, and not from those
// of another query. The other tests hold that this changes no result, which running without them
// would not either; here the kept totals count a user who is not in the rows.
func TestKeptTotalsAreBuiltOn(t *testing.T) {
	users := func(change func(*keptTotals)) int64 {
		t.Helper()
		dir := t.TempDir()
		q, d := small()
		q.Looks = append(q.Looks, q.Looks[0].AddDate(0, 0, 1))
		versions := slices.Repeat([]string{"1"}, len(d.exposures)+len(d.conversions))
		first := q
		first.Looks = q.Looks[:1]
		if _, err := runKept(first, d, dir, 1, 0, versions); err != nil {
			t.Fatal(err)
		}
		changeTotals(t, dir, change)
		result, err := runKept(q, d, dir, 1, 0, versions)
		if err != nil {
			t.Fatal(err)
		}
		return result.Experiments[0].Looks[1].Users[0]
	}
	plain := users(func(*keptTotals) {})
	if got := users(func(k *keptTotals) { k.Arms.Users[0]++ }); got != plain+1 {
		t.Errorf("%d users, and one more in the totals: %d", plain, got)
	}
	if got := users(func(k *keptTotals) { k.Arms.Users[0]++; k.Key += "?" }); got != plain {
		t.Errorf("%d users, and one more in the totals of another query: %d", plain, got)
	}
}

// changeTotals changes the totals kept in a folder, of which there is one file; it stays where it is.
func changeTotals(t *testing.T, dir string, change func(*keptTotals)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, totalsPrefix+"*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files of totals: %q, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	totals := new(keptTotals)
	if err := gob.NewDecoder(bytes.NewReader(b[len(totalsMagic)+8:])).Decode(totals); err != nil {
		t.Fatal(err)
	}
	change(totals)
	k := &keptRows{dir: dir}
	if err := k.writeTotals(totals); err != nil {
		t.Fatal(err)
	}
	if now := k.totalsPath(totals.Key); now != files[0] {
		if err := os.Rename(now, files[0]); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTotalsOfOtherRowsGo: totals that are not those of the rows are found out where a user's numbers are
// to be exchanged. They must not stay, or else every later run would fail too.
func TestTotalsOfOtherRowsGo(t *testing.T) {
	dir := t.TempDir()
	q, d := small()
	q.Experiments[0].Metrics[0].Value.Cap = &experiment.Cap{Upper: &experiment.CapBound{Value: 1}}
	run := func() (*Result, error) {
		return runKept(q, d, dir, 1, 0, slices.Repeat([]string{"1"}, len(d.exposures)+len(d.conversions)))
	}
	if _, err := run(); err != nil {
		t.Fatal(err)
	}
	changeTotals(t, dir, func(k *keptTotals) { k.Caps[0].X = scatter.BytesOf([]float64{5}) })
	d.conversions = append(d.conversions, d.conversions[0])
	if _, err := run(); !errors.Is(err, scatter.ErrUnreadable) {
		t.Fatalf("error %v, want one of what is kept", err)
	}
	got, err := run()
	if err != nil {
		t.Fatal(err)
	}
	want, err := runFake(t.Context(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := unlike(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestOldTotalsGo: there are totals for every definition that an experiment ever had, until they are
// many. Those of the run and files that are none of Readout's stay.
func TestOldTotalsGo(t *testing.T) {
	k := &keptRows{dir: t.TempDir()}
	keys := []string{"now", "too"}
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(k.dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range keys {
		write(filepath.Base(k.totalsPath(key)))
	}
	write("rows-000001")
	files := func() int {
		t.Helper()
		if err := k.pruneTotals(keys); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(k.dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	for n := range mostTotals - len(keys) {
		write(filepath.Base(k.totalsPath(fmt.Sprint("before ", n))))
	}
	if n := files(); n != mostTotals+1 {
		t.Errorf("%d files are left of as many totals as there may be and one more", n)
	}
	write(filepath.Base(k.totalsPath("one more")))
	if n := files(); n != len(keys)+1 {
		t.Errorf("%d files are left, want those of the run and one more", n)
	}
}
