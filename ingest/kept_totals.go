package ingest

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"readout/internal/atomicfile"
)

// keptTotals is what the users of an experiment added up to in an earlier run, so that a run
// need only exchange the users of whom something has changed. Sums are exact: a user can be
// taken out without a trace.
type keptTotals struct {
	// Key is all of the query that the numbers depend on, but for looks.
	Key string
	// Files are the files of kept rows, and the places there, whose rows are added up.
	Files []keptSource
	// Looks are those of the run, with the one at the end of time. Numbers by look are of
	// those from Skip on.
	Looks []int64
	Skip  int
	// History is the time of the earliest conversion.
	History int64

	Arms            keptArms
	Exposed, Before []int64
	Entering        [][]int64
	Crosses         []keptCross
	// Segments are, by column, the values with users, in order.
	Segments [][]keptSegment
	Caps     []keptCaps // by bundle
}

// keptSource stands for the rows kept of a file, wherever they are kept: the XXH3 of what tells
// versions of the file apart, and of which of its rows were left out as too early.
type keptSource struct{ Hi, Lo uint64 }

// keptArms, keptCells, keptCross and keptSums are armTotals, momentCells, crossCells and
// sums of exactSum.
type keptArms struct {
	Users, Several []int64
	Clocks         [][]int64
	Bundles        []keptCells
}

type keptCells struct {
	Converted, Ints []int64
	Floats          keptSums
}

type keptCross struct {
	Linked        bool
	Entered, Left keptCells
	Change        keptSums
}

// keptSegment is the arms of a slot; the value of null is empty.
type keptSegment struct {
	Value string
	Arms  keptArms
}

func keepCells(m *momentCells) keptCells {
	return keptCells{m.converted, m.ints, keepSums(m.floats)}
}

func keepArms(t *armTotals) keptArms {
	k := keptArms{Users: t.users, Several: t.several, Clocks: t.clocks}
	for _, m := range t.bundles {
		k.Bundles = append(k.Bundles, keepCells(m))
	}
	return k
}

// keepSegments returns the totals of the slots of a column that have any users: nobody is
// counted in without a number in one of these.
func keepSegments(t *armTotals, slots namedSlots) []keptSegment {
	var kept []keptSegment
	for value, text := range slots.texts {
		arms := t.slot(slots.slot[value], len(slots.values))
		if slices.ContainsFunc(slices.Concat(arms.users, arms.several), func(n int64) bool { return n != 0 }) {
			kept = append(kept, keptSegment{text, keepArms(&arms)})
		}
	}
	return kept
}

// keepTotals returns the totals of an experiment without caps and values, and shares their
// memory.
func keepTotals(t *experimentTotals, segments []namedSlots) keptTotals {
	k := keptTotals{
		Arms:    keepArms(&t.armTotals),
		Exposed: t.exposed, Before: t.before, Entering: t.entering,
	}
	for column := range t.segments {
		k.Segments = append(k.Segments, keepSegments(&t.segments[column], segments[column]))
	}
	for _, c := range t.crosses {
		if c == nil {
			k.Crosses = append(k.Crosses, keptCross{})
			continue
		}
		k.Crosses = append(k.Crosses, keptCross{true, keepCells(c.entered), keepCells(c.left), keepSums(c.change)})
	}
	return k
}

// give puts the kept totals into fresh ones, whose looks are others: to says of each look
// then which it is now, or -1 for one at which there was nothing. Slots may have been added.
// It reports whether the kept totals fit.
func (k *keptTotals) give(t *experimentTotals, to []int, own ownLooks, segments []namedSlots) bool {
	looks := k.ownNow(to, own)
	ok := k.Arms.give(&t.armTotals, looks) &&
		giveInts(t.exposed, k.Exposed, 1, looks) && giveInts(t.before, k.Before, 1, looks) &&
		len(k.Entering) == len(t.entering) && len(k.Crosses) == len(t.crosses) && len(k.Segments) == len(t.segments)
	for i := 0; ok && i < len(t.entering); i++ {
		ok = giveInts(t.entering[i], k.Entering[i], 1, looks)
	}
	for i := 0; ok && i < len(t.segments); i++ {
		ok = giveSegments(&t.segments[i], k.Segments[i], segments[i], looks)
	}
	for i := 0; ok && i < len(t.crosses); i++ {
		c, was := t.crosses[i], &k.Crosses[i]
		switch {
		case c == nil || !was.Linked:
			ok = c == nil && !was.Linked
		default:
			ok = was.Entered.give(c.entered, looks) && was.Left.give(c.left, looks) &&
				was.Change.give(c.change, c.width*c.width, looks)
		}
	}
	return ok
}

func (k *keptArms) give(t *armTotals, looks lookMove) bool {
	ok := giveInts(t.users, k.Users, 1, looks) && giveInts(t.several, k.Several, 1, looks) &&
		len(k.Clocks) == len(t.clocks) && len(k.Bundles) == len(t.bundles)
	for i := 0; ok && i < len(t.clocks); i++ {
		ok = giveInts(t.clocks[i], k.Clocks[i], 1, looks)
	}
	for i := 0; ok && i < len(t.bundles); i++ {
		ok = k.Bundles[i].give(t.bundles[i], looks)
	}
	return ok
}

