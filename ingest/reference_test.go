package ingest

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"readout/experiment"
	"readout/internal/fractions"
	"readout/moments"
)

// A fakeRow is a row of either table. Empty text is null.
type fakeRow struct {
	user, experiment, variant, event string
	time                             int64
	date                             bool // time is a date, as in all rows of the file
	value                            float64
	// plan and amount are columns to filter by; NaN is null.
	plan   string
	amount float64
	// country and device are segments.
	country, device string
}

// passes says whether all filters hold for a row.
func (r fakeRow) passes(where []experiment.Filter) bool {
	for _, f := range where {
		number, _ := strconv.ParseFloat(f.Values[0].Text, 64)
		text := f.Values[0].Text
		null := r.plan == ""
		if f.Column == "amount" {
			null = math.IsNaN(r.amount)
		}
		var holds bool
		switch f.Operator {
		case experiment.OpExists:
			holds = null == (text == "false")
		case experiment.OpAtLeast:
			holds = r.amount >= number
		case experiment.OpLessThan:
			holds = r.amount < number
		case experiment.OpIs:
			holds = !null && (f.Column == "plan" && r.plan == text || f.Column == "amount" && r.amount == number)
		case experiment.OpNotIn:
			holds = null || !slices.ContainsFunc(f.Values, func(v experiment.Scalar) bool { return v.Text == r.plan })
		case experiment.OpStartsWith:
			holds = strings.HasPrefix(r.plan, text)
		}
		if !holds {
			return false
		}
	}
	return true
}

// A fakeFile is row groups of rows.
type fakeFile [][]fakeRow

// referenceLook answers a query at one look straight from the definitions: maps of
// strings, one user after the other, fractions for the moments. Conversions before from
// only count as read.
func referenceLook(q *Query, exposures, conversions []fakeFile, look time.Time) (*TableRead, *TableRead, *reference) {
	r := reference{q: q, look: microseconds(look), from: noTime}
	bounded := len(q.Experiments) > 0
	for _, e := range q.Experiments {
		bounded = bounded && !e.Start.IsZero()
	}
	if bounded {
		r.from = math.MaxInt64
		for _, e := range q.Experiments {
			longest := time.Duration(0)
			for _, m := range e.Metrics {
				longest = max(longest, m.Lookback)
			}
			r.from = min(r.from, microseconds(e.Start.Add(-longest-48*time.Hour)))
		}
	}
	counted := func(e Experiment) int64 { return microseconds(e.Start.Add(-7 * 24 * time.Hour)) }
	from := int64(noTime)
	if bounded {
		from = math.MaxInt64
		for _, e := range q.Experiments {
			from = min(from, counted(e))
		}
	}
	exposed := r.read(exposures, from, func(row fakeRow, t *TableRead) bool {
		switch {
		case row.experiment == "" && q.Exposures.Experiment != "":
			t.NoExperiment++
		case row.variant == "":
			t.NoVariant++
		default:
			return true
		}
		return false
	})
	converted := r.read(conversions, r.from, func(row fakeRow, t *TableRead) bool {
		if row.event == "" {
			t.NoEvent++
		}
		return row.event != ""
	})
	r.dates = slices.ContainsFunc(slices.Concat(slices.Concat(conversions...)...), func(row fakeRow) bool {
		return row.date && row.time == converted.earliest
	})
	for i := range q.Experiments {
		r.results = append(r.results, r.experiment(&q.Experiments[i], exposed.kept, converted.kept, converted.earliest))
	}
	return &exposed.TableRead, &converted.TableRead, &r
}

// link adds to the results what links them with those of the look before.
func (r *reference) link(before *reference) {
	for i := range r.results {
		for m, phases := range r.results[i].Metrics {
			for phase := range phases {
				for v := range phases[phase] {
					was, is := before.users[i][m][phase][v], r.users[i][m][phase][v]
					var rows [][]float64
					for _, user := range slices.Sorted(maps.Keys(is)) {
						if x, ok := was[user]; ok {
							rows = append(rows, slices.Concat(x, is[user]))
						}
					}
					set := moments.Set{N: int64(len(rows))}
					if r.q.Experiments[i].Metrics[m].CrossLooks {
						set = fractions.Moments(2*r.q.Experiments[i].Metrics[m].columns(), rows)
					}
					phases[phase][v].Previous = &set
				}
			}
		}
	}
}

