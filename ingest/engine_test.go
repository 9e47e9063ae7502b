package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/experiment"
	"readout/ingest/tables"
)

// fakeTable is a table in memory.
type fakeTable struct {
	rows    fakeFile
	batch   func([]fakeRow) *tables.Batch
	noStats bool
	inexact bool
	clock   bool
	fail    error
	closed  *int64
}

func (t *fakeTable) RowGroups() int { return len(t.rows) }

func (t *fakeTable) NumRows(g int) int64 { return int64(len(t.rows[g])) }

func (t *fakeTable) Size(g int) int64 { return int64(len(t.rows[g])) }

func (t *fakeTable) TimeRange(g int) (lo, hi int64, exact, ok bool) {
	lo, hi = math.MaxInt64, math.MinInt64
	for _, row := range t.rows[g] {
		if row.time != noTime {
			lo, hi = min(lo, row.time), max(hi, row.time)
		}
	}
	if t.inexact {
		lo, hi = lo-usDay, hi+usDay
	}
	return lo, hi, !t.inexact, !t.noStats && lo <= hi
}

func (t *fakeTable) DateOnly() bool {
	return slices.ContainsFunc(t.rows, func(group []fakeRow) bool { return len(group) > 0 && group[0].date })
}

func (t *fakeTable) WallClock() bool { return t.clock }

func (t *fakeTable) Read(g int) rowSource { return &fakeRows{table: t, rows: t.rows[g]} }

func (t *fakeTable) Close() error {
	if t.closed != nil {
		atomic.AddInt64(t.closed, 1)
	}
	return nil
}

type fakeRows struct {
	table *fakeTable
	rows  []fakeRow
}

func (r *fakeRows) Next(b *tables.Batch) (bool, error) {
	if len(r.rows) == 0 {
		return false, r.table.fail
	}
	n := min(3, len(r.rows))
	*b = *r.table.batch(r.rows[:n])
	r.rows = r.rows[n:]
	return true, nil
}

func (r *fakeRows) Close() error { return nil }

// fakeData is both tables.
type fakeData struct {
	exposures, conversions []fakeFile
	clock                  bool // conversions have times without a zone
	noStats, inexact       bool
	fileSize               int64
	grown                  int64     // bytes that there are besides these files, where rows are kept
	damaged                []string  // paths of files that cannot be read
	slots                  int       // segmentLimits.slots; 0 is that of fakeLimits
	room                   roomRules // the zero value is that of a runner
	variants               int       // how many unknown ones there may be; 0 is as many as a runner has
	kinds                  int       // eventKinds.most; 0 is that of a runner
	opened, closed         int64
}

func (d *fakeData) sources(r *runner) (exposures, conversions source) {
	code := func(c tables.Coder, text string) uint32 { return c.Code([]byte(text)) }
	fill := func(rows []fakeRow, spec *tables.Spec) *tables.Batch {
		b := &tables.Batch{N: len(rows), Text: make([][]uint32, len(spec.Text))}
		for _, row := range rows {
			b.User = append(b.User, tables.HashID([]byte(row.user), spec.Seed))
			b.Time = append(b.Time, row.time)
			b.Value = append(b.Value, row.value)
			for i, column := range spec.Text {
				if column.Filter != nil {
					b.Text[i] = append(b.Text[i], row.class(column.Filter))
				} else {
					b.Text[i] = append(b.Text[i], code(column.Codes, row.text(column.Name)))
				}
			}
		}
		return b
	}
	exposureSpec, conversionSpec := r.exposureSpec(), r.conversionSpec()
	exposures = d.source("exposures", d.exposures, func(rows []fakeRow) *tables.Batch {
		return fill(rows, exposureSpec)
	})
	conversions = d.source("conversions", d.conversions, func(rows []fakeRow) *tables.Batch {
		b := fill(rows, conversionSpec)
		b.DateOnly, b.WallClock = rows[0].date, d.clock
		return b
	})
	return exposures, conversions
}

// text returns the row's text in a column.
func (r fakeRow) text(column string) string {
	switch column {
	case "variant":
		return r.variant
	case "experiment":
		return r.experiment
	case "country":
		return r.country
	case "device":
		return r.device
	}
	return r.event
}

// class returns the class of the row's value in a column to filter by.
func (r fakeRow) class(f *tables.FilterColumn) uint32 {
	switch {
	case f.Name == "plan" && r.plan != "":
		return f.FolderClass(r.plan)
	case f.Name == "amount" && !math.IsNaN(r.amount):
		return f.FolderClass(strconv.FormatFloat(r.amount, 'g', -1, 64))
	}
	return tables.NullCode
}

func (d *fakeData) source(name string, files []fakeFile, toBatch func([]fakeRow) *tables.Batch) source {
	var s source
	for i := range files {
		s.files = append(s.files, tables.File{Path: fmt.Sprintf("%s/%03d", name, i), Size: d.fileSize})
	}
	s.open = func(_ context.Context, f tables.File) (table, error) {
		i := slices.IndexFunc(s.files, func(o tables.File) bool { return o.Path == f.Path })
		atomic.AddInt64(&d.opened, 1)
		t := &fakeTable{rows: files[i], batch: toBatch, noStats: d.noStats, inexact: d.inexact, clock: d.clock && name == "conversions", closed: &d.closed}
		if slices.Contains(d.damaged, f.Path) {
			t.fail = fmt.Errorf("read %s: the page is damaged", f.Path)
		}
		return t, nil
	}
	return s
}