func giveSegments(t *armTotals, kept []keptSegment, slots namedSlots, looks lookMove) bool {
	for i := range kept {
		value, found := slices.BinarySearch(slots.texts, kept[i].Value)
		if !found || i > 0 && kept[i].Value <= kept[i-1].Value {
			return false
		}
		arms := t.slot(slots.slot[value], len(slots.values))
		if !kept[i].Arms.give(&arms, looks) {
			return false
		}
	}
	return true
}

func (k *keptCells) give(m *momentCells, looks lookMove) bool {
	return giveInts(m.converted, k.Converted, m.layout.marks, looks) && giveInts(m.ints, k.Ints, m.layout.ints, looks) &&
		k.Floats.give(m.floats, m.layout.floats, looks)
}

// lookMove says which look each look was.
type lookMove struct {
	to    []int
	looks int // now
}

// fits reports whether there were as many numbers as there must have been. A cell has width of
// them; there are so many in all.
func (l lookMove) fits(were, are, width int) bool {
	if width == 0 {
		return were == 0 && are == 0
	}
	return were == are/l.looks*len(l.to)
}

// cell returns where a cell is now, or -1.
func (l lookMove) cell(was int) int {
	arm, look := was/len(l.to), was%len(l.to)
	if l.to[look] < 0 {
		return -1
	}
	return arm*l.looks + l.to[look]
}

func giveInts(dst, src []int64, width int, looks lookMove) bool {
	if !looks.fits(len(src), len(dst), width) {
		return false
	}
	for cell := 0; cell*width < len(src); cell++ {
		if to := looks.cell(cell); to >= 0 {
			copy(dst[to*width:(to+1)*width], src[cell*width:])
		}
	}
	return true
}

// looksNow returns what lookMove.to is, and the first look now that there was not then; false
// if looks then and now do not go together. Nothing of the experiment is before start.
func (k *keptTotals) looksNow(looks lookTable, start int64) (to []int, added int, ok bool) {
	end := len(k.Looks) - 1
	for _, was := range k.Looks[:end] {
		at, found := slices.BinarySearch(looks, was)
		if !found {
			if at = -1; was > start {
				return nil, 0, false
			}
		}
		to = append(to, at)
	}
	last := lookTable(k.Looks).lastAsked()
	for added < len(looks)-1 && looks[added] <= last {
		if looks[added] > start && !slices.Contains(k.Looks, looks[added]) {
			return nil, 0, false
		}
		added++
	}
	return append(to, len(looks)-1), added, true
}

// ownNow returns what to is for the looks of which there are numbers, then and now.
func (k *keptTotals) ownNow(to []int, own ownLooks) lookMove {
	move := lookMove{looks: own.looks}
	for _, now := range to[k.Skip:] {
		move.to = append(move.to, max(now-own.skip, -1))
	}
	return move
}

const (
	totalsPrefix = "totals-"
	totalsMagic  = "readout totals 8\n"
)

// totalsPath names the file of the totals with a key.
func (k *keptRows) totalsPath(key string) string {
	return filepath.Join(k.dir, fmt.Sprintf("%s%016x", totalsPrefix, xxh3.HashString(key)))
}

// readTotals returns the totals with a key, nil if there are none.
func (k *keptRows) readTotals(key string) *keptTotals {
	b, err := os.ReadFile(k.totalsPath(key))
	if err != nil {
		return nil
	}
	head := len(totalsMagic) + 8
	if len(b) < head || string(b[:len(totalsMagic)]) != totalsMagic {
		return nil
	}
	if string(sumBytes(b[head:])) != string(b[len(totalsMagic):head]) {
		return nil
	}
	t := new(keptTotals)
	if err := gob.NewDecoder(bytes.NewReader(b[head:])).Decode(t); err != nil || t.Key != key || t.Skip < 0 || t.Skip >= len(t.Looks) {
		return nil
	}
	return t
}

func sumBytes(b []byte) []byte { return binary.BigEndian.AppendUint64(nil, xxh3.Hash(b)) }

// writeTotals keeps totals, in place of those with the same key.
func (k *keptRows) writeTotals(t *keptTotals) error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(t); err != nil {
		return fmt.Errorf("keep totals: %w", err)
	}
	_, err := atomicfile.Replace(k.totalsPath(t.Key), func(w io.Writer) error {
		_, err := w.Write(slices.Concat([]byte(totalsMagic), sumBytes(b.Bytes()), b.Bytes()))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep totals: %w", err)
	}
	return nil
}

// mostTotals bounds the files of totals.
const mostTotals = 1000

// pruneTotals removes files of totals once there are many: all but those with the keys
// given.
func (k *keptRows) pruneTotals(keys []string) error {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return fmt.Errorf("keep totals: %w", err)
	}
	keep := map[string]bool{}
	for _, key := range keys {
		keep[filepath.Base(k.totalsPath(key))] = true
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), totalsPrefix) {
			names = append(names, e.Name())
		}
	}
	if len(names) <= mostTotals {
		return nil
	}
	var errs []error
	for _, name := range names {
		if !keep[name] {
			if err := os.Remove(filepath.Join(k.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, fmt.Errorf("keep totals: %w", err))
			}
		}
	}
	return errors.Join(errs...)
}
