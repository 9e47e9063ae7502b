package feed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"readout/decision"
	"readout/experiment"
)

// during is an instant while the experiments of tests run.
var during = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)

// state returns a published state whose experiments have a title.
func state(title string, change func(*experiment.Published)) *experiment.Published {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	p := &experiment.Published{
		Version: experiment.PublishedVersion, Organization: "acme", Project: "shop", TimeZone: "UTC",
		Exposures: experiment.PublishedExposures{Path: "data/exposures", Columns: experiment.DefaultExposureColumns()},
	}
	for _, name := range []string{"a", "b"} {
		p.Experiments = append(p.Experiments, experiment.PublishedExperiment{
			Name: name, Title: title, Type: experiment.TypeExperiment, Status: experiment.Running, Salt: name, Hash: experiment.HashReadout,
			Selector: name, Start: &start, End: start.AddDate(0, 0, 28),
			Variants: []experiment.PublishedVariant{{Name: "control", Traffic: experiment.Whole / 2}, {Name: "big", Traffic: experiment.Whole / 2}},
			Display:  experiment.DisplayAlways, Devices: experiment.DevicesAll, Coverage: experiment.Whole, Excluded: experiment.ExcludedStay,
		})
	}
	if change != nil {
		change(p)
	}
	return p
}

// encode returns the bytes of a published state.
func encode(t testing.TB, p *experiment.Published) []byte {
	t.Helper()
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// write puts a file in the place of another by rename, as publishing does.
func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	temp := path + ".new"
	if err := os.WriteFile(temp, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temp, path); err != nil {
		t.Fatal(err)
	}
}

// fixture is a feed of a state directory, and what it reported.
type fixture struct {
	*Feed
	t      testing.TB
	mu     sync.Mutex
	events []Event
}

func newFixture(t testing.TB, dir string) *fixture {
	f := &fixture{t: t, Feed: &Feed{State: filepath.Join(dir, "state"), Keep: filepath.Join(dir, "kept.json")}}
	f.Report = func(e Event) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.events = append(f.events, e)
	}
	return f
}

func (f *fixture) publish(p *experiment.Published) {
	f.t.Helper()
	write(f.t, experiment.PublishedPath(f.State), encode(f.t, p))
}

// reported returns what was reported since the last time.
func (f *fixture) reported() []Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.events
	f.events = nil
	return out
}

// title returns the title that experiment a is served with, empty when it is not.
func (f *fixture) title() string {
	if s := f.Snapshot(); s != nil {
		if x := s.Experiment("a"); x != nil {
			return x.Definition().Title
		}
	}
	return ""
}

// loaded loads and says what was reported, one word per event.
func (f *fixture) loaded() string {
	f.Load()
	var words []string
	for _, e := range f.reported() {
		switch {
		case e.Err != nil:
			words = append(words, "refused")
		case e.Kept:
			words = append(words, "kept")
		case len(e.Faults) > 0:
			words = append(words, fmt.Sprintf("faults:%d", len(e.Faults)))
		default:
			words = append(words, "taken")
		}
	}
	return strings.Join(words, " ")
}

// TestLastGoodGoesOn: whatever becomes of the file, what was served goes on, and every fault
// is reported once.
func TestLastGoodGoesOn(t *testing.T) {
	good, next := encode(t, state("one", nil)), encode(t, state("two", nil))
	version := strings.Replace(string(next), `"version": 1`, `"version": 2`, 1)
	for _, c := range []struct {
		name  string
		spoil func(path string) error
		want  string // of the error
	}{
		{"missing", os.Remove, "nothing is published yet"},
		{"empty", func(path string) error { return os.WriteFile(path, nil, 0o644) }, "not whole"},
		{"half-written", func(path string) error { return os.WriteFile(path, next[:len(next)/2], 0o644) }, "not whole"},
		{"no JSON", func(path string) error { return os.WriteFile(path, []byte("<html>"), 0o644) }, "not whole"},
		{"edited", func(path string) error {
			return os.WriteFile(path, []byte(strings.Replace(string(next), "two", "2", 1)), 0o644)
		}, "damaged or edited"},
		{"another version", func(path string) error { return os.WriteFile(path, []byte(version), 0o644) }, "version 2"},
		{"a directory", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) }, "is a directory"},
		{"the state directory removed", func(path string) error { return os.RemoveAll(filepath.Dir(path)) }, "nothing is published yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, t.TempDir())
			path := experiment.PublishedPath(f.State)
			write(t, path, good)
			if got := f.loaded(); got != "taken" || f.title() != "one" {
				t.Fatalf("%q, serves %q", got, f.title())
			}
			if err := c.spoil(path); err != nil {
				t.Fatal(err)
			}
			f.Load()
			events := f.reported()
			if len(events) != 1 || events[0].Err == nil || !events[0].Served || !strings.Contains(events[0].Err.Error(), c.want) || f.title() != "one" {
				t.Fatalf("%+v, serves %q", events, f.title())
			}
			if got := f.loaded(); got != "" {
				t.Errorf("the same fault was reported again: %s", got)
			}
			// The next start has it too, and says that it is a copy.
			again := newFixture(t, filepath.Dir(f.Keep))
			if got := again.loaded(); got != "kept refused" || again.title() != "one" {
				t.Errorf("after a restart: %q, serves %q", got, again.title())
			}
			// And it goes on with what comes.
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			write(t, path, next)
			for _, f := range []*fixture{f, again} {
				if got := f.loaded(); got != "taken" || f.title() != "two" {
					t.Errorf("mended: %q, serves %q", got, f.title())
				}
			}
		})
	}
}

