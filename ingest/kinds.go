package ingest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"readout/experiment"
	"readout/ingest/tables"
)

// eventKinds tells conversion rows apart as far as the query does: a kind is an event and
// which of the filters on that event its rows pass. The first kinds are the events
// themselves, with no filter passed; the others are numbered as they are met. So what
// comes after the scan knows kinds only, and filters cost nothing there.
type eventKinds struct {
	// columns are those that filters compare, in the order of their first mention.
	columns []*tables.FilterColumn
	// wheres are the different filters on each event, each a list of comparisons that
	// must all hold.
	wheres [][]where
	// plain says of each event that a column of the query counts it without a filter.
	plain []bool
	most  int // kinds, and rows of different classes that a worker remembers the kinds of

	mu     sync.Mutex
	number map[string]uint32
	kinds  []eventKind
}

// eventKind is an event with, by place in eventKinds.wheres, which filters are passed.
type eventKind struct {
	event  int
	passes string // a byte, 0 or 1, per filter
}

// where is the filters of a column of the query.
type where struct {
	filters []experiment.Filter
	terms   []whereTerm
}

type whereTerm struct{ column, comparison int }

// maxKinds bounds the kinds that are met.
const maxKinds = 1 << 16

// newEventKinds finds the filters of a query that has been checked.
func newEventKinds(q *Query, events tables.FixedNames) *eventKinds {
	k := &eventKinds{
		wheres: make([][]where, len(events)),
		plain:  make([]bool, len(events)),
		most:   maxKinds,
		number: map[string]uint32{},
	}
	for i := range q.Experiments {
		for j := range q.Experiments[i].Metrics {
			for _, c := range q.Experiments[i].Metrics[j].outcomes() {
				event := int(events[c.Event])
				if len(c.Where) == 0 {
					k.plain[event] = true
				} else if k.where(event, c.Where) < 0 {
					k.wheres[event] = append(k.wheres[event], k.newWhere(c.Where))
				}
			}
		}
	}
	for _, c := range k.columns {
		c.Seal()
	}
	for event := range k.wheres {
		kind := eventKind{event, string(make([]byte, len(k.wheres[event])))}
		k.number[kind.key()] = uint32(event)
		k.kinds = append(k.kinds, kind)
	}
	return k
}

func (k eventKind) key() string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(k.event))) + k.passes
}

// where returns the place of the filters among those on the event; -1 if they are new.
func (k *eventKinds) where(event int, filters []experiment.Filter) int {
	return slices.IndexFunc(k.wheres[event], func(w where) bool {
		return slices.EqualFunc(w.filters, filters, func(a, b experiment.Filter) bool {
			return a.Column == b.Column && a.Operator == b.Operator && slices.Equal(a.Values, b.Values)
		})
	})
}

// newWhere resolves filters to comparisons of columns, which it adds where they are new.
func (k *eventKinds) newWhere(filters []experiment.Filter) where {
	w := where{filters: filters}
	for _, f := range filters {
		column := slices.IndexFunc(k.columns, func(c *tables.FilterColumn) bool { return c.Name == f.Column })
		if column < 0 {
			column = len(k.columns)
			k.columns = append(k.columns, &tables.FilterColumn{Name: f.Column})
		}
		// Query.check has tried all filters.
		comparison, _ := k.columns[column].Add(f)
		w.terms = append(w.terms, whereTerm{column, comparison})
	}
	return w
}

// filtered reports whether there are filters on an event.
func (k *eventKinds) filtered(event int) bool { return len(k.wheres[event]) > 0 }

// passing returns the kinds of an event whose rows pass the filters at a place in wheres;
// all if where is -1.
func (k *eventKinds) passing(event, where int) []int {
	var kinds []int
	for i, kind := range k.kinds {
		if kind.event == event && (where < 0 || kind.passes[where] == 1) {
			kinds = append(kinds, i)
		}
	}
	return kinds
}

// find returns the kind of rows of an event whose values are of the classes given, by
// column; OtherCode if no column of the query counts them.
func (k *eventKinds) find(event int, classes []uint32) (uint32, error) {
	passes := make([]byte, len(k.wheres[event]))
	some := k.plain[event]
	for i, w := range k.wheres[event] {
		holds := true
		for _, t := range w.terms {
			holds = holds && k.columns[t.column].Holds(classes[t.column], t.comparison)
		}
		if holds {
			passes[i], some = 1, true
		}
	}
	if !some {
		return tables.OtherCode, nil
	}
	return k.numbered(eventKind{event, string(passes)})
}

// numbered returns the number of a kind, which may be new.
func (k *eventKinds) numbered(kind eventKind) (uint32, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n, ok := k.number[kind.key()]; ok {
		return n, nil
	}
	if len(k.kinds) >= k.most {
		return 0, fmt.Errorf("the filters of metrics tell more than %d kinds of rows apart: use fewer different ones on the same event", k.most)
	}
	n := uint32(len(k.kinds))
	k.number[kind.key()] = n
	k.kinds = append(k.kinds, kind)
	return n, nil
}

// eventsFrom returns the events of the n-th and later kinds.
func (k *eventKinds) eventsFrom(n int) []int {
	k.mu.Lock()
	defer k.mu.Unlock()
	var events []int
	for _, kind := range k.kinds[n:] {
		events = append(events, kind.event)
	}
	return events
}

// kindCoder finds the kinds of a worker's rows.
type kindCoder struct {
	kinds   *eventKinds
	codes   []uint32
	key     []byte
	classes []uint32
	known   map[string]uint32 // by event and classes
}

func newKindCoder(k *eventKinds) *kindCoder {
	return &kindCoder{kinds: k, classes: make([]uint32, len(k.columns)), known: map[string]uint32{}}
}

// of returns the kinds of a batch's rows: events is their events, columns the classes of
// their values, null as NullCode.
func (c *kindCoder) of(events []uint32, columns [][]uint32) ([]uint32, error) {
	c.codes = append(c.codes[:0], events...)
	for i, event := range events {
		if event >= tables.OtherCode || !c.kinds.filtered(int(event)) {
			continue
		}
		c.key = binary.LittleEndian.AppendUint32(c.key[:0], event)
		for j, column := range columns {
			class := column[i]
			if class == tables.NullCode {
				class = tables.NullClass
			}
			c.classes[j] = class
			c.key = binary.LittleEndian.AppendUint32(c.key, class)
		}
		kind, ok := c.known[string(c.key)]
		if !ok {
			var err error
			if kind, err = c.kinds.find(int(event), c.classes); err != nil {
				return nil, err
			}
			if len(c.known) >= c.kinds.most {
				clear(c.known)
			}
			c.known[string(c.key)] = kind
		}
		c.codes[i] = kind
	}
	return c.codes, nil
}
