package ingest

import (
	"cmp"
	"slices"
)

// keptFile is what a scan has found in one file, other than tuples, so that it can be
// counted again without being read.
type keptFile struct {
	Path, Version string
	Size          int64
	Footer        uint64 // XXH3 of the file's metadata
	First         int64  // the earliest time; latestTime without any
	Date          bool   // it is a date
	From          int64  // readCounts.from
	// Timeless says that a row group has no time at all: its rows belong to the first look,
	// whichever that is, so the file cannot be counted again without being read.
	Timeless    bool
	Segments    []keptNames // by column
	Unknown     keptNames   // of variants
	Looks       []keptLook
	Experiments []keptExperimentRows
	Kinds       []keptKindRows
}

// keptLook is what came in at a look. Its rows lie between First and Counts.Last.
type keptLook struct {
	Look   int32
	First  int64
	Counts lookCounts
}

// keptNames is names that the file has: places in keptIndex.Segments, or in its Variants, and whether
// there were more, of which nobody knows.
type keptNames struct {
	Names []int32
	More  bool
}

// keptExperimentRows is exposureCounts of an experiment at a look.
type keptExperimentRows struct {
	Experiment, Look    int32
	Rows, Before, After int64
}

// keptKindRows counts conversions of a kind at a look.
type keptKindRows struct {
	Kind, Look      int32
	Wanted, NoValue int64
}

// takeReads moves the counts of the row groups read since the last call into the file.
func (f *keptFile) takeReads(c *readCounts) {
	f.First, f.Date = min(f.First, c.first), f.Date || c.date
	f.From = c.from
	for look := range c.byLook {
		l := &c.byLook[look]
		if l.Rows == 0 {
			continue
		}
		f.Timeless = f.Timeless || l.Last == noTime
		at, found := slices.BinarySearchFunc(f.Looks, int32(look), func(k keptLook, look int32) int { return cmp.Compare(k.Look, look) })
		if !found {
			f.Looks = slices.Insert(f.Looks, at, keptLook{Look: int32(look), First: noTime, Counts: lookCounts{Last: noTime}})
		}
		f.Looks[at].Counts.add(l)
		*l = lookCounts{Last: noTime}
	}
	c.first, c.date = latestTime, false
}

// earliest is what [readCounts.end] says of the file's row groups.
func (f *keptFile) earliest() int64 {
	if f.Timeless {
		return noTime
	}
	return f.First
}

// kept is how many rows are kept of the file: a table has either experiments or kinds.
func (f *keptFile) kept() (rows int64) {
	for i := range f.Experiments {
		e := &f.Experiments[i]
		rows += e.Rows - e.Before - e.After
	}
	for i := range f.Kinds {
		rows += f.Kinds[i].Wanted
	}
	return rows
}

// bound notes what the times at each look lie between, given when looks begin.
func (f *keptFile) bound(looks lookTable) {
	for i := range f.Looks {
		k := &f.Looks[i]
		k.First = f.First
		if k.Look > 0 {
			k.First = max(k.First, looks[k.Look-1])
		}
	}
}

// takeExposures moves what a visitor has counted since the last call into the file.
func (f *keptFile) takeExposures(v *exposureVisitor) {
	f.takeReads(&v.readCounts)
	for i := range v.experiments {
		c := &v.experiments[i]
		for look := range c.rows {
			if c.rows[look] == 0 {
				continue
			}
			f.Experiments = append(f.Experiments, keptExperimentRows{int32(i), int32(look), c.rows[look], c.before[look], c.after[look]})
			c.rows[look], c.before[look], c.after[look] = 0, 0, 0
		}
	}
	f.Unknown.take(&v.metUnknown)
	f.takeNames(v.met)
}

// takeNames takes in the names of segments met since the last call.
func (f *keptFile) takeNames(met []metNames) {
	if f.Segments == nil {
		f.Segments = make([]keptNames, len(met))
	}
	for i := range met {
		f.Segments[i].take(&met[i])
	}
}

// take moves names that were met there.
func (k *keptNames) take(m *metNames) {
	k.Names = append(k.Names, m.codes...)
	slices.Sort(k.Names)
	k.Names, k.More = slices.Compact(k.Names), k.More || m.more
	m.forget()
}

// takeConversions does the same for conversions.
func (f *keptFile) takeConversions(v *conversionVisitor) {
	f.takeReads(&v.readCounts)
	for kind := range v.wanted {
		for look, n := range v.wanted[kind] {
			if n == 0 {
				continue
			}
			f.Kinds = append(f.Kinds, keptKindRows{int32(kind), int32(look), n, v.noValue[kind][look]})
			v.wanted[kind][look], v.noValue[kind][look] = 0, 0
		}
	}
}

// looksNow returns, by place in f.Looks, the look that now sees those rows first; false if
// some of them are now seen by different looks.
func (f *keptFile) looksNow(looks lookTable) ([]int, bool) {
	now := make([]int, len(f.Looks))
	for i := range f.Looks {
		k := &f.Looks[i]
		now[i] = looks.of(k.First)
		if looks.of(k.Counts.Last) != now[i] {
			return nil, false
		}
	}
	return now, true
}

// lookNow returns a function from looks when the file was read to looks now.
func (f *keptFile) lookNow(now []int) func(int32) int {
	return func(look int32) int {
		at, _ := slices.BinarySearchFunc(f.Looks, look, func(k keptLook, look int32) int { return cmp.Compare(k.Look, look) })
		return now[at]
	}
}

// giveReads adds what was read of the file, by the looks that see it now.
func (f *keptFile) giveReads(c *readCounts, now []int) {
	c.begin(f.First, f.Date)
	for i := range f.Looks {
		c.byLook[now[i]].add(&f.Looks[i].Counts)
	}
}

// giveExposures adds the counts of the file, whose experiments now have other numbers; -1 is one
// that is not wanted.
func (f *keptFile) giveExposures(v *exposureVisitor, now, experiments []int) {
	f.giveReads(&v.readCounts, now)
	look := f.lookNow(now)
	for _, k := range f.Experiments {
		if to := experiments[k.Experiment]; to >= 0 {
			c, at := &v.experiments[to], look(k.Look)
			c.rows[at] += k.Rows
			c.before[at] += k.Before
			c.after[at] += k.After
		}
	}
}

// giveConversions adds the counts of the file, whose kinds now have other numbers.
func (f *keptFile) giveConversions(v *conversionVisitor, now, kinds []int) {
	f.giveReads(&v.readCounts, now)
	look := f.lookNow(now)
	for _, k := range f.Kinds {
		if to := kinds[k.Kind]; to >= 0 {
			at := look(k.Look)
			v.wanted[to][at] += k.Wanted
			v.noValue[to][at] += k.NoValue
		}
	}
}

// last returns the latest time in the file; noTime without any.
func (f *keptFile) last() int64 {
	last := int64(noTime)
	for i := range f.Looks {
		last = max(last, f.Looks[i].Counts.Last)
	}
	return last
}

// untouched reports whether no row of the file lies between two instants, so that it makes
// no difference which of them is a bound.
func (f *keptFile) untouched(a, b int64) bool {
	return a == b || f.First >= max(a, b) || f.last() < min(a, b)
}
