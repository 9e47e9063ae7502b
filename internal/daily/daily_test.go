package daily_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
	"readout/ingest/tables"
	"readout/internal/daily"
	"readout/internal/exposure"
	"readout/reports"
)

const readoutYAML = `organization: acme
project: shop
timezone: Europe/Berlin
data:
  exposures: {path: exposures}
  conversions: {path: conversions}
metrics:
  bought:  {event: purchase, aggregate: count, window: 1d}
  revenue: {event: purchase, aggregate: sum}
`

const experimentYAML = `name: button
variants:
  control: {traffic: 50}
  big: {traffic: 50}
scorecard: {primary: [bought], secondary: [revenue]}
statistics: {method: sequential, mde: 10%}
schedule: {start: 2026-03-27, end: 2026-03-31}
`

// shop is a project of six days of data around a change of clocks, with its experiment
// scheduled.
type shop struct {
	t      *testing.T
	dir    string
	runner daily.Runner
	zone   *time.Location
}

func newShop(t *testing.T) *shop {
	t.Helper()
	return newShopIn(t, "Europe/Berlin")
}

func newShopIn(t *testing.T, zone string) *shop {
	t.Helper()
	p, err := experiment.LoadFS(fstest.MapFS{
		"readout.yaml":            {Data: []byte(strings.Replace(readoutYAML, "Europe/Berlin", zone, 1))},
		"experiments/button.yaml": {Data: []byte(experimentYAML)},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, dir: t.TempDir(), zone: p.Location}
	s.runner = daily.Runner{
		Project: p, Engine: ingest.Embedded{Store: tables.LocalStore{Dir: s.dir}}, State: filepath.Join(s.dir, "state"),
	}
	s.write()
	e := p.Experiments[0]
	log, err := experiment.ReadLog(daily.LifecyclePath(s.runner.State))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := experiment.Move(e, log.State(e), experiment.Request{
		Action: experiment.ActionSchedule, At: s.day("2026-03-26").Start, By: "ana",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(daily.LifecyclePath(s.runner.State), entry); err != nil {
		t.Fatal(err)
	}
	return s
}

// define gives the project another experiment: that of the shop by another name, with texts replaced.
func (s *shop) define(name string, oldnew ...string) {
	s.t.Helper()
	other := strings.NewReplacer(append(oldnew, "button", name)...).Replace(experimentYAML)
	p, err := experiment.LoadFS(fstest.MapFS{
		"readout.yaml":                  {Data: []byte(readoutYAML)},
		"experiments/button.yaml":       {Data: []byte(experimentYAML)},
		"experiments/" + name + ".yaml": {Data: []byte(other)},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.runner.Project = p
}

func (s *shop) day(date string) daily.Day {
	s.t.Helper()
	d, err := daily.ParseDay(date, s.zone)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

type purchase struct {
	User  string    `parquet:"user_id"`
	Event string    `parquet:"event"`
	Time  time.Time `parquet:"timestamp,timestamp(microsecond)"`
	Value float64   `parquet:"value"`
}

// write makes 160 users a day, of whom a third buy.
func (s *shop) write() {
	s.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	user := 0
	for d := s.day("2026-03-27"); d.Date <= "2026-04-01"; d = d.Next(s.zone) {
		var bought []purchase
		_, err := exposure.WriteFile(filepath.Join(s.dir, "exposures", "date="+d.Date, "part-0.parquet"),
			exposure.Columns{User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp"},
			func(w *exposure.Writer) error {
				for range 160 {
					user++
					seen := d.Start.Add(time.Duration(random.IntN(22)) * time.Hour)
					id := "u" + strconv.Itoa(user)
					if random.IntN(3) == 0 {
						bought = append(bought, purchase{id, "purchase", seen.Add(time.Minute), float64(random.IntN(50))})
					}
					if err := w.Write(exposure.Row{User: id, Experiment: "button", Variant: []string{"control", "big"}[user%2], Time: seen}); err != nil {
						return err
					}
				}
				return nil
			})
		if err != nil {
			s.t.Fatal(err)
		}
		path := filepath.Join(s.dir, "conversions", "date="+d.Date, "part-0.parquet")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := parquet.WriteFile(path, bought); err != nil {
			s.t.Fatal(err)
		}
	}
}

// run runs the job for a day, hours after it is over.
func (s *shop) run(date string) (*daily.Report, error) {
	d := s.day(date)
	return s.runner.Run(context.Background(), d.Through.Add(4*time.Hour), daily.Day{}, d)
}

func (s *shop) mustRun(dates ...string) {
	s.t.Helper()
	for _, date := range dates {
		if _, err := s.run(date); err != nil {
			s.t.Fatal(err)
		}
	}
}

// extend moves the end of enrolment to the start of a day, at noon of another.
func (s *shop) extend(on, until string) {
	s.t.Helper()
	at := s.day(on).Start.Add(12 * time.Hour)
	s.move(s.runner.Project.Experiments[0], experiment.Request{
		Action: experiment.ActionExtend, At: at, Until: s.day(until).Start, By: "ana",
	})
}

// move makes a move of an experiment, after those that time has made.
func (s *shop) move(e *experiment.Experiment, r experiment.Request) {
	s.t.Helper()
	log, err := daily.ReadLifecycle(s.runner.State)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := daily.Advance(s.runner.Project, log, s.runner.State, r.At); err != nil {
		s.t.Fatal(err)
	}
	entry, err := experiment.Move(e, log.State(e), r)
	if err == nil {
		err = log.Append(daily.LifecyclePath(s.runner.State), entry)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// files returns the content of every file of the state by path.
func (s *shop) files() map[string]string {
	s.t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(s.runner.State, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(s.runner.State, path)
		out[rel] = string(data)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// cardText returns the JSON of the scorecard that an analysis makes.
func cardText(t *testing.T, analyse func() (analysis.Scorecard, error)) string {
	t.Helper()
	card, err := analyse()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func sameFiles(t *testing.T, got, want map[string]string) {
	t.Helper()
	for path, text := range want {
		if got[path] != text {
			t.Errorf("%s differs", path)
		}
	}
	for path := range got {
		if _, ok := want[path]; !ok {
			t.Errorf("%s is new", path)
		}
	}
}

// Days run one by one, all at once, and again, over a day of 23 hours, give the same bytes.
func TestOneByOneAndAtOnce(t *testing.T) {
	one, all := newShop(t), newShop(t)
	one.mustRun("2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01")
	all.mustRun("2026-04-01")
	want := one.files()
	got := all.files()
	// Transitions are logged when they are noticed; what they say is the same.
	sameFiles(t, got, want)
	one.mustRun("2026-03-29", "2026-04-01")
	sameFiles(t, one.files(), want)
	if _, ok := want["scorecards/button/date=2026-03-29/scorecard.json"]; !ok {
		t.Errorf("no scorecard of the day of 23 hours among %d files", len(want))
	}
}

// What a day finds of one experiment does not depend on others that start later and look further
// back, nor on files without rows that come later.
func TestOneByOneAndAtOnceBesideOthers(t *testing.T) {
	beside := func() *shop {
		s := newShop(t)
		s.define("later", "{method: sequential,", "{method: sequential-cuped,", "03-27", "03-29")
		for date, bought := range map[string][]purchase{
			"2026-03-16": {{"stranger", "purchase", s.day("2026-03-16").Start, 1}},
			"2026-04-02": {},
		} {
			path := filepath.Join(s.dir, "conversions", date+".parquet")
			if err := parquet.WriteFile(path, bought); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	schedule := func(s *shop) {
		s.move(s.runner.Project.Experiments[1], experiment.Request{
			Action: experiment.ActionSchedule, At: s.day("2026-03-28").Start.Add(12 * time.Hour), By: "ana",
		})
	}
	one, all := beside(), beside()
	one.mustRun("2026-03-27")
	schedule(one)
	schedule(all)
	one.mustRun("2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01")
	all.mustRun("2026-04-01")
	want, got := one.files(), all.files()
	for path := range want {
		if strings.HasPrefix(path, "scorecards/") && got[path] != want[path] {
			t.Errorf("%s differs (- one by one, + at once):\n%s", path, cmp.Diff(want[path], got[path]))
		}
	}
}

// TestBesideALaterExperiment: one that started later, and comes first, leaves the scorecards of another as
// they are without it.
func TestBesideALaterExperiment(t *testing.T) {
	alone, beside := newShop(t), newShop(t)
	beside.define("banner", "start: 2026-03-27", "start: 2026-03-30")
	beside.move(beside.runner.Project.Experiments[0], experiment.Request{Action: experiment.ActionSchedule, At: beside.day("2026-03-26").Start, By: "ana"})
	alone.mustRun("2026-04-01")
	beside.mustRun("2026-04-01")
	want, got := alone.files(), beside.files()
	for _, files := range []map[string]string{want, got} {
		maps.DeleteFunc(files, func(path, _ string) bool { return !strings.HasPrefix(path, "scorecards/button/") })
	}
	if len(want) == 0 {
		t.Error("no scorecards")
	}
	sameFiles(t, got, want)
}

// A look is linked with the look before by users' values at both, also with a window: users seen
// in several variants are left out from some look on.
func TestLooksAreLinked(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-29", "2026-03-30")
	looks := 0
	for line := range strings.Lines(s.files()["looks.jsonl"]) {
		var l analysis.Look
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if want := l.Number > 1; l.CrossMoments != want {
			t.Errorf("look %d of %s on %s: linked by values %v, want %v", l.Number, l.Metric, l.Date, l.CrossMoments, want)
		}
		looks++
	}
	if looks != 7 {
		t.Errorf("%d looks", looks)
	}
}

func TestParseDay(t *testing.T) {
	for _, date := range []string{"", "yesterday", "2026-02-30", "2026-2-3", "2026-02-03T00:00:00Z"} {
		if d, err := daily.ParseDay(date, time.UTC); err == nil {
			t.Errorf("%q is %+v", date, d)
		}
	}
}

// A run that was killed after it logged its looks makes the scorecard that it owed.
func TestKilledBetweenLooksAndScorecard(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-27", "2026-03-28", "2026-03-29")
	want := s.files()
	if err := os.RemoveAll(filepath.Join(s.runner.State, "scorecards/button/date=2026-03-29")); err != nil {
		t.Fatal(err)
	}
	s.mustRun("2026-03-29")
	sameFiles(t, s.files(), want)
}

// The state moves on its end day though the data cannot be read; the scorecards do not, and
// the page says so.
func TestDamagedFileOnTheEndDay(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30")
	want := s.files()
	file := filepath.Join(s.dir, "conversions", "date=2026-03-31", "part-0.parquet")
	if err := os.WriteFile(file, []byte("PAR1 not any more"), 0o644); err != nil {
		t.Fatal(err)
	}
	report, err := s.run("2026-03-31")
	if err == nil || !strings.Contains(err.Error(), "conversions/date=2026-03-31/part-0.parquet") {
		t.Fatalf("error %v", err)
	}
	if len(report.Transitions) != 1 || report.Transitions[0].To != experiment.ReadyForReview {
		t.Errorf("transitions %+v", report.Transitions)
	}
	got := s.files()
	if page := got["reports/button.html"]; !strings.Contains(page, "part-0.parquet") || !strings.Contains(page, "Ready for review") {
		t.Errorf("the page does not say that the state has moved and the data could not be read")
	}
	for _, path := range []string{"lifecycle.jsonl", "reports/button.html", "reports/index.html"} {
		want[path] = got[path]
	}
	sameFiles(t, got, want)
}

// A run that catches up reports all days, and has at hand the last scorecards alone.
func TestReportOfManyDays(t *testing.T) {
	s := newShop(t)
	report, err := s.run("2026-03-31")
	if err != nil {
		t.Fatal(err)
	}
	last := make(map[string]string)
	for _, o := range report.Days {
		last[o.Experiment] = max(last[o.Experiment], o.Date)
	}
	if len(report.Days) < len(last)+3 {
		t.Fatalf("%d scorecards of %d experiments", len(report.Days), len(last))
	}
	for _, o := range report.Days {
		stored, err := reports.ReadDay(s.runner.State, o.Experiment, o.Date)
		if err != nil {
			t.Fatal(err)
		}
		if o.Sentence != stored.Recommendation.Sentence {
			t.Errorf("%s %s: %q, stored %q", o.Experiment, o.Date, o.Sentence, stored.Recommendation.Sentence)
		}
		if at := o.Date == last[o.Experiment]; (o.Card != nil) != at || at && (o.Card.Experiment != o.Experiment || o.Card.Date != o.Date) {
			t.Errorf("%s %s: a scorecard is at hand: %v", o.Experiment, o.Date, o.Card != nil)
		}
	}
}

// The state moves on its end day and is published though old scorecards cannot be looked
// through; nothing new is made of them.
func TestStateThatCannotBeCleanedUp(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30")
	folder := filepath.Join(s.runner.State, "scorecards")
	for _, step := range []error{os.Rename(folder, folder+"-away"), os.WriteFile(folder, nil, 0o644)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	var published []experiment.Entry
	s.runner.Publish = func(log *experiment.Log) error {
		published = log.Entries("button")
		return nil
	}
	report, err := s.run("2026-03-31")
	if err == nil || !strings.Contains(err.Error(), "recover scorecards: ") {
		t.Errorf("error %v", err)
	}
	if report == nil || len(report.Transitions) != 1 || len(report.Days) != 0 {
		t.Fatalf("report %+v", report)
	}
	if n := len(published); n == 0 || published[n-1].To != experiment.ReadyForReview {
		t.Errorf("published %+v", published)
	}
}

// A run that is interrupted when all is made but its pages makes these; one that is interrupted
// earlier leaves them, and says what could not be published all the same.
func TestInterrupted(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-04-01")
	index := filepath.Join(s.runner.State, "reports", "index.html")
	interrupted := func(date string, published error) error {
		t.Helper()
		if err := os.Remove(index); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		s.runner.Publish = func(*experiment.Log) error {
			stop()
			return published
		}
		d := s.day(date)
		_, err := s.runner.Run(ctx, d.Through.Add(time.Hour), daily.Day{}, d)
		return err
	}
	if err := interrupted("2026-05-10", nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(index); err != nil {
		t.Error(err)
	}
	refused := errors.New("not published")
	if err := interrupted("2026-04-01", refused); !errors.Is(err, context.Canceled) || !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(index); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the page of an interrupted run: %v", err)
	}
}

// looksAsked notes how many looks an engine is asked for.
type looksAsked struct {
	ingest.Engine
	most *int
}

func (e looksAsked) Run(ctx context.Context, q ingest.Query, progress ingest.Progress) (*ingest.Result, error) {
	*e.most = max(*e.most, len(q.Looks))
	return e.Engine.Run(ctx, q, progress)
}

// A clock that is wrong by years makes the days there are to make, and asks for no others.
func TestClockWrongByYears(t *testing.T) {
	right, wrong := newShop(t), newShop(t)
	right.mustRun("2026-04-01")
	var most int
	wrong.runner.Engine = looksAsked{wrong.runner.Engine, &most}
	wrong.mustRun("2038-01-19")
	if most != 6 {
		t.Errorf("asked for %d looks", most)
	}
	want, got := right.files(), wrong.files()
	for _, path := range []string{"reports/button.html", "reports/index.html"} {
		delete(want, path) // they say as of when they are
		delete(got, path)
	}
	sameFiles(t, got, want)
}

// The day asked for is made again when it has a scorecard, and with a first day every day from
// that on; days before stay as they were seen.
func TestDaysAreMadeAgain(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-30")
	before := s.files()
	late := filepath.Join(s.dir, "conversions", "date=2026-03-28", "part-1.parquet")
	if err := parquet.WriteFile(late, []purchase{{"u1", "purchase", s.day("2026-03-28").Start, 1e4}}); err != nil {
		t.Fatal(err)
	}
	changed := func(want ...string) {
		t.Helper()
		now := s.files()
		var got []string
		for _, date := range []string{"2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30"} {
			if path := "scorecards/button/date=" + date + "/scorecard.json"; now[path] != before[path] {
				got = append(got, date)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("days that changed (-want +got):\n%s", diff)
		}
	}
	s.mustRun("2026-03-30")
	changed("2026-03-30")
	d := s.day("2026-03-30")
	if _, err := s.runner.Run(context.Background(), d.Through.Add(4*time.Hour), s.day("2026-03-29"), d); err != nil {
		t.Fatal(err)
	}
	changed("2026-03-29", "2026-03-30")
}

// An earlier day that is made again leaves everything as it is, pages too: they are as of the newest
// scorecards.
func TestEarlierDayIsMadeAgain(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-30")
	want := s.files()
	s.mustRun("2026-03-28")
	sameFiles(t, s.files(), want)
}

// What an analysis on request is not told it takes from the data.
func TestAdHocDates(t *testing.T) {
	s := newShop(t)
	run := func(start, end, through string) (analysis.Scorecard, error) {
		job := daily.AdHoc{Project: s.runner.Project, Engine: s.runner.Engine, Experiment: s.runner.Project.Experiments[0], Control: experiment.Control}
		if start != "" {
			job.Start = s.day(start).Start
		}
		if end != "" {
			job.End = s.day(end).Through
		}
		if through != "" {
			job.Through = s.day(through)
		}
		return job.Run(context.Background())
	}
	f := func(start, end, through, want string) {
		t.Helper()
		card, err := run(start, end, through)
		got := strings.Join([]string{card.Start.Format(time.DateOnly), card.End.Add(-1).Format(time.DateOnly), card.Date}, " ")
		if err != nil || got != want {
			t.Errorf("start %q, end %q, through %q: %s, error %v, want %s", start, end, through, got, err, want)
		}
	}
	f("", "", "", "2026-03-27 2026-04-01 2026-04-01")
	f("", "", "2026-03-29", "2026-03-27 2026-03-29 2026-03-29")
	f("2026-03-28", "", "", "2026-03-28 2026-04-01 2026-04-01")
	// Users of the last day have a day more to buy.
	f("", "2026-03-30", "", "2026-03-27 2026-03-30 2026-03-31")
	f("2026-03-28", "2026-03-30", "2026-03-29", "2026-03-28 2026-03-30 2026-03-29")

	for d := s.day("2026-03-27"); d.Date <= "2026-04-01"; d = d.Next(s.zone) {
		if err := os.RemoveAll(filepath.Join(s.dir, "exposures", "date="+d.Date)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := exposure.WriteFile(filepath.Join(s.dir, "exposures", "none.parquet"),
		exposure.Columns{User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp"},
		func(*exposure.Writer) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	f("2026-03-28", "2026-03-30", "", "2026-03-28 2026-03-30 2026-03-30")
	for _, given := range [][2]string{{"", ""}, {"2026-03-28", ""}, {"", "2026-03-30"}} {
		if _, err := run(given[0], given[1], ""); err == nil || !strings.Contains(err.Error(), "give --start and --end") {
			t.Errorf("start %q and end %q of no data: error %v", given[0], given[1], err)
		}
	}
}

// TestAdHocWithAnotherEnd: an experiment that was extended is analysed with another end as one that was planned so.
func TestAdHocWithAnotherEnd(t *testing.T) {
	s := newShop(t)
	s.extend("2026-03-28", "2026-04-03")
	e := s.runner.Project.Experiments[0]
	log, err := daily.ReadLifecycle(s.runner.State)
	if err != nil {
		t.Fatal(err)
	}
	run := func(state experiment.State, end time.Time) string {
		job := daily.AdHoc{
			Project: s.runner.Project, Engine: s.runner.Engine, Experiment: e, Control: experiment.Control, State: state,
			Start: s.day("2026-03-27").Start, End: end, Through: s.day("2026-03-30"),
		}
		return cardText(t, func() (analysis.Scorecard, error) { return job.Run(context.Background()) })
	}
	state, end := log.State(e), s.day("2026-04-04").Through
	planned := run(experiment.State{}, end)
	if got := run(state, end); got != planned {
		t.Errorf("with another end:\n%s\nplanned so:\n%s", got, planned)
	}
	if run(state, state.End) == run(experiment.State{}, state.End) {
		t.Error("the extension makes no difference at the end in the log")
	}
}

// What cannot be analysed is an error, and no empty scorecard.
func TestAdHocFails(t *testing.T) {
	s := newShop(t)
	e := *s.runner.Project.Experiments[0]
	e.Statistics.Spending.Name = "none"
	for _, through := range []string{"2026-03-27", "2026-03-30"} {
		job := daily.AdHoc{
			Project: s.runner.Project, Engine: s.runner.Engine, Experiment: &e, Control: experiment.Control,
			Start: s.day("2026-03-27").Start, End: s.day(through).Through, Through: s.day(through),
		}
		if _, err := job.Run(context.Background()); err == nil {
			t.Errorf("through %s: a spending function that is none was no error", through)
		}
	}
}

// What has nothing to do says why, and a day after the last is never made.
func TestIdle(t *testing.T) {
	s := newShop(t)
	for _, c := range []struct{ date, reason string }{
		{"2026-03-25", "is Scheduled and has not started by then"},
		{"2026-03-26", "started after that day: its first scorecard is that of 2026-03-27"},
		{"2026-04-02", "is final since 2026-04-01: decide, or extend it"},
	} {
		report, err := s.run(c.date)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Idle) != 1 || report.Idle[0].Reason != c.reason {
			t.Errorf("%s: %+v, want %q", c.date, report.Idle, c.reason)
		}
	}
	if _, ok := s.files()["scorecards/button/date=2026-04-02/scorecard.json"]; ok {
		t.Error("a scorecard after the last day")
	}
}

// The last day is one of the project's zone, also where midnight is a day later in UTC.
func TestIdleWestOfGreenwich(t *testing.T) {
	report, err := newShopIn(t, "America/New_York").run("2026-04-02")
	if err != nil {
		t.Fatal(err)
	}
	const want = "is final since 2026-04-01: decide, or extend it"
	if len(report.Idle) != 1 || report.Idle[0].Reason != want {
		t.Errorf("%+v, want %q", report.Idle, want)
	}
}

// Cancelling leaves what was there.
func TestCancel(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-27", "2026-03-28")
	want := s.files()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d := s.day("2026-03-29")
	if _, err := s.runner.Run(ctx, d.Through, daily.Day{}, d); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("error %v", err)
	}
	sameFiles(t, s.files(), want)
	// Where nothing was left to do but pages, these are written, and what went wrong is said.
	s.runner.Publish = func(*experiment.Log) error { return errors.New("no room for published.json") }
	d = s.day("2026-03-26")
	_, err := s.runner.Run(ctx, s.day("2026-03-29").Through, daily.Day{}, d)
	if err == nil || err.Error() != "no room for published.json" {
		t.Errorf("error %v", err)
	}
}

// A looks log that was damaged is an error that names the line, not another test.
func TestDamagedLooks(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-27", "2026-03-28", "2026-03-29")
	path := filepath.Join(s.runner.State, "looks.jsonl")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"not JSON":     append([]byte("nonsense\n"), data...),
		"impossible":   bytes.Replace(data, []byte(`"time":`), []byte(`"time":7`), 1),
		"unknown word": bytes.Replace(data, []byte(`"look":`), []byte(`"lok":`), 1),
		"two in one":   bytes.Replace(data, []byte("\n"), nil, 1),
	} {
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := s.run("2026-03-30"); err == nil || !strings.Contains(err.Error(), "looks.jsonl:1: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	// Looks that a scorecard counts must be there.
	for name, left := range map[string][]byte{
		"none":             nil,
		"the first":        data[:bytes.IndexByte(data, '\n')+1],
		"all but the last": data[:bytes.LastIndexByte(data[:len(data)-1], '\n')+1],
		"a cut last line":  data[:len(data)-10],
	} {
		if err := os.WriteFile(path, left, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := s.run("2026-03-30")
		if want := "looks that the scorecard of button on 2026-03-29 counts for metric "; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s left: error %v", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, left) {
			t.Errorf("%s left: the log has been written to", name)
		}
	}
	// A last line that a crash has cut is no damage: its scorecard is not there yet.
	if err := os.RemoveAll(filepath.Join(s.runner.State, "scorecards/button/date=2026-03-29")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-10], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run("2026-03-29"); err != nil {
		t.Error(err)
	}
}

// Days that begin at another hour are none that a test under way can go on with; another name of
// the same days is no other zone.
func TestChangedZone(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-27", "2026-03-28", "2026-03-29")
	path := filepath.Join(s.runner.State, "looks.jsonl")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for zone, want := range map[string]string{
		"America/New_York": "readout.yaml: timezone America/New_York: button was tested at the ends of days of another zone, such as 2026-03-27 at 2026-03-28T00:00:00+01:00: put that zone back",
		"Europe/Paris":     "",
	} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		s.runner.Project.Location, s.zone = location, location
		_, err = s.run("2026-03-29")
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", zone, err, want)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, before) {
			t.Errorf("%s: the log of looks has been written to", zone)
		}
	}
}

// What somebody deletes of a decided experiment stays deleted, but for the days behind its last
// scorecard and for a state that was lost; of an archived one nothing comes back by itself.
func TestDeletedScorecards(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-04-01")
	move := func(r experiment.Request) {
		t.Helper()
		log, err := daily.ReadLifecycle(s.runner.State)
		if err != nil {
			t.Fatal(err)
		}
		r.By, r.Why, r.At = "ana", "enough", s.day("2026-04-02").Start.Add(12*time.Hour)
		entry, err := experiment.Move(s.runner.Project.Experiments[0], log.State(s.runner.Project.Experiments[0]), r)
		if err == nil {
			err = log.Append(daily.LifecyclePath(s.runner.State), entry)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	whole := s.files()
	scorecards := filepath.Join(s.runner.State, "scorecards", "button")
	left := func(want ...string) {
		t.Helper()
		days, err := reports.Days(s.runner.State, "button")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, days); diff != "" {
			t.Errorf("days with a scorecard (-want +got):\n%s", diff)
		}
	}
	remove := func(dates ...string) {
		t.Helper()
		for _, date := range dates {
			if err := os.RemoveAll(filepath.Join(scorecards, "date="+date)); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := []string{"2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01"}
	remove(all[1])
	s.mustRun("2026-04-01")
	left(all...)
	move(experiment.Request{Action: experiment.ActionDecide, Variant: "big"})
	remove(all[1], all[5])
	s.mustRun("2026-04-02")
	left(all[0], all[2], all[3], all[4], all[5])
	remove(all...)
	s.mustRun("2026-04-02")
	left(all...)
	for path, text := range s.files() {
		if strings.HasSuffix(path, "scorecard.json") && text != whole[path] {
			t.Errorf("%s differs", path)
		}
	}
	move(experiment.Request{Action: experiment.ActionArchive})
	remove(all...)
	s.mustRun("2026-04-02")
	left()
	if page := s.files()["reports/button.html"]; strings.Contains(page, "Not up to date") || !strings.Contains(page, "archived") {
		t.Error("the page of the archived experiment misses scorecards")
	}
	d := s.day("2026-04-02")
	if _, err := s.runner.Run(t.Context(), d.Through.Add(4*time.Hour), s.day(all[0]), d); err != nil {
		t.Fatal(err)
	}
	left(all...)
}

// Days on which an experiment was over, as was known by then, get no scorecard and no look from
// an extension that comes later, whether or not runs have seen them.
func TestExtendedAfterTheEnd(t *testing.T) {
	for name, before := range map[string][]string{"day by day": {"2026-04-01", "2026-04-02"}, "late": nil} {
		s := newShop(t)
		s.mustRun(before...)
		s.extend("2026-04-04", "2026-04-06")
		report, err := s.run("2026-04-03")
		if err != nil {
			t.Fatal(err)
		}
		const want = "was final since 2026-04-01 on that day, and was extended later"
		if len(report.Idle) != 1 || report.Idle[0].Reason != want {
			t.Errorf("%s: %+v, want %q", name, report.Idle, want)
		}
		if page := s.files()["reports/button.html"]; strings.Contains(page, "Not up to date") {
			t.Errorf("%s: the page misses scorecards", name)
		}
		s.mustRun("2026-04-05")
		days, err := reports.Days(s.runner.State, "button")
		if err != nil {
			t.Fatal(err)
		}
		made := []string{"2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01", "2026-04-04", "2026-04-05"}
		if diff := cmp.Diff(made, days); diff != "" {
			t.Errorf("%s: days with a scorecard (-want +got):\n%s", name, diff)
		}
		if looks := s.files()["looks.jsonl"]; strings.Contains(looks, `"2026-04-02"`) || strings.Contains(looks, `"2026-04-03"`) {
			t.Errorf("%s: a look on a day on which the experiment was over", name)
		}
	}
}