// TestTheSameAgainIsGoodAgain: a file that comes back as it was is reported as taken.
func TestTheSameAgainIsGoodAgain(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.publish(state("one", nil))
	f.loaded()
	if got := f.loaded(); got != "" {
		t.Errorf("nothing has changed: %q", got)
	}
	if err := os.Remove(experiment.PublishedPath(f.State)); err != nil {
		t.Fatal(err)
	}
	if got := f.loaded(); got != "refused" {
		t.Errorf("%q", got)
	}
	f.publish(state("one", nil))
	if got := f.loaded(); got != "taken" {
		t.Errorf("%q", got)
	}
}

func TestNothingPublishedYet(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.Load()
	if events := f.reported(); len(events) != 1 || !errors.Is(events[0].Err, fs.ErrNotExist) || f.Snapshot() != nil {
		t.Errorf("%+v", events)
	}
}

// TestKeptNotTaken: a copy that cannot be used is none, and the reason is said.
func TestKeptNotTaken(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*fixture)
		want  string // of the error
	}{
		{"damaged", func(f *fixture) { write(t, f.Keep, encode(t, state("one", nil))[:100]) }, "kept.json: published state is not whole"},
		{"its profiles gone with the state directory", func(f *fixture) {
			f.profiled("one", "free")
			f.loaded()
			if err := os.RemoveAll(f.State); err != nil {
				t.Fatal(err)
			}
		}, "kept.json: snapshot of profiles"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, t.TempDir())
			c.spoil(f)
			f = newFixture(t, filepath.Dir(f.Keep))
			f.Load()
			events := f.reported()
			if len(events) != 2 || !events[0].Kept || events[0].Err == nil || !strings.Contains(events[0].Err.Error(), c.want) ||
				events[1].Kept || events[1].Err == nil || events[1].Served || f.Snapshot() != nil {
				t.Fatalf("%+v", events)
			}
			if got := f.loaded(); got != "" {
				t.Errorf("said again: %s", got)
			}
			// A good state is taken, and nobody needs the copy.
			f.publish(state("two", nil))
			if got := f.loaded(); got != "taken" || f.title() != "two" {
				t.Errorf("%q, serves %q", got, f.title())
			}
		})
	}
}

// TestOneBadExperiment: the others go on, and it is as it was before, also after a restart,
// when only the copy knows how that was.
func TestOneBadExperiment(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.publish(state("one", nil))
	f.loaded()
	bad := func(p *experiment.Published) {
		p.Experiments[0].Variants[1].Payload = []byte(`"{{ open"`)
	}
	f.publish(state("two", bad))
	serves := func(f *fixture) string {
		return f.title() + " " + f.Snapshot().Experiment("b").Definition().Title
	}
	if got := f.loaded(); got != "faults:1" || serves(f) != "one two" {
		t.Errorf("%q, serves %s", got, serves(f))
	}
	again := newFixture(t, filepath.Dir(f.Keep))
	if got := again.loaded(); got != "faults:1" || serves(again) != "one two" {
		t.Errorf("after a restart: %q, serves %s", got, serves(again))
	}
	f.publish(state("three", nil))
	if got := f.loaded(); got != "taken" || serves(f) != "three three" {
		t.Errorf("%q, serves %s", got, serves(f))
	}
}

// TestCopyThatCannotBeWritten: it is served all the same, and said.
func TestCopyThatCannotBeWritten(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.Keep = filepath.Join(f.State, "published.json", "impossible")
	f.publish(state("one", nil))
	if got := f.loaded(); got != "faults:1" || f.title() != "one" {
		t.Errorf("%q, serves %q", got, f.title())
	}
}

// profile is a row of the table of attributes.
type profile struct {
	UserID string `parquet:"user_id"`
	Plan   string `parquet:"plan"`
}

