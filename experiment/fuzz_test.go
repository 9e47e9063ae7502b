package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzLoad puts the same bytes into every place of a project. Whatever they
// are, loading ends with errors that name a file and a place, or with a
// project whose parts are whole and can be published and served.
func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("testdata", "load", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name != "want" {
				f.Add(file.Data)
			}
		}
	}
	for _, text := range []string{
		"", "\x00", "\xff", "a: \xe2\x28", "0::", "{0", "*-0", ">\n>", "&{0", "- - - -", "? ? ?", "!!a !!b c",
		"%YAML 1.2\n---\na: 1", "a: |2\n  x\n y", "\"a\\ud800\": 1", "a: !!binary x", "---\n...\n---", "{a: {b: {c: [",
	} {
		f.Add([]byte(text))
	}
	base := archiveFS(f, &txtar.Archive{})["readout.yaml"]
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzed := &fstest.MapFile{Data: data}
		for _, fsys := range []fstest.MapFS{
			{"readout.yaml": fuzzed},
			{"readout.yaml": base, "experiments/a.yaml": fuzzed, "metrics/a.yaml": fuzzed, "audiences/a.yaml": fuzzed, "templates/a.yaml": fuzzed},
		} {
			p, err := LoadFS(fsys)
			checkLoaded(t, p, err)
		}
	})
}

func checkLoaded(t *testing.T, p *Project, err error) {
	t.Helper()
	var faults Errors
	if err != nil && (!errors.As(err, &faults) || len(faults) == 0) {
		t.Fatalf("error %v of type %T without faults", err, err)
	}
	for _, fault := range faults {
		if fault.File == "" || fault.Message == "" || strings.Contains(fault.Message, "\n") || !utf8.ValidString(fault.Message) {
			t.Errorf("fault %+v has no file or no plain message", fault)
		}
	}
	if p == nil {
		if err == nil {
			t.Fatal("neither a project nor an error")
		}
		return
	}
	for _, template := range p.Templates {
		if !json.Valid(template.Payload) {
			t.Errorf("template %s is no JSON: %q", template.Name, template.Payload)
		}
	}
	for _, e := range p.Experiments {
		checkExperiment(t, e)
	}
	encoded, err := NewPublished(p, &Log{}, nil, time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)).Encode()
	if err != nil {
		t.Fatalf("what was loaded cannot be published: %v", err)
	}
	published, err := ParsePublished(encoded)
	if err != nil {
		t.Fatalf("what was published cannot be read: %v", err)
	}
	for i := range published.Experiments {
		if err := published.Experiments[i].Check(); err != nil {
			t.Errorf("what was published cannot be served: %v", err)
		}
	}
}

func checkExperiment(t *testing.T, e *Experiment) {
	t.Helper()
	var traffic Share
	for _, v := range e.Variants {
		traffic += v.Traffic
		if v.Traffic < 0 || v.Payload != nil && !json.Valid(v.Payload) {
			t.Errorf("variant %+v", v)
		}
	}
	if traffic != Whole || e.Name == "" || e.Schedule.End.IsZero() || len(e.ConfigHash()) != 64 {
		t.Errorf("experiment %+v is not whole", e)
	}
	for _, m := range e.Scorecard.Metrics() {
		if m == nil || m.Numerator.Event == "" {
			t.Errorf("experiment %s has the metric %+v", e.Name, m)
		}
	}
}

// FuzzTimes: a span or an instant is refused, or within its bounds and the same when it is written
// again.
func FuzzTimes(f *testing.F) {
	for _, s := range []string{"7d", "1w1d1h1m", "999999999w", "2026-02-01", "2026-03-29T02:30", "2026-10-25 02:30:00", "2026-02-01T09:00+01:00", "1970-01-01T00:00:00+23:59", "2200-12-31", "1945-05-24T02:30", ""} {
		for _, zone := range []string{"UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"} {
			f.Add(s, zone, true)
		}
	}
	f.Fuzz(func(t *testing.T, text, zone string, end bool) {
		if span, err := ParseDuration(text); err == nil {
			again, err := ParseDuration(fmt.Sprintf("%dm", span/time.Minute))
			if span < 0 || span > maxDuration || again != span || err != nil {
				t.Errorf("%q is %v, written again %v, %v", text, span, again, err)
			}
		}
		loc, err := time.LoadLocation(zone)
		if err != nil {
			return
		}
		at, isDate, err := ParseInstant(text, loc, end)
		if err != nil {
			return
		}
		if year := at.UTC().Year(); year < firstYear-1 || year > lastYear+1 || isDate && at.Location() != loc {
			t.Errorf("%q is %v", text, at)
		}
		// A fraction of a second is not written, and in another zone the year may be the next.
		if at.Nanosecond() != 0 || inRange(at.UTC()) != nil {
			return
		}
		if again, _, err := ParseInstant(at.UTC().Format(time.RFC3339), loc, end); err != nil || !again.Equal(at) {
			t.Errorf("%q is %v, written again %v, %v", text, at, again, err)
		}
	})
}