// fakeLimits are such that segments of few users are told apart, and not all of them.
var fakeLimits = segmentLimits{most: 2, least: 1, slots: 64}

func (d *fakeData) limits() segmentLimits {
	l := fakeLimits
	if d.slots > 0 {
		l.slots = d.slots
	}
	return l
}

// limit gives a runner the limits of the data.
func (d *fakeData) limit(r *runner) {
	r.limits = d.limits()
	if d.room != (roomRules{}) {
		r.room = d.room
	}
	if d.variants > 0 {
		r.variants.Most = d.variants
	}
	if d.kinds > 0 {
		r.kinds.most = d.kinds
	}
}

// runFake runs the engine over tables in memory.
func runFake(ctx context.Context, q Query, d *fakeData, workers int, progress Progress) (*Result, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	r := newRunner(&q, workers, progress)
	r.spill = new(spill)
	d.limit(r)
	defer r.spill.close()
	exposures, conversions := d.sources(r)
	return r.run(ctx, exposures, conversions)
}

var (
	testZone = mustZone("America/Los_Angeles")
	// Clocks are put forward on 10 March 2024, in the middle of the test data.
	testStart = time.Date(2024, 3, 6, 0, 0, 0, 0, testZone)
)

func mustZone(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return l
}

// drawTime draws one of few instants over ten days, so that many are equal.
func drawTime(t *rapid.T) int64 {
	day := rapid.SampledFrom([]int{-4, 0, 1, 2, 3, 3, 4, 4, 4, 5, 9}).Draw(t, "day")
	within := rapid.SampledFrom([]time.Duration{0, time.Microsecond, 9 * time.Hour, 9*time.Hour + time.Microsecond, 24*time.Hour - time.Microsecond}).Draw(t, "within")
	return microseconds(testStart.AddDate(0, 0, day).Add(within))
}

func drawMoment(t *rapid.T, label string) time.Time {
	if rapid.IntRange(0, 2).Draw(t, label+" unset") > 0 {
		return time.Time{}
	}
	return time.UnixMicro(drawTime(t))
}

func drawFiles(t *rapid.T, label string, row func() fakeRow) []fakeFile {
	files := make([]fakeFile, rapid.SampledFrom([]int{0, 1, 2, 3, 3, 4, 4}).Draw(t, label+" files"))
	for i := range files {
		files[i] = make(fakeFile, rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3}).Draw(t, "groups"))
		for g := range files[i] {
			for range rapid.IntRange(0, 12).Draw(t, "rows") {
				files[i][g] = append(files[i][g], row())
			}
		}
	}
	return files
}

// resplit cuts the same rows, in the same order, into files and row groups of other sizes.
func resplit(files []fakeFile, size int) []fakeFile {
	var rows []fakeRow
	for _, f := range files {
		for _, g := range f {
			rows = append(rows, g...)
		}
	}
	var out []fakeFile
	for chunk := range slices.Chunk(rows, size) {
		half := len(chunk) / 2
		out = append(out, fakeFile{chunk[:half], chunk[half:]})
	}
	return out
}

func drawData(t *rapid.T) *fakeData {
	d := &fakeData{
		noStats:  rapid.Bool().Draw(t, "no statistics"),
		inexact:  rapid.Bool().Draw(t, "inexact statistics"),
		fileSize: rapid.SampledFrom([]int64{0, 300 << 10, 4 << 20}).Draw(t, "file size"),
		// Users are counted first for no column, for one, for all.
		slots: rapid.SampledFrom([]int{0, 4, 1}).Draw(t, "slots"),
		// Rows go to disk never, after each batch, or now and then.
		room: rapid.SampledFrom([]roomRules{{}, {}, {dump: 1}, {most: 2000, least: 500, dump: 1000}}).Draw(t, "room"),
	}
	users := []string{"u1", "u1", "u1", "u2", "u2", "u3", "u4", ""}
	at := func() int64 {
		if rapid.IntRange(0, 14).Draw(t, "null time") == 0 {
			return noTime
		}
		return drawTime(t)
	}
	d.exposures = drawFiles(t, "exposure", func() fakeRow {
		return fakeRow{
			user:       rapid.SampledFrom(users).Draw(t, "user"),
			experiment: rapid.SampledFrom([]string{"e1", "e1", "e1", "e1", "e1", "e1", "e2", "e2", "e2", "e3", "not asked", ""}).Draw(t, "experiment"),
			variant:    rapid.SampledFrom([]string{"control", "control", "control", "a", "a", "b", "strange", ""}).Draw(t, "variant"),
			country:    rapid.SampledFrom([]string{"DE", "AT", "CH", "FR", ""}).Draw(t, "country"),
			device:     rapid.SampledFrom([]string{"mobile", "mobile", "desktop"}).Draw(t, "device"),
			time:       at(),
		}
	})
	values := []float64{1, 2, 2, 3.5, 0.1, 0.2, 0.7, -1.3, -2, 0, 1e9 + 0.3, 1e12 + 1, 1e-200, 1e200, 1.7e308, math.NaN()}
	d.conversions = drawFiles(t, "conversion", func() fakeRow {
		row := fakeRow{
			user:  rapid.SampledFrom(append(users, "stranger")).Draw(t, "user"),
			event: rapid.SampledFrom([]string{"buy", "buy", "buy", "view", "view", "other", ""}).Draw(t, "event"),
			time:  at(),
			value: rapid.SampledFrom(values).Draw(t, "value"),

			plan:   rapid.SampledFrom([]string{"pro", "pro", "probe", "basic", ""}).Draw(t, "plan"),
			amount: rapid.SampledFrom([]float64{1, 2.5, 10, math.NaN()}).Draw(t, "amount"),
		}
		return row
	})
	if rapid.Bool().Draw(t, "dates") {
		for _, f := range d.conversions {
			f.dated()
		}
	}
	return d
}