// profiled publishes a state with a snapshot of profiles, in which user u has a plan.
func (f *fixture) profiled(title, plan string) (checksum string) {
	f.t.Helper()
	path := filepath.Join(f.t.TempDir(), "profiles.parquet")
	if err := parquet.WriteFile(path, []profile{{"u", plan}}); err != nil {
		f.t.Fatal(err)
	}
	checksum, err := experiment.SnapshotProfiles(f.t.Context(), f.State, []string{path})
	if err != nil {
		f.t.Fatal(err)
	}
	f.publish(state(title, func(p *experiment.Published) {
		p.Profiles = &experiment.PublishedProfiles{Snapshot: checksum, ID: "user_id", RequestMayOverride: []string{}}
	}))
	return checksum
}

// plan returns the plan that user u is known to be on.
func (f *fixture) plan() string {
	s := f.Snapshot()
	if s == nil {
		return ""
	}
	return s.Known("u", nil).Profile["plan"].String()
}

func TestProfilesAreRefreshed(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.profiled("one", "free")
	f.Load()
	events := f.reported()
	if len(events) != 1 || events[0].Users != 1 || f.plan() != "free" {
		t.Fatalf("%+v, plan %q", events, f.plan())
	}
	f.profiled("one", "pro")
	if got := f.loaded(); got != "taken" || f.plan() != "pro" {
		t.Errorf("%q, plan %q", got, f.plan())
	}
	f.publish(state("one", nil))
	if got := f.loaded(); got != "taken" || f.plan() != "" {
		t.Errorf("%q, plan %q", got, f.plan())
	}
}

// TestProfilesThatCannotBeRead: those from before stay while all else is taken, such as an
// experiment that was stopped; without any the state is not taken.
func TestProfilesThatCannotBeRead(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"missing": os.RemoveAll,
		"damaged": func(dir string) error { return os.WriteFile(filepath.Join(dir, "more"), []byte("x"), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, t.TempDir())
			first := f.profiled("one", "free")
			f.loaded()
			second := f.profiled("two", "pro")
			folder := func(sum string) string { return filepath.Join(f.State, "profiles", sum) }
			if err := damage(folder(second)); err != nil {
				t.Fatal(err)
			}
			if got := f.loaded(); got != "faults:1" || f.title() != "two" || f.plan() != "free" {
				t.Errorf("%q, serves %q, plan %q", got, f.title(), f.plan())
			}
			if got := f.loaded(); got != "" {
				t.Errorf("the same fault was reported again: %s", got)
			}
			// The copy has what is served, for the next start.
			again := newFixture(t, filepath.Dir(f.Keep))
			if got := again.loaded(); got != "faults:1" || again.title() != "two" || again.plan() != "free" {
				t.Errorf("after a restart: %q, serves %q, plan %q", got, again.title(), again.plan())
			}
			// Whoever starts now without a copy has no profiles at all.
			fresh := newFixture(t, t.TempDir())
			fresh.State = f.State
			if got := fresh.loaded(); got != "refused" || fresh.Snapshot() != nil {
				t.Errorf("without profiles: %q", got)
			}
			if err := os.RemoveAll(folder(second)); err != nil {
				t.Fatal(err)
			}
			f.profiled("two", "pro")
			for _, f := range []*fixture{f, fresh} {
				if got := f.loaded(); got != "taken" || f.title() != "two" || f.plan() != "pro" {
					t.Errorf("mended: %q, serves %q, plan %q", got, f.title(), f.plan())
				}
			}
			if first == second {
				t.Error("both snapshots have the same name")
			}
		})
	}
}

// TestReloadUnderLoad decides while states are swapped: every answer is of one whole state.
func TestReloadUnderLoad(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.publish(state("0", nil))
	f.Load()
	ctx, stop := context.WithCancel(context.Background())
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				s := f.Snapshot()
				v := &decision.Visitor{ID: fmt.Sprint(worker, i), Known: s.Known("u", nil)}
				for _, x := range s.All() {
					if o := x.Decide(v, decision.Assignment{}, during, true); !o.Shown {
						t.Errorf("%+v", o)
					}
				}
				if a, b := s.Experiment("a"), s.Experiment("b"); a.Definition().Title != b.Definition().Title {
					t.Errorf("half of %q and half of %q", a.Definition().Title, b.Definition().Title)
				}
			}
		})
	}
	for i := range 30 {
		if i%3 == 2 {
			write(t, experiment.PublishedPath(f.State), []byte("{"))
		} else {
			f.profiled(fmt.Sprint(i), fmt.Sprint("plan-", i))
		}
		f.Load()
	}
	stop()
	workers.Wait()
	if f.title() != "28" || f.plan() != "plan-28" {
		t.Errorf("serves %q, plan %q", f.title(), f.plan())
	}
}
