package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"readout/ingest/scatter"
	"readout/ingest/tables"
)

// runKept is runKeeping without what only a run that keeps rows can tell.
func runKept(q Query, d *fakeData, dir string, workers int, memory int64, versions []string) (*Result, error) {
	result, err := runKeeping(q, d, dir, workers, memory, versions)
	if err == nil {
		result.Files = nil
	}
	return result, err
}

// runKeeping runs the engine over tables in memory, keeping rows in a folder. Files have the
// versions given, exposures first.
func runKeeping(q Query, d *fakeData, dir string, workers int, memory int64, versions []string) (*Result, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	r := newRunner(&q, workers, nil)
	d.limit(r)
	r.memory, r.spill = memory, &spill{dir: dir}
	r.footer = func(context.Context, tables.File) (uint64, error) { return 1, nil }
	kept, err := openKeptRows(dir, q.Seed, partitionsFor(d.fileSize+d.grown))
	if err != nil {
		return nil, err
	}
	defer kept.close()
	r.keepIn(kept)
	exposures, conversions := d.sources(r)
	for i, version := range versions {
		if i < len(exposures.files) {
			exposures.files[i].Version = version
		} else {
			conversions.files[i-len(exposures.files)].Version = version
		}
	}
	result, err := r.run(context.Background(), exposures, conversions)
	if err != nil {
		kept.forget()
	}
	return result, err
}

// keptUnlike returns how a result from rows kept in a folder differs from one of all files read.
func keptUnlike(t *testing.T, q Query, d *fakeData, dir string, versions []string) string {
	t.Helper()
	want, err := runFake(t.Context(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := runKept(q, d, dir, 1, 0, versions)
	if err != nil {
		t.Fatal(err)
	}
	return unlike(want, got)
}

// memoryFolder makes a folder, in memory where the system has one: tests write and sync thousands of small
// files, and a disk takes most of the time. The caller removes it.
func memoryFolder() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "kept"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "kept")
}

// schedule is what becomes of the files of a table from run to run: a file may come late,
// change, and go.
type schedule struct {
	files    []fakeFile
	versions []int // 0 is not there
}

func newSchedule(files []fakeFile) *schedule {
	return &schedule{files: files, versions: make([]int, len(files))}
}

// step changes some files and returns those that are there, with their versions. Later
// versions have fewer rows.
func (s *schedule) step(t *rapid.T) (files []fakeFile, versions []string) {
	for i, f := range s.files {
		switch rapid.SampledFrom([]string{"", "", "", "come", "come", "change", "go"}).Draw(t, "file") {
		case "come":
			s.versions[i] = max(s.versions[i], 1)
		case "change":
			s.versions[i]++
		case "go":
			s.versions[i] = 0
		}
		if s.versions[i] == 0 {
			continue
		}
		now := slices.Clone(f)
		for g := range now {
			now[g] = now[g][min(s.versions[i]-1, len(now[g])):]
		}
		files = append(files, now)
		versions = append(versions, fmt.Sprintf("file %d version %d", i, s.versions[i]))
	}
	return files, versions
}

// varied returns a query that asks for something else: earlier looks only, other
// experiments, dates or metrics.
func varied(t *rapid.T, q Query) Query {
	q.Looks = q.Looks[:rapid.IntRange(1, len(q.Looks)).Draw(t, "looks")]
	last := q.Looks[len(q.Looks)-1]
	q.ReadAt = slices.DeleteFunc(slices.Clone(q.ReadAt), func(at time.Time) bool { return !at.Before(last) })
	q.Seed = rapid.Uint64().Draw(t, "seed now")
	q.Experiments = slices.Clone(q.Experiments)
	if n := len(q.Experiments); n > 1 && rapid.IntRange(0, 3).Draw(t, "one less") == 0 {
		at := rapid.IntRange(0, n-1).Draw(t, "which")
		q.Experiments = slices.Delete(q.Experiments, at, at+1)
	}
	e := &q.Experiments[0]
	if rapid.Bool().Draw(t, "all start") {
		for i := range q.Experiments {
			if x := &q.Experiments[i]; x.Start.IsZero() {
				x.Start = testStart.AddDate(0, 0, rapid.IntRange(2, 4).Draw(t, "start now"))
				if !x.End.IsZero() && x.End.Before(x.Start) {
					x.End = x.Start
				}
			}
		}
	}
	switch rapid.IntRange(0, 6).Draw(t, "other") {
	case 0:
		if end := drawMoment(t, "end now"); end.After(e.Start) {
			e.End = end
		}
	case 1:
		e.Metrics = append(slices.Clone(e.Metrics), drawMetric(t))
	case 2:
		e.Metrics = e.Metrics[:1]
	}
	if s := q.Exposures.Segments; len(s) > 0 {
		q.Exposures.Segments = rapid.SampledFrom([][]string{s, s, s, {"country"}, {"country", "device"}, nil}).Draw(t, "segments now")
	}
	return q
}

