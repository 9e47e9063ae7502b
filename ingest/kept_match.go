package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"readout/ingest/tables"
)

// keptUse is a file whose rows need not be read, because an earlier run kept them.
type keptUse struct {
	rows  *keptRowsFile
	at    int   // place in rows.Files
	place int   // place among the files of the table
	now   []int // by keptFile.Looks
}

// keptPlan says which files of a table have to be read and which are kept.
type keptPlan struct {
	scan []int // places among the files of the table
	uses []keptUse
	correction
}

// keptTable is a table whose rows are kept.
type keptTable struct {
	*keptRows
	table, rules string
	// footer returns what footerSum does.
	footer func(context.Context, tables.File) (uint64, error)
	// from and lastDay bound the rows of past days that matter, see correction.
	from, lastDay int64
}

// plan decides for each file. usable says of a file that is still the same whether what was
// kept of it answers this query too.
func (k *keptTable) plan(ctx context.Context, files []tables.File, looks lookTable, usable func(*keptRowsFile, *keptFile) bool) (keptPlan, error) {
	type found struct {
		rows *keptRowsFile
		at   int
	}
	newest := map[string]found{}
	for _, rows := range k.files {
		if rows.Table == k.table && rows.Rules == k.rules {
			for at := range rows.Files {
				newest[rows.Files[at].Path] = found{rows, at}
			}
		}
	}
	p := keptPlan{correction: correction{from: k.from, before: k.lastDay, since: latestTime}}
	known := len(newest) > 0
	for place, f := range files {
		was, ok := newest[f.Path]
		switch {
		case ok:
			delete(newest, f.Path)
			kept := &was.rows.Files[was.at]
			now, sameLooks := kept.looksNow(looks)
			same := f.Version != "" && kept.Version == f.Version && kept.Size == f.Size
			if same && sameLooks && !kept.Timeless && usable(was.rows, kept) {
				footer, err := k.footerOf(ctx, f)
				if err != nil {
					return keptPlan{}, err
				}
				if same = footer == kept.Footer; same {
					p.uses = append(p.uses, keptUse{was.rows, was.at, place, now})
					continue
				}
			}
			if !same {
				p.came(place, kept)
			}
		case known:
			p.came(place, nil)
		}
		p.scan = append(p.scan, place)
	}
	for _, gone := range newest {
		p.note(&gone.rows.Files[gone.at])
	}
	p.join()
	for _, u := range p.uses {
		u.rows.used = true
	}
	return p, nil
}

// Each run leaves a file of kept rows, and all of them are read for every user. Once there are
// more than mostApart with rows of fewer than fewFiles files each, these are read anew, so that
// their rows come together. A file is read twice in all for that.
const (
	mostApart = 32
	fewFiles  = 16
)

// join decides which files are read although their rows are kept: those few each, and those
// whose rows are kept among more that nobody reads any more.
func (p *keptPlan) join() {
	type share struct {
		files     int // with rows
		rows, all int64
	}
	used := map[*keptRowsFile]share{}
	for _, u := range p.uses {
		s, known := used[u.rows]
		if !known {
			s.all = u.rows.kept()
		}
		if n := u.rows.Files[u.at].kept(); n > 0 {
			s.files++
			s.rows += n
		}
		used[u.rows] = s
	}
	apart := 0
	for _, s := range used {
		if s.files < fewFiles {
			apart++
		}
	}
	p.uses = slices.DeleteFunc(p.uses, func(u keptUse) bool {
		s := used[u.rows]
		again := 2*s.rows < s.all || apart > mostApart && s.files < fewFiles
		if again {
			p.scan = append(p.scan, u.place)
		}
		return again
	})
	slices.Sort(p.scan)
}

// kept is how many rows are kept of all files.
func (k *keptIndex) kept() (rows int64) {
	for i := range k.Files {
		rows += k.Files[i].kept()
	}
	return rows
}

func (k *keptTable) footerOf(ctx context.Context, f tables.File) (uint64, error) {
	sum, err := k.footer(ctx, f)
	if err != nil {
		return 0, fmt.Errorf("read %s %s: %w", k.table, f.Path, err)
	}
	return sum, nil
}