// columns counts the columns of a metric's moments.
func (m *Metric) columns() int {
	if m.Lookback > 0 {
		return 2*len(m.outcomes()) + 1
	}
	return len(m.outcomes())
}

type reference struct {
	q       *Query
	look    int64
	dates   bool // the earliest conversion is a date
	from    int64
	results []LookResult
	// users are the rows of users by experiment, metric, phase and variant.
	users [][][][]map[string][]float64
}

type referenceTable struct {
	TableRead
	kept     []fakeRow
	earliest int64
}

func (r *reference) read(files []fakeFile, from int64, keep func(fakeRow, *TableRead) bool) referenceTable {
	t := referenceTable{earliest: math.MaxInt64}
	latest := int64(math.MinInt64)
	for _, file := range files {
		seen := false
		for _, group := range file {
			first, last := int64(math.MaxInt64), int64(math.MinInt64)
			for _, row := range group {
				if row.time != noTime {
					first, last = min(first, row.time), max(last, row.time)
				}
			}
			for _, row := range group {
				at := row.time
				if at == noTime && first != math.MaxInt64 {
					at = first
				}
				if at >= r.look {
					continue
				}
				t.Rows++
				seen = true
				t.Dates = t.Dates || row.date
				if row.time != noTime {
					t.earliest, latest = min(t.earliest, row.time), max(latest, row.time)
				}
				switch {
				case row.time != noTime && row.time < from, row.time == noTime && first != math.MaxInt64 && last < from:
				case row.user == "":
					t.NoUser++
					if row.time == noTime && (first == math.MaxInt64 || last >= r.look) {
						t.OpenNoUser++
					}
				case row.time == noTime:
					t.NoTime++
					if first == math.MaxInt64 || last >= r.look {
						t.OpenNoTime++
					}
				case keep(row, &t.TableRead):
					t.kept = append(t.kept, row)
				}
			}
		}
		if seen {
			t.Files++
		}
	}
	if t.earliest != math.MaxInt64 {
		t.First, t.Last = time.UnixMicro(t.earliest).UTC(), time.UnixMicro(latest).UTC()
	}
	return t
}

type referenceUser struct {
	first   fakeRow
	several bool
}

// compareExposures orders the exposures of a user to an experiment.
func (r *reference) compareExposures(a, b fakeRow) int {
	order := cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.variant, b.variant))
	for _, column := range r.q.Exposures.Segments {
		order = cmp.Or(order, cmp.Compare(a.text(column), b.text(column)))
	}
	return order
}