// Whatever files come, change and go, whatever the query asks for, and whatever becomes of
// the folder, a run that keeps rows gives what one does that reads all files.
func TestKeptRowsChangeNothing(t *testing.T) {
	often(t, 4, func(t *rapid.T) {
		dir, err := memoryFolder()
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		q, d := drawQuery(t), drawData(t)
		d.mixed(t)
		exposures, conversions := newSchedule(d.exposures), newSchedule(d.conversions)
		for range rapid.IntRange(2, 5).Draw(t, "runs") {
			now := *d
			now.grown = rapid.SampledFrom([]int64{0, 0, 0, 8 << 20}).Draw(t, "grown")
			var versions, more []string
			now.exposures, versions = exposures.step(t)
			now.conversions, more = conversions.step(t)
			switch rapid.IntRange(0, 7).Draw(t, "mishap") {
			case 0: // A run was killed.
				err = os.WriteFile(filepath.Join(dir, "rows-000900.tmp"), []byte("half"), 0o644)
			case 1:
				err = damageOne(t, dir)
			}
			if err != nil {
				t.Fatal(err)
			}
			asked := varied(t, q)
			want, err := runFake(context.Background(), asked, &now, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			workers := rapid.IntRange(1, 3).Draw(t, "workers")
			got, err := runKept(asked, &now, dir, workers, int64(rapid.IntRange(0, 1).Draw(t, "memory")), append(versions, more...))
			if err != nil && strings.Contains(err.Error(), scatter.ErrUnreadable.Error()) {
				got, err = runKept(asked, &now, dir, workers, 0, append(versions, more...))
			}
			if err != nil {
				t.Fatal(err)
			}
			settleValues(want)
			settleValues(got)
			if diff := unlike(want, got); diff != "" {
				t.Fatalf("(- all files read, + rows kept):\n%s", diff)
			}
		}
	})
}

// damageOne changes a byte of a file of kept rows or of totals, if there is one.
func damageOne(t *rapid.T, dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*-*"))
	if err != nil || len(paths) == 0 {
		return err
	}
	path := rapid.SampledFrom(paths).Draw(t, "damaged")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b[rapid.IntRange(0, len(b)-1).Draw(t, "byte")]++
	return os.WriteFile(path, b, 0o644)
}

// Day after day, with files that come late, totals brought up to date by the users whom the
// day touches are those of all rows.
func TestKeptTotalsFromDayToDay(t *testing.T) {
	often(t, 2, keptDays)
}

func keptDays(t *rapid.T) {
	q, d := drawQuery(t), drawData(t)
	q.ReadAt, q.Looks = nil, nil
	for day := range 11 {
		q.Looks = append(q.Looks, testStart.AddDate(0, 0, day))
	}
	for i := range q.Experiments {
		for j := range q.Experiments[i].Metrics {
			m := &q.Experiments[i].Metrics[j]
			m.Value.To, m.MatureAfter = m.Value.From+24*time.Hour, m.Value.From+24*time.Hour
			if m.Value.Aggregate == Each && rapid.IntRange(0, 3).Draw(t, "still single") > 0 {
				m.Value.Aggregate = Sum
			}
		}
	}
	runDays(t, q, d, newSchedule(d.exposures), newSchedule(d.conversions), 2)
}

// runDays lets files come from day to day, each day one of so many that have not come yet, and
// runs for each or some of the days. Users of segments are counted first by the run that reads
// all files, and on some days by the other.
func runDays(t *rapid.T, q Query, d *fakeData, exposures, conversions *schedule, oneOf int) {
	dir, err := memoryFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for look := 1; look <= len(q.Looks); look += rapid.IntRange(0, 3).Draw(t, "days") {
		now := *d
		var versions, more []string
		now.exposures, versions = exposures.come(t, oneOf)
		now.conversions, more = conversions.come(t, oneOf)
		asked := q
		asked.Looks = slices.Clone(q.Looks[:look])
		if missed := rapid.IntRange(0, 4*look).Draw(t, "missed"); missed < look-1 {
			asked.Looks = slices.Delete(asked.Looks, missed, missed+1)
		}
		now.slots = 1
		want, err := runFake(context.Background(), asked, &now, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		now.slots = rapid.SampledFrom([]int{0, 0, 0, 0, 4}).Draw(t, "slots now")
		got, err := runKept(asked, &now, dir, 2, 0, append(versions, more...))
		if err != nil {
			t.Fatal(err)
		}
		settleValues(want)
		settleValues(got)
		if diff := unlike(want, got); diff != "" {
			t.Fatalf("(- all files read, + rows kept):\n%s", diff)
		}
		if look == len(q.Looks) && rapid.Bool().Draw(t, "enough") {
			return
		}
	}
}

// come lets some files come and returns those that are there, with their versions.
func (s *schedule) come(t *rapid.T, oneOf int) (files []fakeFile, versions []string) {
	for i, f := range s.files {
		if s.versions[i] == 0 && rapid.IntRange(1, oneOf).Draw(t, "comes") == oneOf {
			s.versions[i] = 1
		}
		if s.versions[i] > 0 {
			files = append(files, f)
			versions = append(versions, fmt.Sprintf("file %d", i))
		}
	}
	return files, versions
}

// The same for few users who do a lot at the same hours, so that most rows matter to somebody
// and many of them are close to a bound.
func TestKeptTotalsOfBusyUsers(t *testing.T) {
	often(t, 4, busyDays)
}

func busyDays(t *rapid.T) {
	day := 24 * time.Hour
	days := func(label string) time.Duration { return time.Duration(rapid.IntRange(0, 3).Draw(t, label)) * day }
	q, d := small()
	q.Exposures.Segments = rapid.SampledFrom([][]string{nil, {"country"}, {"device", "country"}}).Draw(t, "segments")
	e := &q.Experiments[0]
	e.SeveralVariants = SeveralVariants(rapid.IntRange(0, 1).Draw(t, "several"))
	e.Metrics = nil
	window := days("window")
	// Spells are kept of capped metrics whose looks are not linked, without segments.
	capped := rapid.Bool().Draw(t, "capped")
	if capped {
		q.Exposures.Segments = nil
	}
	for i := range rapid.IntRange(2, 3).Draw(t, "metrics") {
		aggregate := rapid.SampledFrom([]Aggregate{Count, Sum}).Draw(t, "aggregate")
		m := Metric{
			Name: fmt.Sprint("m", i), Value: Column{Event: "buy", Aggregate: aggregate, To: window},
			MatureAfter: days("mature after"), Lookback: days("look-back"), CrossLooks: rapid.Bool().Draw(t, "cross looks"),
		}
		if capped && i == 0 {
			m.Value.Cap, m.CrossLooks = drawCap(t), false
		}
		e.Metrics = append(e.Metrics, m)
	}
	q.Looks = nil
	for n := range 9 {
		q.Looks = append(q.Looks, testStart.AddDate(0, 0, n+1))
	}
	row := func() fakeRow {
		hours := time.Duration(rapid.IntRange(0, 16).Draw(t, "hours")) * 12 * time.Hour
		return fakeRow{user: rapid.SampledFrom([]string{"u", "v", "w"}).Draw(t, "user"), time: microseconds(testStart.Add(hours))}
	}
	files := func(label string, row func() fakeRow) (files []fakeFile) {
		for range rapid.IntRange(4, 8).Draw(t, label+" files") {
			var f fakeFile
			for range rapid.IntRange(1, 3).Draw(t, "rows") {
				f = append(f, []fakeRow{row()})
			}
			files = append(files, f)
		}
		return files
	}
	d.exposures = files("exposure", func() fakeRow {
		r := row()
		r.variant = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "variant")
		r.country = rapid.SampledFrom([]string{"AT", "CH", "DE", "FR", ""}).Draw(t, "country")
		r.device = rapid.SampledFrom([]string{"mobile", "desktop"}).Draw(t, "device")
		return r
	})
	d.conversions = files("conversion", func() fakeRow {
		r := row()
		r.event, r.value = "buy", float64(rapid.IntRange(1, 5).Draw(t, "value"))
		return r
	})
	// One that begins the history comes first: from then on, totals are kept from day to day.
	first := fakeRow{user: "x", event: "buy", time: microseconds(testStart), value: 1}
	d.conversions = append([]fakeFile{{{first}}}, d.conversions...)
	exposures, conversions := newSchedule(d.exposures), newSchedule(d.conversions)
	conversions.versions[0] = 1
	runDays(t, q, d, exposures, conversions, 5)
}

// Rows of many days do not stay in as many files, and those of days that no experiment counts
// any more go. Experiments start one after the other, each with an event of its own.
func TestKeptRowsOfManyDays(t *testing.T) {
	const days = 160
	dir, err := memoryFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	q, d := small()
	q.Exposures.Experiment = "experiment"
	d.exposures, d.conversions = nil, nil
	most, read, rows := 0, 0, int64(0)
	for n := range days {
		at := testStart.AddDate(0, 0, n)
		row := fakeRow{user: fmt.Sprint(n % 7), experiment: fmt.Sprint("e", n/20), variant: "a", time: microseconds(at)}
		d.exposures = append(d.exposures, fakeFile{{row}})
		row.event, row.value, row.time = fmt.Sprint("buy", n/20), float64(n), microseconds(at.Add(time.Hour))
		early := row
		early.event = fmt.Sprint("buy", n/20+2)
		d.conversions = append(d.conversions, fakeFile{{row, early}})
		asked := q
		asked.Experiments, asked.Looks = nil, nil
		for x := max(0, n/20-2); x <= n/20; x++ {
			e := q.Experiments[0]
			e.Name, e.Start, e.End = fmt.Sprint("e", x), testStart.AddDate(0, 0, 20*x), testStart.AddDate(0, 0, 20*x+45)
			e.Metrics = []Metric{{Name: "m", Value: Column{Event: fmt.Sprint("buy", x), Aggregate: Sum, To: 24 * time.Hour}, Lookback: 48 * time.Hour}}
			asked.Experiments = append(asked.Experiments, e)
		}
		for look := max(1, n-19); look <= n+1; look++ {
			asked.Looks = append(asked.Looks, testStart.AddDate(0, 0, look))
		}
		var versions []string
		for range 2 {
			for i := range n + 1 {
				versions = append(versions, fmt.Sprint("version ", i))
			}
		}
		want, err := runFake(t.Context(), asked, d, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.opened = 0
		got, err := runKept(asked, d, dir, 1, 0, versions)
		if err != nil {
			t.Fatal(err)
		}
		if diff := unlike(want, got); diff != "" {
			t.Fatalf("day %d (- all files read, + rows kept):\n%s", n, diff)
		}
		read += int(d.opened)
		kept, err := openKeptRows(dir, q.Seed, partitionsFor(d.fileSize))
		if err != nil {
			t.Fatal(err)
		}
		tables := map[string]int{}
		lying := int64(0)
		for _, rows := range kept.files {
			tables[rows.Table]++
			most = max(most, tables[rows.Table])
			lying += rows.kept()
		}
		rows = max(rows, lying)
		kept.close()
	}
	if most > 40 {
		t.Errorf("there were up to %d files of rows of a table", most)
	}
	// Once, once more to come together, all that matter for an experiment with an event of its
	// own, and for the look at their statistics when nothing of them matters any more.
	if files := 2 * days; read > 4*files+20 {
		t.Errorf("%d files were read %d times", files, read)
	}
	// Some three rows a day, of the three times twenty days that matter, and the same again.
	if rows > 2*3*60 {
		t.Errorf("up to %d rows were kept", rows)
	}
}

// Files that come late with conversions of long ago: one counts as before the exposure and
// changes nothing else, one lies in a window, one makes the history begin earlier. A conversion that is there
// early is counted by the look that sees it, although its window is over.
func TestKeptTotalsAndOddConversions(t *testing.T) {
	at := func(day, hour int) int64 {
		return microseconds(testStart.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour))
	}
	day := 24 * time.Hour
	q, d := small()
	q.Looks = []time.Time{testStart.AddDate(0, 0, 3), testStart.AddDate(0, 0, 4), testStart.AddDate(0, 0, 5), testStart.AddDate(0, 0, 6)}
	d.exposures = []fakeFile{{{
		{user: "u", variant: "a", time: at(1, 9)}, {user: "v", variant: "b", time: at(1, 10)},
	}}}
	d.conversions = []fakeFile{
		{{{user: "x", event: "buy", time: at(-1, 0), value: 1}, {user: "u", event: "buy", time: at(1, 12), value: 2}}},
		{{{user: "u", event: "buy", time: at(5, 12), value: 5}}},
		{{{user: "u", event: "buy", time: at(0, 12), value: 3}, {user: "v", event: "buy", time: at(1, 20), value: 7}}},
		{{{user: "v", event: "buy", time: at(-9, 0), value: 4}}},
		{{{user: "x", event: "buy", time: at(3, 0), value: 6}}},
	}
	f := func(name string, q Query) {
		dir := t.TempDir()
		for n := 1; n <= len(q.Looks); n++ {
			now, asked := *d, q
			now.conversions, asked.Looks = d.conversions[:n+1], q.Looks[:n]
			if diff := keptUnlike(t, asked, &now, dir, []string{"e", "c0", "c1", "c2", "c3", "c4"}[:n+2]); diff != "" {
				t.Errorf("%s, day %d (- all files read, + rows kept):\n%s", name, n, diff)
			}
		}
	}
	q.Experiments[0].Metrics = []Metric{{Name: "plain", Value: Column{Event: "buy", Aggregate: Count, To: day}, MatureAfter: day}}
	f("without covariates", q)
	q.Experiments[0].Start = testStart.AddDate(0, 0, 1)
	f("with a start after one of them", q)
	q.Experiments[0].Start = time.Time{}
	q.Experiments[0].Metrics = []Metric{{Name: "adjusted", Value: Column{Event: "buy", Aggregate: Sum, To: day}, MatureAfter: day, Lookback: 3 * day}}
	f("with covariates", q)
	q.Experiments[0].Metrics = []Metric{
		{Name: "early", Value: Column{Event: "buy", Aggregate: Sum, To: day}, MatureAfter: day},
		{Name: "late", Value: Column{Event: "buy", Aggregate: Sum, To: day}, MatureAfter: 4 * day},
	}
	f("with two clocks", q)
}

// A date that no look sees yet does not count where clocks are set back: it lies in a window that is
// over when it begins.
func TestKeptDatesAhead(t *testing.T) {
	q, d := small()
	sunday := time.Date(2024, 11, 3, 0, 0, 0, 0, testZone)
	monday := sunday.AddDate(0, 0, 1)
	d.exposures = []fakeFile{{{{user: "u", variant: "a", time: microseconds(sunday)}}}}
	d.conversions = []fakeFile{
		{{{user: "u", event: "buy", time: microseconds(sunday), value: 1}}},
		{{{user: "u", event: "buy", time: microseconds(monday), value: 3, date: true}}},
	}
	window := 24*time.Hour + 30*time.Minute
	q.Experiments[0].Metrics = []Metric{{Value: Column{Event: "buy", Aggregate: Sum, To: window}, MatureAfter: window}}
	dir := t.TempDir()
	for days := range 3 {
		q.Looks = []time.Time{sunday, monday, monday.AddDate(0, 0, 1)}[:days+1]
		if diff := keptUnlike(t, q, d, dir, []string{"e", "c0", "c1"}); diff != "" {
			t.Errorf("%d days (- all files read, + rows kept):\n%s", days, diff)
		}
	}
}

// Exposures that were kept for an experiment do not count where it starts long after all of them
// now, while they are early enough for another one.
func TestKeptRowsOfAnExperimentThatStartsLater(t *testing.T) {
	q, d := small()
	q.Exposures.Experiment = "experiment"
	other := q.Experiments[0]
	other.Name = "other"
	q.Experiments = append(q.Experiments, other)
	for i := range d.exposures[0][0] {
		d.exposures[0][0][i].experiment = "e"
	}
	dir := t.TempDir()
	versions := slices.Repeat([]string{"v"}, len(d.exposures)+len(d.conversions))
	for _, start := range []time.Time{{}, testStart.AddDate(0, 0, 7), testStart.AddDate(0, 0, 8), testStart.AddDate(0, 0, -1)} {
		q.Experiments[0].Start = start
		if diff := keptUnlike(t, q, d, dir, versions); diff != "" {
			t.Errorf("start %v (- all files read, + rows kept):\n%s", start, diff)
		}
	}
}

// Rows in fewer partitions than the data have by now are not read.
func TestKeptRowsInTooFewPartitions(t *testing.T) {
	q, d := small()
	dir := t.TempDir()
	for n, grown := range []int64{0, 8 << 20, 0} {
		d.grown = grown
		// The last file comes after the first run.
		now := *d
		now.conversions = d.conversions[:len(d.conversions)-1+min(n, 1)]
		versions := slices.Repeat([]string{"v"}, len(now.exposures)+len(now.conversions))
		if diff := keptUnlike(t, q, &now, dir, versions); diff != "" {
			t.Errorf("run %d (- all files read, + rows kept):\n%s", n, diff)
		}
	}
}

// Too many names of variants are a fault also where no file alone has as many, and none where
// some of them have gone.
func TestKeptRowsOfTooManyVariants(t *testing.T) {
	q, d := small()
	q.Experiments[0].Name, q.Exposures.Experiment, d.variants = "e", "experiment", 10
	names := func(prefix string, n int) fakeFile {
		var rows []fakeRow
		for i := range n {
			rows = append(rows, fakeRow{user: "u", experiment: "e", variant: fmt.Sprint(prefix, i), time: microseconds(testStart)})
		}
		return fakeFile{rows}
	}
	dir := t.TempDir()
	for run, files := range [][]string{{"p", "q"}, {"p", "r"}, {"p", "r", "s"}} {
		d.exposures = nil
		for _, name := range files {
			d.exposures = append(d.exposures, names(name, 4))
		}
		versions := append(files, slices.Repeat([]string{"v"}, len(d.conversions))...)
		_, want := runFake(t.Context(), q, d, 1, nil)
		_, err := runKept(q, d, dir, 1, 0, versions)
		if (err == nil) != (want == nil) || want == nil && run == 2 {
			t.Errorf("run %d: error %v, want %v", run, err, want)
		}
	}
}

// TestTimesWithoutAZoneAreKnown: also where the files are not read again.
func TestTimesWithoutAZoneAreKnown(t *testing.T) {
	q, d := small()
	dir := t.TempDir()
	for _, clock := range []bool{true, false} {
		d.clock = clock // of what is read; the first run has read all of it
		r, err := runKept(q, d, dir, 1, 1<<20, slices.Repeat([]string{"v"}, 1+len(d.conversions)))
		if err != nil {
			t.Fatal(err)
		}
		if r.Exposures[0].WallClock || !r.Conversions[0].WallClock {
			t.Errorf("exposures %t, conversions %t", r.Exposures[0].WallClock, r.Conversions[0].WallClock)
		}
	}
}