// dated makes the times of a file dates.
func (f fakeFile) dated() {
	for _, group := range f {
		for i := range group {
			group[i].date = true
			if group[i].time != noTime {
				group[i].time = microseconds(startOfDay(group[i].time, testZone))
			}
		}
	}
}

// mixed makes the times of some more files of conversions dates.
func (d *fakeData) mixed(t *rapid.T) {
	for _, f := range d.conversions {
		if rapid.IntRange(0, 3).Draw(t, "dated") == 0 {
			f.dated()
		}
	}
}

func drawColumn(t *rapid.T) Column {
	day := 24 * time.Hour
	window := rapid.SampledFrom([][2]time.Duration{{0, 0}, {0, day}, {0, 3 * day}, {day, 3 * day}, {2 * day, 0}, {0, 5 * time.Hour}, {6 * time.Hour, 30 * time.Hour}}).Draw(t, "window")
	return Column{
		Event:     rapid.SampledFrom([]string{"buy", "view"}).Draw(t, "event"),
		Aggregate: Aggregate(rapid.IntRange(int(Any), int(DistinctDays)).Draw(t, "aggregate")),
		From:      window[0],
		To:        window[1],
		Where:     drawWhere(t),
		Cap:       drawCap(t),
	}
}

// drawCap draws the cap of a column, mostly none.
func drawCap(t *rapid.T) *experiment.Cap {
	if rapid.IntRange(0, 2).Draw(t, "cap") > 0 {
		return nil
	}
	end := func(label string, fixed, percentile float64) *experiment.CapBound {
		switch rapid.IntRange(0, 2).Draw(t, label) {
		case 1:
			return &experiment.CapBound{Value: fixed}
		case 2:
			return &experiment.CapBound{Percentile: percentile, IsPercentile: true}
		}
		return nil
	}
	c := &experiment.Cap{
		Lower:     end("lower", rapid.SampledFrom([]float64{-1, 0.7}).Draw(t, "least"), rapid.SampledFrom([]float64{0.1, 0.3}).Draw(t, "lower percentile")),
		Upper:     end("upper", rapid.SampledFrom([]float64{2.5, 1}).Draw(t, "most"), rapid.SampledFrom([]float64{0.5, 0.75, 0.99}).Draw(t, "upper percentile")),
		ZeroUsers: rapid.Bool().Draw(t, "all users"),
	}
	if c.Lower == nil && c.Upper == nil {
		return nil
	}
	return c
}

// drawWhere draws the filters of a column, mostly none.
func drawWhere(t *rapid.T) []experiment.Filter {
	text := func(s ...string) (values []experiment.Scalar) {
		for _, s := range s {
			values = append(values, experiment.Scalar{Kind: experiment.ScalarText, Text: s})
		}
		return values
	}
	number := func(s string) []experiment.Scalar {
		return []experiment.Scalar{{Kind: experiment.ScalarNumber, Text: s}}
	}
	no := []experiment.Scalar{{Kind: experiment.ScalarBool, Text: "false"}}
	filters := []experiment.Filter{
		{Column: "plan", Operator: experiment.OpIs, Values: text("pro")},
		{Column: "plan", Operator: experiment.OpStartsWith, Values: text("pro")},
		{Column: "plan", Operator: experiment.OpNotIn, Values: text("basic", "pro")},
		{Column: "plan", Operator: experiment.OpExists, Values: no},
		{Column: "amount", Operator: experiment.OpIs, Values: number("2.50")},
		{Column: "amount", Operator: experiment.OpAtLeast, Values: number("2.5")},
		{Column: "amount", Operator: experiment.OpLessThan, Values: number("10")},
	}
	var where []experiment.Filter
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(t, "filters") {
		where = append(where, rapid.SampledFrom(filters).Draw(t, "filter"))
	}
	return where
}

