package ingest

import (
	"fmt"
	"slices"
	"strings"
)

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
			if places[i] < 0 {
				if f.last() >= arms.counted {
					return false
				}
				continue
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
