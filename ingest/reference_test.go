package ingest

import (
	"cmp"
	"maps"
	"math"
	"math/big"
	"slices"
	"time"

	"readout/moments"
)

// A fakeRow is a row of either table. Empty text is null.
type fakeRow struct {
	user, experiment, variant, event string
	time                             int64
	value                            float64
}

// A fakeFile is row groups of rows.
type fakeFile [][]fakeRow

// referenceLook answers a query at one look straight from the definitions: maps of
// strings, one user after the other, fractions for the moments. Conversions before from
// only count as read.
func referenceLook(q *Query, exposures, conversions []fakeFile, dates bool, look time.Time) (*TableRead, *TableRead, []LookResult) {
	r := reference{q: q, look: microseconds(look), dates: dates, from: noTime}
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
	exposed := r.read(exposures, noTime, func(row fakeRow, t *TableRead) bool {
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
	for i := range q.Experiments {
		r.results = append(r.results, r.experiment(&q.Experiments[i], exposed.kept, converted.kept, converted.earliest))
	}
	return &exposed.TableRead, &converted.TableRead, r.results
}

type reference struct {
	q       *Query
	look    int64
	dates   bool
	from    int64
	results []LookResult
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
		fileSeen, timed := false, false
		for _, group := range file {
			first, last := int64(math.MaxInt64), int64(math.MinInt64)
			for _, row := range group {
				if row.time != noTime {
					first, last = min(first, row.time), max(last, row.time)
				}
			}
			timed = timed || first != math.MaxInt64
			fileSeen = fileSeen || first < r.look
			for _, row := range group {
				at := row.time
				if at == noTime && first != math.MaxInt64 {
					at = first
				}
				if at >= r.look {
					continue
				}
				t.Rows++
				if row.time != noTime {
					t.earliest, latest = min(t.earliest, row.time), max(latest, row.time)
				}
				switch {
				case row.time != noTime && row.time < from, row.time == noTime && first != math.MaxInt64 && last < from:
				case row.user == "":
					t.NoUser++
				case row.time == noTime:
					t.NoTime++
				case keep(row, &t.TableRead):
					t.kept = append(t.kept, row)
				}
			}
		}
		if fileSeen || !timed {
			t.Files++
		}
	}
	if t.earliest != math.MaxInt64 {
		t.First, t.Last = time.UnixMicro(t.earliest).UTC(), time.UnixMicro(latest).UTC()
	}
	return t
}

type referenceUser struct {
	first   int64
	variant string
	several bool
}

func (r *reference) experiment(e *Experiment, exposures, conversions []fakeRow, earliest int64) LookResult {
	out := LookResult{Users: make([]int64, len(e.Variants)), Several: make([]int64, len(e.Variants))}
	users := map[string]*referenceUser{}
	unknown := map[string]map[string]int64{}
	for _, row := range exposures {
		if r.q.Exposures.Experiment != "" && row.experiment != e.Name {
			continue
		}
		out.Left.ExposureRows++
		at := time.UnixMicro(row.time)
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
				u = &referenceUser{first: row.time, variant: row.variant}
				users[row.user] = u
			}
			u.several = u.several || u.variant != row.variant
			if row.time < u.first || row.time == u.first && row.variant < u.variant {
				u.first, u.variant = row.time, row.variant
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
	for _, u := range users {
		v := slices.Index(e.Variants, u.variant)
		if u.several {
			out.Several[v]++
		}
		if !u.several || e.SeveralVariants == First {
			out.Users[v]++
		}
	}
	byUser := map[string][]fakeRow{}
	for _, row := range conversions {
		byUser[row.user] = append(byUser[row.user], row)
		r.leftOut(e, users[row.user], row, &out.Left)
	}
	for i := range e.Metrics {
		m := &e.Metrics[i]
		phases := make([][]Cell, len(e.Phases)+1)
		for phase := range phases {
			phases[phase] = make([]Cell, len(e.Variants))
			for v, variant := range e.Variants {
				var rows [][]float64
				var converted int64
				for _, id := range slices.Sorted(maps.Keys(users)) {
					u := users[id]
					at := 0
					for _, p := range e.Phases {
						if !time.UnixMicro(u.first).Before(p) {
							at++
						}
					}
					if u.variant != variant || at != phase || u.several && e.SeveralVariants == Exclude {
						continue
					}
					if m.MatureAfter > 0 && u.first+m.MatureAfter.Microseconds() > r.look {
						continue
					}
					row, some := r.columns(e, m, u, byUser[id], earliest)
					rows = append(rows, row)
					if some {
						converted++
					}
				}
				phases[phase][v] = Cell{Moments: referenceMoments(m, rows), Converted: converted}
			}
		}
		out.Metrics = append(out.Metrics, phases)
	}
	return out
}

func (r *reference) leftOut(e *Experiment, u *referenceUser, row fakeRow, left *LeftOut) {
	wanted, valued := false, false
	for i := range e.Metrics {
		for _, c := range e.Metrics[i].outcomes() {
			if c.Event == row.event {
				wanted = true
				valued = valued || c.Aggregate.NeedsValue()
			}
		}
	}
	if !wanted {
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
	if r.dates {
		return time.Duration(r.day(row.time)-r.day(u.first)) * 24 * time.Hour
	}
	return time.Duration(row.time-u.first) * time.Microsecond
}

func (r *reference) columns(e *Experiment, m *Metric, u *referenceUser, rows []fakeRow, earliest int64) (x []float64, converted bool) {
	for i, c := range m.outcomes() {
		var in []fakeRow
		for _, row := range rows {
			dt := r.since(u, row)
			inside := dt >= c.From && dt < c.To
			if c.To == 0 {
				inside = dt >= c.From && (e.End.IsZero() || time.UnixMicro(row.time).Before(e.End))
			}
			if inside && row.event == c.Event {
				in = append(in, row)
			}
		}
		if i == 0 {
			converted = len(in) > 0
		}
		x = append(x, r.aggregate(c.Aggregate, in))
	}
	if m.Lookback == 0 {
		return x, converted
	}
	lacks := earliest > u.first
	if !lacks && !r.dates {
		y, month, d := time.UnixMicro(earliest).In(r.q.Location).Date()
		lacks = time.UnixMicro(u.first).Add(-m.Lookback).Before(time.Date(y, month, d, 0, 0, 0, 0, r.q.Location))
	}
	if r.dates {
		lacks = earliest == math.MaxInt64 || r.day(earliest) > r.day(u.first) ||
			time.Duration(r.day(u.first)-r.day(earliest))*24*time.Hour < m.Lookback
	}
	for _, c := range m.outcomes() {
		var in []fakeRow
		for _, row := range rows {
			if dt := r.since(u, row); row.event == c.Event && dt < 0 && dt >= -m.Lookback {
				in = append(in, row)
			}
		}
		if lacks {
			in = nil
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
	case FirstValue:
		v = byTime[0].value
	case LastValue:
		v = byTime[len(byTime)-1].value
	}
	return v
}

// referenceMoments computes moments in fractions and rounds each once.
func referenceMoments(m *Metric, rows [][]float64) moments.Set {
	columns := len(m.outcomes())
	if m.Lookback > 0 {
		columns = 2*columns + 1
	}
	s := moments.New(columns)
	s.N = int64(len(rows))
	if s.N == 0 {
		return s
	}
	n := new(big.Rat).SetInt64(s.N)
	for i := range columns {
		s.Mean[i] = referenceSum(rows, n, i, -1)
		for j := range i + 1 {
			s.C[moments.Index(i, j)] = referenceSum(rows, n, i, j)
		}
	}
	return s
}

// referenceSum returns the mean of column i, or the centred co-moment of i and j.
func referenceSum(rows [][]float64, n *big.Rat, i, j int) float64 {
	si, sj, sij := new(big.Rat), new(big.Rat), new(big.Rat)
	for _, row := range rows {
		if math.IsInf(row[i], 0) || j >= 0 && math.IsInf(row[j], 0) {
			return math.Inf(1)
		}
		x := new(big.Rat).SetFloat64(row[i])
		si.Add(si, x)
		if j >= 0 {
			y := new(big.Rat).SetFloat64(row[j])
			sj.Add(sj, y)
			sij.Add(sij, x.Mul(x, y))
		}
	}
	v := si.Quo(si, n)
	if j >= 0 {
		v = sij.Sub(sij, si.Mul(si, sj))
	}
	f, _ := v.Float64()
	if math.IsInf(f, 0) {
		return math.Inf(1)
	}
	return f + 0
}