func drawQuery(t *rapid.T) Query {
	q := Query{
		Exposures:   ExposureTable{Path: "e", User: "user", Variant: "variant", Time: "time", Experiment: "experiment"},
		Conversions: ConversionTable{Path: "c", User: "user", Event: "event", Time: "time", Value: "value"},
		Location:    testZone,
		Seed:        rapid.Uint64().Draw(t, "seed"),
	}
	for day := range 11 {
		if rapid.Bool().Draw(t, "look") {
			q.Looks = append(q.Looks, testStart.AddDate(0, 0, day))
		}
	}
	if len(q.Looks) == 0 {
		q.Looks = append(q.Looks, testStart.AddDate(0, 0, 10))
	}
	q.Exposures.Segments = rapid.SampledFrom([][]string{nil, nil, {"country"}, {"device", "country"}}).Draw(t, "segments")
	last := q.Looks[len(q.Looks)-1]
	for range rapid.IntRange(0, 2).Draw(t, "further instants") {
		if at := time.UnixMicro(drawTime(t)); at.Before(last) {
			q.ReadAt = append(q.ReadAt, at)
		}
	}
	n := rapid.IntRange(1, 3).Draw(t, "experiments")
	for i := range n {
		e := Experiment{
			Name:            fmt.Sprintf("e%d", i+1),
			Variants:        rapid.SampledFrom([][]string{{"control", "a"}, {"b", "control", "a"}, {"control", "b"}}).Draw(t, "variants"),
			Start:           drawMoment(t, "start"),
			End:             drawMoment(t, "end"),
			SeveralVariants: SeveralVariants(rapid.IntRange(0, 1).Draw(t, "several")),
		}
		if !e.Start.IsZero() && !e.End.IsZero() && e.End.Before(e.Start) {
			e.Start, e.End = e.End, e.Start
		}
		if p := drawMoment(t, "phase"); !p.IsZero() {
			e.Phases = []time.Time{p, p.Add(50 * time.Hour)}
		}
		for range rapid.IntRange(1, 3).Draw(t, "metrics") {
			e.Metrics = append(e.Metrics, drawMetric(t))
		}
		for range rapid.IntRange(0, 2).Draw(t, "parts") {
			e.Metrics = append(e.Metrics, drawPart(t, e.Metrics))
		}
		q.Experiments = append(q.Experiments, e)
	}
	if n == 1 && rapid.Bool().Draw(t, "no experiment column") {
		q.Exposures.Experiment = ""
	}
	return q
}

// drawMetric draws a metric, sometimes one of single values.
func drawMetric(t *rapid.T) Metric {
	m := drawMoments(t)
	if rapid.IntRange(0, 4).Draw(t, "single values") == 0 {
		m.Value.Aggregate, m.Value.Cap, m.Denominator, m.Lookback = Each, nil, nil, 0
	}
	return m
}

// drawPart draws a metric that has columns in common with one of others.
func drawPart(t *rapid.T, others []Metric) Metric {
	m := rapid.SampledFrom(others).Draw(t, "whole")
	if m.Denominator != nil && rapid.Bool().Draw(t, "turned") {
		value := m.Value
		m.Value, m.Denominator = *m.Denominator, &value
	}
	if rapid.Bool().Draw(t, "value alone") {
		m.Denominator = nil
	}
	return m
}

func drawMoments(t *rapid.T) Metric {
	day := 24 * time.Hour
	m := Metric{
		Value:       drawColumn(t),
		Lookback:    rapid.SampledFrom([]time.Duration{0, 3 * time.Hour, day, 3 * day}).Draw(t, "lookback"),
		CrossLooks:  rapid.Bool().Draw(t, "cross looks"),
		MatureAfter: rapid.SampledFrom([]time.Duration{0, 0, day, 3 * day, 26 * time.Hour}).Draw(t, "mature after"),
	}
	if rapid.Bool().Draw(t, "ratio") {
		c := drawColumn(t)
		m.Denominator = &c
	}
	return m
}

// mustRun runs the engine and checks that all files were closed.
func mustRun(t *rapid.T, q Query, d *fakeData, workers int) *Result {
	t.Helper()
	d.closed = 0
	got, err := runFake(context.Background(), q, d, workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want, closed := len(d.exposures)+len(d.conversions), int(d.closed); closed != want {
		t.Fatalf("%d of %d files were closed", closed, want)
	}
	settleValues(got)
	return got
}

// settleValues brings single values into an order of their own, and leaves only those of
// the look: who is which user, and which looks are asked for, must not matter.
func settleValues(r *Result) {
	for _, x := range r.Experiments {
		for _, look := range x.Looks {
			settle(look.Metrics)
			for _, segments := range look.Segments {
				for _, s := range segments {
					settle(s.Metrics)
				}
			}
		}
	}
}

func settle(metrics [][][]Cell) {
	for _, phases := range metrics {
		for _, cells := range phases {
			for i := range cells {
				if v := cells[i].Values; v != nil {
					cells[i].Values = settled(v)
				}
			}
		}
	}
}

func settled(v *Values) *Values {
	byUser := map[uint32][]float64{}
	v.active(func(r *valueRecord) { byUser[r.user] = append(byUser[r.user], r.value) })
	for _, values := range byUser {
		slices.Sort(values)
	}
	return valuesOf(slices.SortedFunc(maps.Values(byUser), slices.Compare[[]float64]))
}

// valuesOf makes Values of the values of users.
func valuesOf(users [][]float64) *Values {
	v := &Values{}
	for user, values := range users {
		for _, x := range values {
			v.records = append(v.records, valueRecord{value: x, to: 1, user: uint32(user)})
		}
	}
	return v
}

// unlike is gocmp.Diff, but fast where there is nothing to say.
func unlike(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return gocmp.Diff(want, got, gocmp.AllowUnexported(Values{}, valueRecord{}))
}

// often checks so many times as many cases as usual, for what takes many choices to meet. They
// are drawn within one check each time, since two checks with one seed draw the same.
func often(t *testing.T, times int, property func(*rapid.T)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		for range times {
			property(t)
		}
	})
}

