package main

import (
	"bytes"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
	"readout/ingest/tables"
	"readout/internal/daily"
)

// The tests of the demo share one project, and only the last one adds to it.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	if err := writeDemo(dir); err != nil {
		t.Fatal(err)
	}
	t.Run("same bytes", func(t *testing.T) { testDemoSameBytes(t, dir) })
	t.Run("overwrites nothing", func(t *testing.T) { testDemoOverwritesNothing(t, dir) })
	t.Run("loads", func(t *testing.T) { testDemoLoads(t, dir) })
	t.Run("exposures", func(t *testing.T) { testDemoExposures(t, dir) })
	t.Run("conversions", func(t *testing.T) { testDemoConversions(t, dir) })
	t.Run("fates", func(t *testing.T) { testDemoFates(t, dir) })
}

// readTree returns the content of all files below a directory, by path.
func readTree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[path], err = os.ReadFile(filepath.Join(dir, path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func testDemoSameBytes(t *testing.T, dir string) {
	again := filepath.Join(t.TempDir(), "shop")
	if err := writeDemo(again); err != nil {
		t.Fatal(err)
	}
	want, got := readTree(t, dir), readTree(t, again)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Fatalf("files (-first +second):\n%s", diff)
	}
	size := 0
	for path, data := range want {
		size += len(data)
		if !bytes.Equal(data, got[path]) {
			t.Errorf("%s has other bytes the second time", path)
		}
	}
	if size > 15<<20 {
		t.Errorf("the project has %d bytes", size)
	}
}

func testDemoOverwritesNothing(t *testing.T, dir string) {
	before := readTree(t, dir)
	if err := writeDemo(dir); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("writing into a project: %v", err)
	}
	if !maps.EqualFunc(before, readTree(t, dir), bytes.Equal) {
		t.Error("the refused demo has changed files")
	}
}

func testDemoLoads(t *testing.T, dir string) {
	p, err := experiment.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p.Location.String() != demoZone {
		t.Errorf("the project's zone is %s, that of its data %s", p.Location, demoZone)
	}
	var names []string
	for _, e := range p.Experiments {
		names = append(names, e.Name)
		if got := e.Schedule.Start.Format("2006-01-02"); got != demoFirst {
			t.Errorf("%s starts on %s, its data on %s", e.Name, got, demoFirst)
		}
	}
	if want := []string{"checkout-button", "search-ranking"}; !slices.Equal(names, want) {
		t.Errorf("experiments %v, want %v", names, want)
	}
}