func (r *reference) experiment(e *Experiment, exposures, conversions []fakeRow, earliest int64) LookResult {
	out := LookResult{Users: make([]int64, len(e.Variants)), Several: make([]int64, len(e.Variants))}
	users := map[string]*referenceUser{}
	unknown := map[string]map[string]int64{}
	for _, row := range exposures {
		if r.q.Exposures.Experiment != "" && row.experiment != e.Name {
			continue
		}
		at := time.UnixMicro(row.time)
		if !e.Start.IsZero() && at.Before(e.Start.Add(-7*24*time.Hour)) {
			continue
		}
		out.Left.ExposureRows++
		switch {
		case !e.Start.IsZero() && at.Before(e.Start):
			out.Left.BeforeStart++
		case !e.End.IsZero() && !at.Before(e.End):
			out.Left.AfterEnd++
		case !slices.Contains(e.Variants, row.variant):
			if unknown[row.variant] == nil {
				unknown[row.variant] = map[string]int64{}
			}
			unknown[row.variant][row.user]++
		default:
			u := users[row.user]
			if u == nil {
				u = &referenceUser{first: row}
				users[row.user] = u
			}
			u.several = u.several || u.first.variant != row.variant
			if r.compareExposures(row, u.first) < 0 {
				u.first = row
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		v := UnknownVariant{Name: name, Users: int64(len(unknown[name]))}
		for _, rows := range unknown[name] {
			v.Rows += rows
		}
		out.Left.UnknownVariants = append(out.Left.UnknownVariants, v)
	}
	for range len(e.Phases) + 1 {
		out.PhaseUsers = append(out.PhaseUsers, make([]int64, len(e.Variants)))
		out.PhaseSeveral = append(out.PhaseSeveral, make([]int64, len(e.Variants)))
	}
	for _, u := range users {
		v, phase := slices.Index(e.Variants, u.first.variant), e.phase(u)
		if u.several {
			out.Several[v]++
			out.PhaseSeveral[phase][v]++
		}
		if !u.several || e.SeveralVariants == First {
			out.Users[v]++
			out.PhaseUsers[phase][v]++
		}
	}
	byUser := map[string][]fakeRow{}
	for _, row := range conversions {
		byUser[row.user] = append(byUser[row.user], row)
		r.leftOut(e, users[row.user], row, &out.Left)
	}
	segments := r.segments(e, users, &out)
	var counted [][][]map[string][]float64
	for i := range e.Metrics {
		m := &e.Metrics[i]
		cells := make([][][]referenceRow, len(e.Phases)+1)
		for phase := range cells {
			cells[phase] = make([][]referenceRow, len(e.Variants))
		}
		for _, id := range slices.Sorted(maps.Keys(users)) {
			u := users[id]
			if u.several && e.SeveralVariants == Exclude || m.MatureAfter > 0 && u.first.time+m.MatureAfter.Microseconds() > r.look {
				continue
			}
			row := referenceRow{user: id}
			row.x, row.converted = r.columns(e, m, u, byUser[id], earliest)
			if m.Value.Aggregate == Each {
				row.values = r.single(e, m, u, byUser[id])
			}
			cell := &cells[e.phase(u)][slices.Index(e.Variants, u.first.variant)]
			*cell = append(*cell, row)
		}
		bounds, cappings := referenceCaps(m, cells)
		moments, users := referenceCells(m, cells, bounds, func(string) bool { return true })
		counted = append(counted, users)
		out.Metrics = append(out.Metrics, moments)
		out.Caps = append(out.Caps, cappings)
		for column := range out.Segments {
			for s := range out.Segments[column] {
				x := &out.Segments[column][s]
				moments, _ := referenceCells(m, cells, bounds, func(user string) bool { return segments[column][user] == s })
				x.Metrics = append(x.Metrics, moments)
			}
		}
	}
	r.users = append(r.users, counted)
	return out
}

// segments adds the segments without metrics to a result, and returns by column and user
// which it is.
func (r *reference) segments(e *Experiment, users map[string]*referenceUser, out *LookResult) []map[string]int {
	var all []map[string]int
	for _, column := range r.q.Exposures.Segments {
		counts := map[string]int64{}
		for _, u := range users {
			counts[u.first.text(column)] += 0
			if !u.several || e.SeveralVariants == First {
				counts[u.first.text(column)]++
			}
		}
		large := slices.Sorted(maps.Keys(counts))
		large = slices.DeleteFunc(large, func(v string) bool { return counts[v] < fakeLimits.least })
		slices.SortStableFunc(large, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
		large = large[:min(len(large), fakeLimits.most)]
		slices.Sort(large)
		var segments []Segment
		for _, v := range large {
			segments = append(segments, Segment{Value: v, Null: v == ""})
		}
		if len(large) < len(counts) {
			segments = append(segments, Segment{Other: true})
		}
		for s := range segments {
			segments[s].Users, segments[s].Several = make([]int64, len(e.Variants)), make([]int64, len(e.Variants))
			for range len(e.Phases) + 1 {
				segments[s].PhaseUsers = append(segments[s].PhaseUsers, make([]int64, len(e.Variants)))
				segments[s].PhaseSeveral = append(segments[s].PhaseSeveral, make([]int64, len(e.Variants)))
			}
		}
		of := map[string]int{}
		for id, u := range users {
			s, ok := slices.BinarySearch(large, u.first.text(column))
			if !ok {
				s = len(large)
			}
			of[id] = s
			v, phase := slices.Index(e.Variants, u.first.variant), e.phase(u)
			if u.several {
				segments[s].Several[v]++
				segments[s].PhaseSeveral[phase][v]++
			}
			if !u.several || e.SeveralVariants == First {
				segments[s].Users[v]++
				segments[s].PhaseUsers[phase][v]++
			}
		}
		out.Segments = append(out.Segments, segments)
		all = append(all, of)
	}
	return all
}

// referenceRow is what a metric says of a user.
type referenceRow struct {
	values    []float64 // single ones
	user      string
	x         []float64
	converted bool
}

// referenceCells returns the cells over some users, and their capped rows.
func referenceCells(m *Metric, cells [][][]referenceRow, bounds []func(float64) float64, some func(user string) bool) ([][]Cell, [][]map[string][]float64) {
	out := make([][]Cell, len(cells))
	users := make([][]map[string][]float64, len(cells))
	for phase := range cells {
		for _, all := range cells[phase] {
			var c Cell
			byUser := map[string][]float64{}
			var rows, single [][]float64
			for _, row := range all {
				if !some(row.user) {
					continue
				}
				if row.converted {
					c.Converted++
				}
				if len(row.values) > 0 {
					single = append(single, slices.Sorted(slices.Values(row.values)))
				}
				rows = append(rows, row.x)
			}
			if bounds != nil {
				rows, c.Capped = referenceCap(m, rows, bounds)
			}
			at := 0
			for _, row := range all {
				if some(row.user) {
					byUser[row.user] = rows[at]
					at++
				}
			}
			c.Moments = fractions.Moments(m.columns(), rows)
			if m.Value.Aggregate == Each {
				slices.SortFunc(single, slices.Compare[[]float64])
				c.Values = valuesOf(single)
			}
			out[phase] = append(out[phase], c)
			users[phase] = append(users[phase], byUser)
		}
	}
	return out, users
}

// phase returns the phase of a user's first exposure.
func (e *Experiment) phase(u *referenceUser) int {
	at := 0
	for _, p := range e.Phases {
		if !time.UnixMicro(u.first.time).Before(p) {
			at++
		}
	}
	return at
}

func (r *reference) leftOut(e *Experiment, u *referenceUser, row fakeRow, left *LeftOut) {
	wanted, valued := false, false
	for i := range e.Metrics {
		for _, c := range e.Metrics[i].outcomes() {
			if c.Event == row.event && row.passes(c.Where) {
				wanted = true
				valued = valued || c.Aggregate.NeedsValue()
			}
		}
	}
	if !wanted || !e.Start.IsZero() && time.UnixMicro(row.time).Before(e.Start) {
		return
	}
	left.ConversionRows++
	switch {
	case u == nil:
		left.NeverExposed++
	case r.since(u, row) < 0:
		left.BeforeExposure++
	}
	if valued && math.IsNaN(row.value) {
		left.NoValue++
	}
}

func (r *reference) day(t int64) int64 {
	y, m, d := time.UnixMicro(t).In(r.q.Location).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

func (r *reference) since(u *referenceUser, row fakeRow) time.Duration {
	if row.date {
		return time.Duration(r.day(row.time)-r.day(u.first.time)) * 24 * time.Hour
	}
	return time.Duration(row.time-u.first.time) * time.Microsecond
}

// inWindow returns the rows of a user that a column counts.
func (r *reference) inWindow(e *Experiment, c *Column, u *referenceUser, rows []fakeRow) []fakeRow {
	var in []fakeRow
	for _, row := range rows {
		dt := r.since(u, row)
		inside := dt >= c.From && dt < c.To
		if c.To == 0 {
			inside = dt >= c.From && (e.End.IsZero() || time.UnixMicro(row.time).Before(e.End))
		}
		if inside && row.event == c.Event && row.passes(c.Where) {
			in = append(in, row)
		}
	}
	return in
}

// single returns the single values of a user.
func (r *reference) single(e *Experiment, m *Metric, u *referenceUser, rows []fakeRow) (values []float64) {
	for _, row := range r.inWindow(e, &m.Value, u, rows) {
		if !math.IsNaN(row.value) {
			values = append(values, row.value)
		}
	}
	return values
}

func (r *reference) columns(e *Experiment, m *Metric, u *referenceUser, rows []fakeRow, earliest int64) (x []float64, converted bool) {
	for i, c := range m.outcomes() {
		in := r.inWindow(e, c, u, rows)
		if i == 0 {
			converted = len(in) > 0
		}
		x = append(x, r.aggregate(c.Aggregate, in))
	}
	if m.Lookback == 0 {
		return x, converted
	}
	lacks := earliest > u.first.time
	if !lacks && !r.dates {
		y, month, d := time.UnixMicro(earliest).In(r.q.Location).Date()
		lacks = time.UnixMicro(u.first.time).Add(-m.Lookback).Before(time.Date(y, month, d, 0, 0, 0, 0, r.q.Location))
	}
	if r.dates {
		lacks = earliest == math.MaxInt64 || r.day(earliest) > r.day(u.first.time) ||
			time.Duration(r.day(u.first.time)-r.day(earliest))*24*time.Hour < m.Lookback
	}
	for _, c := range m.outcomes() {
		var in []fakeRow
		for _, row := range rows {
			if dt := r.since(u, row); row.event == c.Event && row.passes(c.Where) && dt < 0 && dt >= -m.Lookback {
				in = append(in, row)
			}
		}
		x = append(x, r.aggregate(c.Aggregate, in))
	}
	if lacks {
		return append(x, 1), converted
	}
	return append(x, 0), converted
}

func (r *reference) aggregate(a Aggregate, rows []fakeRow) float64 {
	switch a {
	case Any:
		return float64(min(len(rows), 1))
	case Count:
		return float64(len(rows))
	case DistinctDays:
		days := map[int64]bool{}
		for _, row := range rows {
			days[r.day(row.time)] = true
		}
		return float64(len(days))
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(row fakeRow) bool { return math.IsNaN(row.value) })
	if len(rows) == 0 {
		return 0
	}
	byTime := slices.Clone(rows)
	slices.SortStableFunc(byTime, func(a, b fakeRow) int { return cmp.Compare(a.time, b.time) })
	v := rows[0].value
	for _, row := range rows[1:] {
		switch a {
		case Sum:
			v += row.value
		case Max:
			v = max(v, row.value)
		case Min:
			v = min(v, row.value)
		}
	}
	switch a {
	case Each:
		v = float64(len(rows))
	case FirstValue:
		v = byTime[0].value
	case LastValue:
		v = byTime[len(byTime)-1].value
	}
	return v
}

// referenceCaps returns what each outcome may be, for which numbers, and what is said of it.
func referenceCaps(m *Metric, cells [][][]referenceRow) (bounds []func(float64) float64, out []Capping) {
	some := false
	for i, c := range m.outcomes() {
		bounds, out = append(bounds, func(v float64) float64 { return v }), append(out, Capping{})
		if c.Cap == nil {
			continue
		}
		some = true
		var values []float64
		for _, phase := range cells {
			for _, rows := range phase {
				for _, row := range rows {
					if row.x[i] != 0 || c.Cap.ZeroUsers {
						values = append(values, row.x[i])
					}
				}
			}
		}
		slices.Sort(values)
		end := func(b *experiment.CapBound) *float64 {
			switch {
			case b == nil:
				return nil
			case !b.IsPercentile:
				return &b.Value
			case len(values) == 0:
				return nil
			}
			h := b.Percentile * float64(len(values)-1)
			at := int(h)
			v := values[at]
			if share := h - float64(at); share > 0 {
				next := values[at+1]
				if v, next = v+(next-v)*share, v*(1-share)+next*share; math.IsInf(values[at+1]-values[at], 0) {
					v = next
				}
			}
			if math.IsInf(v, 0) || math.IsNaN(v) {
				return nil
			}
			return &v
		}
		said := Capping{Lower: end(c.Cap.Lower), Upper: end(c.Cap.Upper)}
		lo, hi := math.Inf(-1), math.Inf(1)
		if said.Lower != nil {
			lo = *said.Lower
		}
		if said.Upper != nil {
			hi = *said.Upper
		}
		switch {
		case lo > hi:
			said.Problem = CapBoundsCross
		case hi == 0 && c.Cap.Upper.IsPercentile && values[len(values)-1] > 0, lo == 0 && c.Cap.Lower.IsPercentile && values[0] < 0:
			said.Problem = CapIsZero
		default:
			bounds[i] = func(v float64) float64 {
				if v == 0 && !c.Cap.ZeroUsers {
					return v
				}
				return max(lo, min(hi, v))
			}
		}
		out[i] = said
	}
	if !some {
		return nil, nil
	}
	return bounds, out
}

// referenceCap returns the capped rows, and how many of each outcome that changes.
func referenceCap(m *Metric, rows [][]float64, bounds []func(float64) float64) (capped [][]float64, changed []int64) {
	n := len(bounds)
	changed = make([]int64, n)
	for _, row := range rows {
		out := slices.Clone(row)
		for i, f := range bounds {
			if out[i] = f(row[i]); out[i] != row[i] {
				changed[i]++
			}
			if m.Lookback > 0 {
				out[n+i] = f(row[n+i])
			}
		}
		capped = append(capped, out)
	}
	return capped, changed
}