// The engine gives to the last bit what the definitions say, look by look.
func TestEngineEqualsReference(t *testing.T) {
	often(t, 8, func(t *rapid.T) {
		q, d := drawQuery(t), drawData(t)
		d.mixed(t)
		got := mustRun(t, q, d, rapid.IntRange(1, 4).Draw(t, "workers"))
		var before *reference
		for k, look := range q.Looks {
			exposures, conversions, now := referenceLook(&q, d.exposures, d.conversions, look)
			if k > 0 {
				now.link(before)
			}
			want := now.results
			before = now
			if diff := gocmp.Diff(*exposures, got.Exposures[k]); diff != "" {
				t.Fatalf("look %d, exposures (- want, + got):\n%s", k, diff)
			}
			if diff := gocmp.Diff(*conversions, got.Conversions[k]); diff != "" {
				t.Fatalf("look %d, conversions (- want, + got):\n%s", k, diff)
			}
			for i := range want {
				if diff := unlike(want[i], got.Experiments[i].Looks[k]); diff != "" {
					t.Fatalf("look %d, experiment %d (- want, + got):\n%s", k, i, diff)
				}
			}
		}
	})
}

// What was read by an instant is the same whether it is a look or not.
func TestReadAt(t *testing.T) {
	often(t, 8, func(t *rapid.T) {
		q, d := drawQuery(t), drawData(t)
		got := mustRun(t, q, d, 2)
		if len(got.ReadAt) != len(q.ReadAt) {
			t.Fatalf("%d answers to %d instants", len(got.ReadAt), len(q.ReadAt))
		}
		for i, at := range q.ReadAt {
			exposures, conversions, _ := referenceLook(&q, d.exposures, d.conversions, at)
			if diff := gocmp.Diff(TablesRead{*exposures, *conversions}, got.ReadAt[i]); diff != "" {
				t.Fatalf("at %v (- want, + got):\n%s", at, diff)
			}
		}
	})
}

// A look gives the same alone as among others, and so does another number of workers.
func TestEngineIsTheSameHoweverItRuns(t *testing.T) {
	often(t, 8, func(t *rapid.T) {
		q, d := drawQuery(t), drawData(t)
		together := mustRun(t, q, d, 1)
		if diff := unlike(together, mustRun(t, q, d, rapid.IntRange(2, 5).Draw(t, "workers"))); diff != "" {
			t.Fatalf("with more workers (- one, + more):\n%s", diff)
		}
		k := rapid.IntRange(0, len(q.Looks)-1).Draw(t, "look")
		one := q
		one.ReadAt = nil
		one.Looks = q.Looks[k : k+1]
		alone := mustRun(t, one, d, 2)
		if k > 0 {
			// What links looks is the same for two of them as for all.
			one.Looks = q.Looks[k-1 : k+1]
			two := mustRun(t, one, d, 2)
			for i := range two.Experiments {
				for m, phases := range two.Experiments[i].Looks[1].Metrics {
					for phase, cells := range phases {
						for v := range cells {
							alone.Experiments[i].Looks[0].Metrics[m][phase][v].Previous = cells[v].Previous
						}
					}
				}
			}
		}
		if diff := unlike(together.Exposures[k], alone.Exposures[0]); diff != "" {
			t.Fatalf("exposures (- among others, + alone):\n%s", diff)
		}
		if diff := unlike(together.Conversions[k], alone.Conversions[0]); diff != "" {
			t.Fatalf("conversions (- among others, + alone):\n%s", diff)
		}
		for i := range together.Experiments {
			if diff := unlike(together.Experiments[i].Looks[k], alone.Experiments[i].Looks[0]); diff != "" {
				t.Fatalf("experiment %d (- among others, + alone):\n%s", i, diff)
			}
		}
	})
}

// How rows are cut into files and row groups matters to no number of an experiment.
func TestEngineIsTheSameForOtherFiles(t *testing.T) {
	often(t, 8, func(t *rapid.T) {
		q, d := drawQuery(t), drawData(t)
		whole := mustRun(t, q, d, 2)
		e := *d
		e.exposures = resplit(d.exposures, rapid.IntRange(1, 40).Draw(t, "exposures a file"))
		e.conversions = resplit(d.conversions, rapid.IntRange(1, 40).Draw(t, "conversions a file"))
		e.noStats = !d.noStats
		cut := mustRun(t, q, &e, 3)
		if diff := unlike(whole.Experiments, cut.Experiments); diff != "" {
			t.Fatalf("(- before, + cut otherwise):\n%s", diff)
		}
	})
}