// readParts reads a table, by the date of the folder.
func readParts[T any](t *testing.T, dir, table string) map[string][]T {
	t.Helper()
	parts := make(map[string][]T)
	paths, err := filepath.Glob(filepath.Join(dir, "data", table, "date=*", "part-0.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		date := strings.TrimPrefix(filepath.Base(filepath.Dir(path)), "date=")
		if parts[date], err = parquet.ReadFile[T](path); err != nil {
			t.Fatal(err)
		}
	}
	return parts
}

// checkDays checks that there is a part for every day of the span and no other.
func checkDays[T any](t *testing.T, parts map[string][]T, first string, n int) {
	t.Helper()
	dates := slices.Sorted(maps.Keys(parts))
	if len(dates) != n || dates[0] != first || dates[n-1] != demoLast {
		t.Errorf("%d days from %v to %v, want %d from %s to %s", len(dates), dates[0], dates[len(dates)-1], n, first, demoLast)
	}
}

func testDemoExposures(t *testing.T, dir string) {
	type row struct {
		User       string `parquet:"user_id"`
		Experiment string `parquet:"experiment"`
		Variant    string `parquet:"variant"`
		Time       int64  `parquet:"timestamp,timestamp(microsecond)"`
		Country    string `parquet:"country,optional"`
		Device     string `parquet:"device,optional"`
	}
	parts := readParts[row](t, dir, "exposures")
	checkDays(t, parts, demoFirst, 28)

	variants := make(map[string]map[string]bool) // by experiment and user
	users := make(map[string]bool)
	rows, null, unknown, noCountry := 0, 0, 0, 0
	for _, part := range parts {
		for _, r := range part {
			rows++
			switch {
			case r.User == "":
				null++
				continue
			case r.Variant == "huge":
				unknown++
				continue
			case r.Country == "":
				noCountry++
			}
			key := r.Experiment + " " + r.User
			if variants[key] == nil {
				variants[key] = make(map[string]bool)
			}
			variants[key][r.Variant] = true
			users[r.User] = true
		}
	}
	several := 0
	for _, seen := range variants {
		if len(seen) > 1 {
			several++
		}
	}
	t.Logf("%d rows, %d users, %d users of an experiment, %d of them in several variants", rows, len(users), len(variants), several)
	if null != nullRows || unknown != previews || noCountry == 0 {
		t.Errorf("%d rows without user, %d of an unknown variant, %d without country", null, unknown, noCountry)
	}
	if n := len(variants); n < 18_000 || n > 27_000 || rows < 2*n {
		t.Errorf("%d users of an experiment in %d rows", n, rows)
	}
	if share := float64(several) / float64(len(variants)); share == 0 || share >= 0.005 {
		t.Errorf("%v of the users are in several variants", share)
	}
}

func testDemoConversions(t *testing.T, dir string) {
	parts := readParts[demoConversion](t, dir, "conversions")
	checkDays(t, parts, demoHistory, 58)
	shop, err := newDemoShop()
	if err != nil {
		t.Fatal(err)
	}
	rows, null, late := 0, 0, 0
	byWeekday := make([]int, 7)
	for day := range shop.days() {
		midnight := shop.history.AddDate(0, 0, day)
		part := parts[midnight.Format("2006-01-02")]
		rows += len(part)
		byWeekday[midnight.Weekday()] += len(part)
		if !slices.Equal(part, shop.conversions[day]) {
			t.Fatalf("the file of day %d does not hold what happened", day)
		}
		for i, c := range part {
			if c.User == "" {
				null++
			}
			if c.Time < midnight.UnixMicro() {
				late++
			}
			if i > 0 && c.Time < part[i-1].Time {
				t.Fatalf("day %d: row %d is out of order", day, i)
			}
			if c.Time >= shop.end.UnixMicro() || (c.Event == "purchase") != (c.Value > 0) {
				t.Fatalf("day %d: %+v", day, c)
			}
		}
	}
	t.Logf("%d rows, %d late", rows, late)
	if rows < 50_000 || rows > 200_000 || null != nullRows || late < 100 {
		t.Errorf("%d rows, %d without user, %d late", rows, null, late)
	}
	if sunday, wednesday := byWeekday[0], byWeekday[3]; float64(sunday) < 1.2*float64(wednesday) {
		t.Errorf("%d rows on Sundays, %d on Wednesdays", sunday, wednesday)
	}
}

// testDemoFates checks what README.md of the demo tells its readers.
func testDemoFates(t *testing.T, dir string) {
	cards := runDemoDays(t, dir)
	button, ranking := cards["checkout-button"], cards["search-ranking"]

	decided := ""
	for _, card := range button {
		c := card.Metrics[0].Comparisons[0]
		if decided == "" && c.Significant {
			decided = card.Date
		}
		if decided != "" && card.Recommendation.Action != analysis.ActionShip {
			t.Errorf("checkout-button on %s: %s, though decided on %s", card.Date, card.Recommendation.Sentence, decided)
		}
	}
	t.Logf("checkout-button decided on %s", decided)
	if decided < "2026-01-19" || decided > "2026-01-25" {
		t.Errorf("checkout-button decided on %q, want in the third week", decided)
	}
	if last := button[len(button)-1]; last.Status != string(experiment.Running) {
		t.Errorf("checkout-button is %s", last.Status)
	}

	tempting := 0
	for _, card := range ranking {
		for _, c := range card.Metrics[0].Comparisons {
			if c.Significant {
				t.Errorf("search-ranking: %s is decided on %s", c.Variant, card.Date)
			}
			// What a test made for one look says at 95%.
			z, ok := c.Z.Get()
			if ok && z > 1.96 && c.Variant == "popular" && card.Date >= "2026-01-12" && card.Date <= "2026-01-19" {
				tempting++
			}
		}
	}
	if tempting != 8 {
		t.Errorf("popular tempts on %d of eight days", tempting)
	}
	last := ranking[len(ranking)-1]
	if last.Date != demoLast || last.Status != string(experiment.ReadyForReview) || last.Recommendation.Action != analysis.ActionInconclusive {
		t.Errorf("search-ranking on %s is %s: %s", last.Date, last.Status, last.Recommendation.Sentence)
	}

	for _, card := range []analysis.Scorecard{button[len(button)-1], last} {
		for _, c := range card.Checks {
			if c.Severity == analysis.Alarm || c.Severity == analysis.Warning {
				t.Errorf("%s: %s", card.Experiment, c.Sentence)
			}
		}
		for _, m := range card.Metrics {
			kept := m.CUPED.VarianceKept.Or(math.Inf(1))
			t.Logf("%s, %s: variance kept %.3f", card.Experiment, m.Name, kept)
			if m.Name == "revenue" && kept > 0.85 {
				t.Errorf("%s, %s: CUPED keeps %v of the variance", card.Experiment, m.Name, kept)
			}
		}
	}
}

// runDemoDays schedules the experiments, runs the daily job for all days and returns the
// scorecards of each experiment, by day.
func runDemoDays(t *testing.T, dir string) map[string][]analysis.Scorecard {
	t.Helper()
	p, err := experiment.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "state")
	log, err := experiment.ReadLog(daily.LifecyclePath(state))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Experiments {
		entry, err := experiment.Move(e, log.State(e), experiment.Request{
			Action: experiment.ActionSchedule, At: e.Schedule.Start.AddDate(0, 0, -1), By: "test",
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Append(daily.LifecyclePath(state), entry); err != nil {
			t.Fatal(err)
		}
	}
	last, err := daily.ParseDay(demoLast, p.Location)
	if err != nil {
		t.Fatal(err)
	}
	runner := daily.Runner{
		Project: p, State: state,
		Engine: &ingest.Embedded{Store: tables.LocalStore{Dir: dir}},
	}
	report, err := runner.Run(t.Context(), last.Through, daily.Day{}, last)
	if err != nil {
		t.Fatal(err)
	}
	all, err := allCards(report, state)
	if err != nil {
		t.Fatal(err)
	}
	cards := make(map[string][]analysis.Scorecard)
	for _, card := range all {
		cards[card.Experiment] = append(cards[card.Experiment], card)
	}
	return cards
}