// footerSum returns the XXH3 of a file's metadata, which says where each page is and how
// large: it tells versions of a file apart that have the same length and time.
func footerSum(ctx context.Context, store tables.Store, f tables.File) (uint64, error) {
	footer, err := tables.Footer(ctx, store, f)
	return xxh3.Hash(footer), err
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

// keptExperiments returns the experiments of the query as the index lists them.
func (r *runner) keptExperiments() []keptExperiment {
	var out []keptExperiment
	for i := range r.q.Experiments {
		e := &r.q.Experiments[i]
		k := keptExperiment{Name: e.Name, Start: r.arms[i].start, End: r.arms[i].end}
		for _, v := range r.arms[i].variants {
			k.Variants = append(k.Variants, e.Variants[v])
		}
		out = append(out, k)
	}
	return out
}

// experimentsNow returns, by place in the index, which experiment of the query each is, or -1.
func (r *runner) experimentsNow(index *keptIndex) []int {
	experiments := r.keptExperiments()
	now := make([]int, len(index.Experiments))
	for i, was := range index.Experiments {
		now[i] = slices.IndexFunc(experiments, func(e keptExperiment) bool {
			return e.Name == was.Name && slices.Equal(e.Variants, was.Variants)
		})
	}
	return now
}

// exposuresUsable reports whether the exposures kept of a file answer the query: its
// experiments were known then or count none of the file's rows, and none of these lies where
// dates changed.
func (r *runner) exposuresUsable() func(*keptRowsFile, *keptFile) bool {
	from := exposuresBound(r.arms)
	then := map[*keptRowsFile][]int{} // by experiment of the query, the place in the index
	return func(rows *keptRowsFile, f *keptFile) bool {
		places, ok := then[rows]
		if !ok {
			now := r.experimentsNow(rows.keptIndex)
			for i := range r.arms {
				places = append(places, slices.Index(now, i))
			}
			then[rows] = places
		}
		for i, arms := range r.arms {
			if f.last() < arms.counted {
				continue
			}
			if places[i] < 0 {
				return false
			}
			e := &rows.Experiments[places[i]]
			if !f.untouched(e.Start, arms.start) || !f.untouched(countedFrom(e.Start), arms.counted) || !f.untouched(e.End, arms.end) {
				return false
			}
		}
		return f.untouched(f.From, from)
	}
}

// keptEvents returns the events of the query as the index lists them.
func (r *runner) keptEvents() []keptEvent {
	out := make([]keptEvent, len(r.events))
	for name, event := range r.events {
		out[event] = keptEvent{Name: name, Plain: r.kinds.plain[event], Valued: r.valued[event]}
		for _, w := range r.kinds.wheres[event] {
			out[event].Wheres = append(out[event].Wheres, fmt.Sprintf("%#v", w.filters))
		}
	}
	return out
}

// conversionsUsable reports whether the conversions kept of a file answer the query: all its
// events and filters were asked for then or none of the file's rows matters, and none of
// these lies where the earliest time that does changed.
func (r *runner) conversionsUsable() func(*keptRowsFile, *keptFile) bool {
	events, from := r.keptEvents(), historyBound(r.q)
	covered := map[*keptRowsFile]bool{}
	return func(rows *keptRowsFile, f *keptFile) bool {
		ok, known := covered[rows]
		if !known {
			ok = covers(rows.Events, events)
			covered[rows] = ok
		}
		return (ok || f.last() < from) && f.untouched(f.From, from)
	}
}

// covers reports whether all that is asked of events was asked of those kept.
func covers(kept, events []keptEvent) bool {
	for _, e := range events {
		at := slices.IndexFunc(kept, func(was keptEvent) bool { return was.Name == e.Name })
		if at < 0 {
			return false
		}
		was := &kept[at]
		if e.Plain && !was.Plain || e.Valued && !was.Valued {
			return false
		}
		for _, w := range e.Wheres {
			if !slices.Contains(was.Wheres, w) {
				return false
			}
		}
	}
	return true
}

// kindsNow returns, by place in the index, which kind of the query each is, or -1. It is for
// files of which something is usable.
func (r *runner) kindsNow(index *keptIndex) ([]int, error) {
	events := r.keptEvents()
	now := make([]int, len(index.Kinds))
	for i, k := range index.Kinds {
		was := &index.Events[k.Event]
		now[i] = -1
		event := slices.IndexFunc(events, func(e keptEvent) bool { return e.Name == was.Name })
		if event < 0 {
			continue
		}
		passes := make([]byte, len(events[event].Wheres))
		some := events[event].Plain
		for j, w := range events[event].Wheres {
			at := slices.Index(was.Wheres, w)
			if at >= 0 && k.Passes[at] == 1 {
				passes[j], some = 1, true
			}
		}
		if !some {
			continue
		}
		n, err := r.kinds.numbered(eventKind{event, string(passes)})
		if err != nil {
			return nil, err
		}
		now[i] = int(n)
	}
	return now, nil
}

// setsNow returns, by place in the index, the numbers of combinations of segments.
func (r *runner) setsNow(index *keptIndex) []int {
	now := make([]int, len(index.Sets))
	for i, set := range index.Sets {
		codes := make([]uint32, len(set))
		for column, place := range set {
			codes[column] = tables.NullCode
			if place >= 0 {
				codes[column] = r.segments.names[column].Code([]byte(index.Segments[column][place]))
			}
		}
		now[i] = int(r.segments.numbered(codes))
	}
	return now
}

// exposureRules and conversionRules are what else decides what is kept of a row.
func (r *runner) exposureRules() string {
	t := &r.q.Exposures
	only := ""
	if t.Experiment == "" && len(r.q.Experiments) > 0 {
		only = r.q.Experiments[0].Name
	}
	return keptRules(t.User, t.Variant, t.Time, t.Experiment, only, strings.Join(t.Segments, "\x00"), r.location.String())
}

func (r *runner) conversionRules() string {
	t := &r.q.Conversions
	return keptRules(t.User, t.Event, t.Time, t.Value, r.location.String())
}