// A conversion counts from the beginning of a window on, and no more at its end.
func TestEdgesOfWindows(t *testing.T) {
	const us = time.Microsecond
	f := func(after time.Duration, windowed, open, covariate float64) {
		t.Helper()
		q, d := small()
		e := &q.Experiments[0]
		e.End = testStart.Add(10 * time.Hour)
		e.Metrics = []Metric{
			{Name: "windowed", Value: Column{Event: "buy", Aggregate: Count, From: time.Hour, To: 3 * time.Hour}, Lookback: 2 * time.Hour},
			{Name: "open", Value: Column{Event: "buy", Aggregate: Count, From: 2 * time.Hour}},
		}
		early := fakeRow{user: "x", event: "buy", time: microseconds(testStart.AddDate(0, 0, -5))}
		row := fakeRow{user: "u", event: "buy", time: microseconds(testStart.Add(after))}
		d.conversions = []fakeFile{{{early, row}}}
		r, err := runFake(context.Background(), q, d, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := r.Experiments[0].Looks[0].Metrics
		got := []float64{m[0][0][0].Moments.Mean[0], m[1][0][0].Moments.Mean[0], m[0][0][0].Moments.Mean[1]}
		if diff := gocmp.Diff([]float64{windowed, open, covariate}, got); diff != "" {
			t.Errorf("%v after the exposure (- want, + got):\n%s", after, diff)
		}
	}
	f(-2*time.Hour-us, 0, 0, 0)
	f(-2*time.Hour, 0, 0, 1)
	f(-us, 0, 0, 1)
	f(0, 0, 0, 0)
	f(time.Hour-us, 0, 0, 0)
	f(time.Hour, 1, 0, 0)
	f(2*time.Hour-us, 1, 0, 0)
	f(2*time.Hour, 1, 1, 0)
	f(3*time.Hour-us, 1, 1, 0)
	f(3*time.Hour, 0, 1, 0)
	f(10*time.Hour-us, 0, 1, 0)
	f(10*time.Hour, 0, 0, 0)
}

// A date counts where its beginning, in days of 24 hours from the date of the exposure, lies in a
// window or look-back.
func TestEdgesOfWindowsOfDates(t *testing.T) {
	f := func(days int, window, part, lookback, less float64) {
		t.Helper()
		q, d := small()
		q.Looks = []time.Time{testStart.AddDate(0, 0, 9)}
		q.Experiments[0].Metrics = []Metric{
			{Value: Column{Event: "buy", Aggregate: Count, To: 36 * time.Hour}, Lookback: 36 * time.Hour},
			{Value: Column{Event: "buy", Aggregate: Count, From: 12 * time.Hour, To: 36 * time.Hour}, Lookback: 12 * time.Hour},
		}
		d.exposures = []fakeFile{{{{user: "u", variant: "a", time: microseconds(testStart.Add(23 * time.Hour))}}}}
		d.conversions = []fakeFile{{{{user: "u", event: "buy", time: microseconds(testStart.AddDate(0, 0, days)), date: true}}}}
		r, err := runFake(t.Context(), q, d, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := r.Experiments[0].Looks[0].Metrics
		long, short := m[0][0][0].Moments.Mean, m[1][0][0].Moments.Mean
		if diff := gocmp.Diff([]float64{window, part, lookback, less}, []float64{long[0], short[0], long[1], short[1]}); diff != "" {
			t.Errorf("%d days after the exposure (- want, + got):\n%s", days, diff)
		}
	}
	f(-2, 0, 0, 0, 0)
	f(-1, 0, 0, 1, 0)
	f(0, 1, 0, 0, 0)
	f(1, 1, 1, 0, 0)
	f(2, 0, 0, 0, 0)
}

// On a day of 25 hours, a date inside a window of a day and a half hour begins after the
// window is over.
func TestDatesWhenClocksAreSetBack(t *testing.T) {
	q, d := small()
	sunday := time.Date(2024, 11, 3, 0, 0, 0, 0, testZone)
	d.exposures = []fakeFile{{{{user: "u", variant: "a", time: microseconds(sunday)}}}}
	d.conversions = []fakeFile{{{{user: "u", event: "buy", time: microseconds(sunday.AddDate(0, 0, 1)), value: 3, date: true}}}}
	window := 24*time.Hour + 30*time.Minute
	q.Looks = []time.Time{sunday.Add(window), sunday.Add(26 * time.Hour)}
	q.Experiments[0].Metrics = []Metric{{Value: Column{Event: "buy", Aggregate: Sum, To: window}, MatureAfter: window}}
	r, err := runFake(context.Background(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{0, 3} {
		if m := r.Experiments[0].Looks[k].Metrics[0][0][0].Moments; m.N != 1 || m.Mean[0] != want {
			t.Errorf("look %d: %+v, want one user with %v", k, m, want)
		}
	}
}

// A user's sum is taken in path order even where later files hold earlier rows, at every
// look as if it were the only one.
func TestLateRowsAreSummedInPathOrder(t *testing.T) {
	q, d := small()
	q.Looks = nil
	for day := range 4 {
		q.Looks = append(q.Looks, testStart.AddDate(0, 0, day+1))
	}
	d.conversions = nil
	for i, day := range []int{2, 0, 1} {
		row := fakeRow{user: "u", event: "buy", time: microseconds(testStart.AddDate(0, 0, day)), value: float64(i+1) / 10}
		d.conversions = append(d.conversions, fakeFile{{row}})
	}
	r, err := runFake(context.Background(), q, d, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []float64
	for _, look := range r.Experiments[0].Looks {
		got = append(got, look.Metrics[0][0][0].Moments.Mean[0])
	}
	a, b, c := 0.1, 0.2, 0.3 // as variables: constants would be added exactly
	want := []float64{b, b + c, a + b + c, a + b + c}
	if a+b+c == b+c+a {
		t.Fatal("the order of these numbers does not matter")
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("sums by look (- want, + got):\n%s", diff)
	}
}

// Row groups outside of what the query needs are not read, but their rows are counted.
func TestRowGroupsAreSkipped(t *testing.T) {
	q, d := small()
	q.Experiments[0].Start = testStart
	q.Experiments[0].Metrics[0].Lookback = 24 * time.Hour
	group := func(days int) []fakeRow {
		at := microseconds(testStart.AddDate(0, 0, days))
		return []fakeRow{{user: "u", event: "buy", time: at, value: 1}, {user: "", event: "buy", time: at + 1, value: 1}}
	}
	d.conversions = []fakeFile{{group(-9), group(-4), group(-2), group(0), group(1), group(5)}}
	run := func(want ...int) *Result {
		t.Helper()
		var read []int
		r := newRunner(&q, 1, nil)
		exposures, conversions := d.sources(r)
		conversions.open = noting(conversions.open, &read)
		got, err := r.run(context.Background(), exposures, conversions)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, read); diff != "" {
			t.Errorf("row groups read (- want, + got):\n%s", diff)
		}
		return got
	}
	got := run(2, 3)
	first := testStart.AddDate(0, 0, -9)
	want := []TableRead{{Files: 1, Rows: 8, First: first.UTC(), Last: testStart.Add(time.Microsecond).UTC(), NoUser: 2}}
	if diff := gocmp.Diff(want, got.Conversions); diff != "" {
		t.Errorf("conversions (- want, + got):\n%s", diff)
	}
	if !got.HistoryStart.Equal(first) {
		t.Errorf("history starts %v, want %v", got.HistoryStart, first)
	}
	// A look that sees only some rows of the first row group has to know which.
	q.Looks = append([]time.Time{first.Add(time.Microsecond)}, q.Looks...)
	if got := run(0, 2, 3); got.Conversions[0].Rows != 1 || got.Conversions[1] != want[0] {
		t.Errorf("conversions %+v, want one row and then %+v", got.Conversions, want[0])
	}
}

// noteReads notes which row groups are read.
type noteReads struct {
	table
	groups *[]int
}

func (n *noteReads) Read(g int) rowSource {
	*n.groups = append(*n.groups, g)
	return n.table.Read(g)
}

// Whole numbers are summed in integers only to be fast.
func TestWholeNumbersAreSummedExactlyEitherWay(t *testing.T) {
	often(t, 8, func(t *rapid.T) {
		q, d := drawQuery(t), drawData(t)
		whole := mustRun(t, q, d, 2)
		r := newRunner(&q, 2, nil)
		r.wholeRows, r.limits = 0, d.limits()
		exposures, conversions := d.sources(r)
		wide, err := r.run(context.Background(), exposures, conversions)
		if err != nil {
			t.Fatal(err)
		}
		settleValues(wide)
		if diff := unlike(whole, wide); diff != "" {
			t.Fatalf("(- integers, + exact sums):\n%s", diff)
		}
	})
}

// small is data of one experiment, enough for what goes wrong.
func small() (Query, *fakeData) {
	at := microseconds(testStart)
	d := &fakeData{fileSize: 100}
	d.exposures = []fakeFile{{{{user: "u", variant: "a", time: at}, {user: "v", variant: "b", time: at}}}}
	for i := range 20 {
		row := fakeRow{user: "u", event: "buy", time: at + int64(i), value: 2}
		d.conversions = append(d.conversions, fakeFile{{row, row}, {row}})
	}
	q := Query{
		Exposures:   ExposureTable{Path: "e", User: "user", Variant: "variant", Time: "time"},
		Conversions: ConversionTable{Path: "c", User: "user", Event: "event", Time: "time", Value: "value"},
		Location:    testZone,
		Looks:       []time.Time{testStart.AddDate(0, 0, 1)},
		Experiments: []Experiment{{Name: "e", Variants: []string{"a", "b"}, Metrics: []Metric{
			{Name: "revenue", Value: Column{Event: "buy", Aggregate: Sum}},
		}}},
	}
	return q, d
}

func TestEngineFailsOnDamagedFile(t *testing.T) {
	for _, damaged := range [][]string{{"conversions/007"}, {"exposures/000"}, {"exposures/000", "conversions/000"}} {
		for _, workers := range []int{1, 4} {
			q, d := small()
			d.damaged = damaged
			got, err := runFake(context.Background(), q, d, workers, nil)
			if want := "read " + damaged[0] + ": the page is damaged"; got != nil || err == nil || err.Error() != want {
				t.Errorf("%d workers: result %v, error %v, want %s", workers, got, err, want)
			}
			if closed := int(d.closed); closed == 0 || closed > len(d.conversions)+1 {
				t.Errorf("%d files closed", d.closed)
			}
		}
	}
}

func TestEngineStopsWhenCancelled(t *testing.T) {
	for _, step := range []string{"exposures", "conversions", "users"} {
		q, d := small()
		d.fileSize = 1 << 20 // many partitions
		ctx, cancel := context.WithCancel(context.Background())
		got, err := runFake(ctx, q, d, 1, func(at string, done, total int64) {
			if at == step && done < total || step == "exposures" {
				cancel()
			}
		})
		cancel()
		if got != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at %s: result %v, error %v", step, got, err)
		}
	}
}

// A query for no experiment still says what was read.
func TestEngineWithoutExperiments(t *testing.T) {
	q, d := small()
	q.Experiments, q.Exposures.Experiment = nil, "experiment"
	var reads []TableRead
	for name, run := range map[string]func() (*Result, error){
		"all read":  func() (*Result, error) { return runFake(t.Context(), q, d, 2, nil) },
		"rows kept": func() (*Result, error) { return runKept(q, d, t.TempDir(), 2, 0, nil) },
	} {
		got, err := run()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		reads = append(reads, got.Exposures[0], got.Conversions[0])
	}
	for i, rows := range []int64{2, 60, 2, 60} {
		if reads[i].Rows != rows {
			t.Errorf("%d rows were read, want %d", reads[i].Rows, rows)
		}
	}
}

func TestProgressReachesTheTotal(t *testing.T) {
	q, d := small()
	type state struct{ Done, Total int64 }
	last := map[string]state{}
	var mu sync.Mutex
	_, err := runFake(context.Background(), q, d, 3, func(step string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if done < last[step].Done {
			t.Errorf("%s went from %d back to %d", step, last[step].Done, done)
		}
		last[step] = state{done, total}
		if e := last["exposures"]; step == "conversions" && e.Done < e.Total {
			t.Errorf("conversions were reported when %d of %d bytes of exposures were read", e.Done, e.Total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]state{"exposures": {100, 100}, "conversions": {2000, 2000}, "users": {1, 1}}
	if diff := gocmp.Diff(want, last); diff != "" {
		t.Errorf("progress (- want, + got):\n%s", diff)
	}
}

func TestSumsThatOverflowAreNotFinite(t *testing.T) {
	q, d := small()
	for i := range d.conversions {
		for _, g := range d.conversions[i] {
			for j := range g {
				g[j].value = 1e308
			}
		}
	}
	got, err := runFake(context.Background(), q, d, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	cells := got.Experiments[0].Looks[0].Metrics[0][0]
	if cells[0].Moments.Finite() || cells[0].Moments.N != 1 {
		t.Errorf("the moments of an infinite sum are %+v", cells[0].Moments)
	}
	if !cells[1].Moments.Finite() || cells[1].Moments.N != 1 {
		t.Errorf("the other arm's are %+v", cells[1].Moments)
	}
}

func TestFaultyQueries(t *testing.T) {
	f := func(change func(*Query), want string) {
		t.Helper()
		q, d := small()
		change(&q)
		_, err := runFake(context.Background(), q, d, 1, nil)
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	f(func(q *Query) { q.Looks = nil }, "query: no looks")
	f(func(q *Query) { q.Looks = append(q.Looks, q.Looks[0]) },
		"query: look 2024-03-07 00:00:00 -0800 PST does not come after 2024-03-07 00:00:00 -0800 PST")
	f(func(q *Query) { q.Experiments = append(q.Experiments, Experiment{Name: "f"}) },
		"query: 2 experiments, but no column that tells them apart")
	f(func(q *Query) { q.Experiments[0].Variants = []string{"a", "b", "a"} },
		`query: experiment "e": variant "a" is there twice`)
	f(func(q *Query) { q.Conversions.Value = "" },
		`query: experiment "e": metric "revenue": sum needs a value column`)
	f(func(q *Query) {
		q.Experiments[0].Metrics[0].Value.From = time.Hour
		q.Experiments[0].Metrics[0].Value.To = time.Minute
	},
		`query: experiment "e": metric "revenue": bad window [1h0m0s, 1m0s)`)
	f(func(q *Query) { q.Conversions.Path = "" },
		`query: experiment "e": metric "revenue": no conversions to compute it from`)
}

func noting(open func(context.Context, tables.File) (table, error), groups *[]int) func(context.Context, tables.File) (table, error) {
	return func(ctx context.Context, f tables.File) (table, error) {
		t, err := open(ctx, f)
		return &noteReads{t, groups}, err
	}
}
