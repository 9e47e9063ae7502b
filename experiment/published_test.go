package experiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// publishedProject is the complete project with one experiment that was
// changed, lost a variant and was decided, one that is to start and one Draft.
func publishedProject(t testing.TB) (*Project, *Log) {
	t.Helper()
	p := completeProject(t)
	log := &Log{states: make(map[string]State)}
	e, _ := p.Experiment("three")
	play(t, log, e, Request{Action: ActionSchedule, At: at(t, "2026-01-02T00:00:00Z")})
	play(t, log, e, Request{Action: ActionStopVariant, Variant: "a", At: at(t, "2026-01-10T00:00:00Z")})
	e.Coverage = Whole / 2
	for _, entry := range Changes(p, log, at(t, "2026-01-12T00:00:00Z")) {
		if err := log.add(entry); err != nil {
			t.Fatal(err)
		}
	}
	play(t, log, e, Request{Action: ActionStop, At: at(t, "2026-01-20T00:00:00Z")})
	play(t, log, e, Request{Action: ActionDecide, Variant: "b", At: at(t, "2026-01-22T00:00:00Z")})
	e, _ = p.Experiment("checkout-button")
	play(t, log, e, Request{Action: ActionStart, At: at(t, "2026-01-20T00:00:00Z")})
	return p, log
}

// readBack encodes and parses.
func readBack(t testing.TB, p Published) *Published {
	t.Helper()
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParsePublished(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return read
}

// TestPublishedFields reads back every field that a decision service needs.
func TestPublishedFields(t *testing.T) {
	p, log := publishedProject(t)
	published := NewPublished(p, log, nil, at(t, "2026-01-25T00:00:00Z"))
	published.Profiles.Snapshot = strings.Repeat("0", 64)
	read := readBack(t, published)
	same(t, "project", []any{PublishedVersion, "acme", "shop", "Europe/Berlin"}, []any{read.Version, read.Organization, read.Project, read.TimeZone})
	same(t, "exposures", PublishedExposures{"data/exposures", DefaultExposureColumns(), []string{"country", "device"}}, read.Exposures)
	same(t, "profiles", &PublishedProfiles{strings.Repeat("0", 64), "user_id", []string{"country"}}, read.Profiles)
	same(t, "holdouts", []Holdout{{"global", Whole / 20}}, read.Holdouts)
	same(t, "withheld", []string{}, read.Withheld)
	if len(read.Experiments) != 3 || len(read.Checksum) != 64 {
		t.Fatalf("%d experiments, checksum %q", len(read.Experiments), read.Checksum)
	}
	for i := range read.Experiments {
		if err := read.Experiments[i].Check(); err != nil {
			t.Error(err)
		}
	}

	instant := func(text string) *time.Time { i := at(t, text); return &i }
	e, _ := p.Experiment("checkout-button")
	got, _ := read.Experiment("checkout-button")
	same(t, "experiment", PublishedExperiment{
		Name: "checkout-button", Title: "Bigger button", Type: TypeExperiment, Status: Running,
		Salt: "checkout-2026", Hash: HashReadout, Selector: "checkout-button", Groups: []string{"checkout"},
		Start: instant("2026-01-20T00:00:00Z"), End: at(t, "2026-02-01T23:00:00Z"),
		Phases: []Phase{{From: at(t, "2026-01-20T00:00:00Z"), Hash: e.Definition().Hash,
			Traffic: []VariantTraffic{{"control", Whole / 2}, {"big", Whole / 2}}}},
		Variants: []PublishedVariant{
			{Name: "control", Traffic: Whole / 2},
			{Name: "big", Traffic: Whole / 2,
				Payload: []byte(`{"size":"large","text":"Hi {{ attribute.user.first_name | default: 'there' }}","style":{"color":"red","round":true}}`)},
		},
		Stopped:  []PublishedVariantAt{},
		Audience: e.Audience,
		Pages: Pages{
			Include: []PageRule{{OpStartsWith, "https://shop.example/checkout"}},
			Exclude: []PageRule{{OpContains, "?preview"}},
		},
		Display: DisplayAlways, Devices: DevicesAll, Coverage: Whole,
		Forced:    []Forced{{"big", []string{"qa-1", "9007199254740993"}}},
		Exclusion: &Exclusion{"checkout", Whole / 2}, Excluded: ExcludedStay,
	}, got)

	got, _ = read.Experiment("three")
	same(t, "decided", []any{Completed, instant("2026-01-05T08:00:00Z"), at(t, "2026-01-20T00:00:00Z"), Whole / 2},
		[]any{got.Status, got.Start, got.End, got.Coverage})
	same(t, "stopped", []PublishedVariantAt{{"a", at(t, "2026-01-10T00:00:00Z")}}, got.Stopped)
	same(t, "decision", &PublishedVariantAt{"b", at(t, "2026-01-22T00:00:00Z")}, got.Decision)
	var phases []string
	for _, phase := range got.Phases {
		phases = append(phases, phase.From.Format(time.DateOnly)+" "+strings.Join(phase.Changed, " "))
	}
	same(t, "phases", []string{"2026-01-05 ", "2026-01-10 stopped", "2026-01-12 coverage"}, phases)
	payloads := make(map[string]string)
	for _, v := range got.Variants {
		if v.Payload != nil {
			payloads[v.Name] = string(v.Payload)
		}
	}
	same(t, "null is a payload, and none is none", map[string]string{"b": "null"}, payloads)

	got, _ = read.Experiment("welcome")
	same(t, "personalization", []any{TypePersonalization, Draft, DisplayOnce, (*time.Time)(nil), Whole},
		[]any{got.Type, got.Status, got.Display, got.Start, got.Variants[0].Traffic})
}

// TestPublishedSecrets keeps names of persons, reasons and machine paths to itself.
func TestPublishedSecrets(t *testing.T) {
	p, log := publishedProject(t)
	data, err := NewPublished(p, log, nil, at(t, "2026-01-25T00:00:00Z")).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"ann", "because", "/home", "checkout-team", "A bigger button makes"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("published.json holds %q", secret)
		}
	}
}

// TestPublishedStatus follows the clock with the same answers as the log.
func TestPublishedStatus(t *testing.T) {
	p, log := publishedProject(t)
	published := NewPublished(p, log, nil, at(t, "2026-01-25T00:00:00Z"))
	for _, e := range p.Experiments {
		served, _ := published.Experiment(e.Name)
		for now := at(t, "2026-01-01T00:00:00Z"); now.Before(at(t, "2026-03-01T00:00:00Z")); now = now.Add(time.Hour) {
			if got, want := served.StatusAt(now), log.State(e).At(now); got != want {
				t.Fatalf("%s at %s: %s, want %s", e.Name, now, got, want)
			}
		}
	}
}

// TestPublishedBytes gives the same bytes for the same input, and leaves the
// file alone then.
func TestPublishedBytes(t *testing.T) {
	state := t.TempDir()
	write := func(now string, want bool) {
		t.Helper()
		p, log := publishedProject(t)
		changed, err := NewPublished(p, log, nil, at(t, now)).Write(state)
		if err != nil || changed != want {
			t.Errorf("changed %v, want %v, error %v", changed, want, err)
		}
	}
	write("2026-01-25T00:00:00Z", true)
	write("2026-01-25T00:00:00Z", false)
	write("2026-01-26T12:34:56Z", false) // no status changed since
	write("2026-02-02T00:00:00Z", true)
	read, err := ReadPublished(state)
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := read.Experiment("checkout-button"); e.Status != ReadyForReview {
		t.Errorf("status %s", e.Status)
	}
}

// TestOneBadExperiment keeps what was published of an experiment under way
// whose file or edit is at fault, with the facts of the log.
func TestOneBadExperiment(t *testing.T) {
	p, log := publishedProject(t)
	before := NewPublished(p, log, nil, at(t, "2026-01-25T00:00:00Z"))
	before.Profiles.Snapshot = "x"
	e, _ := p.Experiment("checkout-button")
	play(t, log, e, Request{Action: ActionExtend, Until: at(t, "2026-02-20T00:00:00Z"), At: at(t, "2026-01-26T00:00:00Z")})
	e.Title, e.Variants[1].Name = "New", "large"
	other, _ := p.Experiment("three")
	other.Title = "Three arms"

	after := NewPublished(p, log, readBack(t, before), at(t, "2026-01-27T00:00:00Z"))
	kept, _ := after.Experiment("checkout-button")
	same(t, "kept", []any{"Bigger button", "big", at(t, "2026-02-20T00:00:00Z")}, []any{kept.Title, kept.Variants[1].Name, kept.End})
	changed, _ := after.Experiment("three")
	same(t, "the others change", "Three arms", changed.Title)
	same(t, "snapshot is kept", "x", after.Profiles.Snapshot)

	// A Draft with a fault is left out, what is under way and unknown is withheld.
	p.Experiments = p.Experiments[:1]
	after = NewPublished(p, log, nil, at(t, "2026-01-27T00:00:00Z"))
	same(t, "withheld", []string{"checkout-button", "three"}, after.Withheld)
	same(t, "published", 0, len(after.Experiments))
	readBack(t, after)

	// The file of an archived experiment may go, and the experiment with it.
	play(t, log, other, Request{Action: ActionArchive, At: at(t, "2026-01-28T00:00:00Z")})
	after = NewPublished(p, log, readBack(t, before), at(t, "2026-01-29T00:00:00Z"))
	var names []string
	for _, e := range after.Experiments {
		names = append(names, e.Name)
	}
	same(t, "only the other one is kept", []string{"checkout-button"}, names)
	same(t, "nothing is withheld", []string{}, after.Withheld)
}

// TestFaultyExperiments names those that Load leaves out.
func TestFaultyExperiments(t *testing.T) {
	fsys := archiveFS(t, &txtar.Archive{})
	for name, text := range map[string]string{
		"a": "name: other\nvariants: 1\n",
		"b": "name: [\n",
		"c": "- 1\n",
		"d": "name: d\nvariants: {control: {traffic: 50}, big: {traffic: 50}}\nschedule: {end: 2026-02-01}\n",
	} {
		fsys["experiments/"+name+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	p, err := LoadFS(fsys)
	if err == nil {
		t.Fatal("no error")
	}
	same(t, "faulty", []string{"b", "c", "other"}, p.Faulty)
}

// TestDefinedTwice: of two definitions of one name neither counts, whichever file comes
// first. Everything else is there.
func TestDefinedTwice(t *testing.T) {
	fsys := archiveFS(t, &txtar.Archive{})
	for name, text := range map[string]string{
		"metrics/a.yaml":        "copied: {event: purchase}\nown: {event: click}\n",
		"metrics/b.yaml":        "copied: {event: click}\n",
		"templates/button.yaml": "size: large\n", "templates/button.yml": "size: small\n",
		"audiences/young.yaml": "attribute: age\nat_most: 30\n", "audiences/young.yml": "attribute: age\nat_most: 40\n",
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for file, definition := range map[string]string{
		"checkout-2": "name: checkout\nscorecard: {primary: [own]}\n",
		"checkout":   "name: checkout\nscorecard: {secondary: [own]}\n",
		"copied":     "name: copied\nscorecard: {primary: [copied]}\n",
		"own":        "name: own\nscorecard: {primary: [own]}\n",
		"button":     "name: button\ntype: experiment\n",
		"young":      "name: young\naudience: young\n",
	} {
		big := "{traffic: 50}"
		if file == "button" {
			big = "{traffic: 50, template: button}"
		}
		text := definition + "variants: {control: {traffic: 50}, big: " + big + "}\nschedule: {end: 2026-02-01}\n"
		fsys["experiments/"+file+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	p, err := LoadFS(fsys)
	var faults Errors
	if !errors.As(err, &faults) || len(faults) != 4 {
		t.Fatalf("error %v", err)
	}
	same(t, "faulty", []string{"button", "checkout", "copied", "young"}, p.Faulty)
	if _, known := p.Metric("copied"); known || len(p.Experiments) != 1 || p.Experiments[0].Name != "own" {
		t.Errorf("metric copied known: %v, experiments %v", known, p.Experiments)
	}
}

// TestPublishedChecksum: others can check the file without knowing its fields. The checksum
// is that of its bytes without spaces and without the checksum.
func TestPublishedChecksum(t *testing.T) {
	p, log := publishedProject(t)
	published := NewPublished(p, log, nil, at(t, "2026-01-25T00:00:00Z"))
	published.Experiments[0].Variants[0].Payload = json.RawMessage(`"<b>&</b>"`)
	published.Experiments[0].Title = "Faster & <bigger>"
	data, err := published.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		t.Fatal(err)
	}
	read, err := ParsePublished(data)
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Replace(compact.String(), read.Checksum, "", 1)
	same(t, "checksum", read.Checksum, fmt.Sprintf("%x", sha256.Sum256([]byte(content))))
}

// TestParsePublishedFaults refuses what is not whole.
func TestParsePublishedFaults(t *testing.T) {
	p, log := publishedProject(t)
	data, err := NewPublished(p, log, nil, at(t, "2026-01-25T00:00:00Z")).Encode()
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	f := func(name, data, want string) {
		t.Helper()
		_, err := ParsePublished([]byte(data))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
	f("empty", "", "published state is not whole")
	for i := 1; i < len(good)-2; i += 97 {
		f("torn", good[:i], "published state is not whole")
	}
	f("twice", good+good, "published state is not whole")
	f("edited", strings.Replace(good, `"traffic": 500000`, `"traffic": 500001`, 1), "it was damaged or edited, publish again")
	f("other checksum", strings.Replace(good, `"checksum": "`, `"checksum": "x`, 1), "it was damaged or edited, publish again")
	f("later version", strings.Replace(good, `"version": 1`, `"version": 2`, 1), "has version 2, this program reads version 1")
	f("no version", "{}", "has no version")
	f("unknown key", strings.Replace(good, `"project"`, `"projects"`, 1), `unknown field "projects"`)
	f("unknown key of a condition", strings.Replace(good, `"at_least"`, `"at_leats"`, 1), `unknown operator "at_leats"`)
	f("unknown key of pages", strings.Replace(good, `"starts_with": "https`, `"starts_wiht": "https`, 1), `unknown operator "starts_wiht"`)
	f("deep", strings.Repeat("[", 1000), "nested deeper than")
	f("deep, with what may be between", strings.Repeat(`{"a": [1, `, 1000), "nested deeper than")
	f("not deep", "["+strings.Repeat("[1], ", 1000)+"1]", "published state is not whole")
	f("brackets in a text", `["`+strings.Repeat("[", 1000)+`\"`+strings.Repeat("[", 1000)+`"]`, "published state is not whole")
	f("large", strings.Repeat(" ", maxPublished+1), "at most 64 are allowed")

	// A change of spaces is none of the content.
	if _, err := ParsePublished([]byte(strings.ReplaceAll(good, "\n", "\n\n"))); err != nil {
		t.Error(err)
	}
	whole := func(name, want string, change func(*Published)) {
		t.Helper()
		p := NewPublished(p, log, nil, at(t, "2026-01-25T00:00:00Z"))
		change(&p)
		data, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		f(name, string(data), want)
	}
	whole("zone", `unknown time zone "Local"`, func(p *Published) { p.TimeZone = "Local" })
	whole("organization", "organization, project or the path of exposures is missing", func(p *Published) { p.Organization = "" })
	whole("twice", `experiment "checkout-button" is out of order`, func(p *Published) { p.Experiments[1] = p.Experiments[0] })
}

// TestPublishedCheck refuses one experiment without the others.
func TestPublishedCheck(t *testing.T) {
	f := func(want string, change func(*PublishedExperiment)) {
		t.Helper()
		p, log := publishedProject(t)
		published := NewPublished(p, log, nil, at(t, "2026-01-25T00:00:00Z"))
		e, _ := published.Experiment("three")
		change(&e)
		err := e.Check()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	f("unknown type", func(e *PublishedExperiment) { e.Type = "x" })
	f("unknown hash", func(e *PublishedExperiment) { e.Hash = "x" })
	f("unknown display", func(e *PublishedExperiment) { e.Display = "x" })
	f("unknown devices", func(e *PublishedExperiment) { e.Devices = "x" })
	f("unknown excluded", func(e *PublishedExperiment) { e.Excluded = "x" })
	f("unknown status", func(e *PublishedExperiment) { e.Status = "x" })
	f("name, salt or selector", func(e *PublishedExperiment) { e.Salt = "" })
	f("group \"a b\"", func(e *PublishedExperiment) { e.Groups = []string{"a b"} })
	f("start or end is missing", func(e *PublishedExperiment) { e.Start = nil })
	f("the end is not after the start", func(e *PublishedExperiment) { e.End = *e.Start })
	f("phases are out of order", func(e *PublishedExperiment) { e.Phases[1].From = e.Phases[0].From })
	f("is there twice", func(e *PublishedExperiment) { e.Variants[1].Name = "control" })
	f("is no JSON", func(e *PublishedExperiment) { e.Variants[1].Payload = []byte("{") })
	f("want at most 100 that share 100%", func(e *PublishedExperiment) { e.Variants[1].Traffic = 0 })
	f("variant control is missing", func(e *PublishedExperiment) { e.Variants[0].Name = "x" })
	f("a personalization with 3 variants", func(e *PublishedExperiment) { e.Type = TypePersonalization })
	f(`decided for "x"`, func(e *PublishedExperiment) { e.Decision.Variant = "x" })
	f("control was stopped", func(e *PublishedExperiment) { e.Stopped[0].Variant = "control" })
	f(`forced into "x"`, func(e *PublishedExperiment) { e.Forced = []Forced{{"x", nil}} })
	f("coverage", func(e *PublishedExperiment) { e.Coverage = -1 })
	f("exclusion", func(e *PublishedExperiment) { e.Exclusion = &Exclusion{"g", Whole + 1} })
	f("exclusion", func(e *PublishedExperiment) { e.Exclusion = &Exclusion{"g", -1} })
	f("exclusion", func(e *PublishedExperiment) { e.Exclusion = &Exclusion{"a b", Whole} })
}

// TestReadPublished says what is wrong with the file.
func TestReadPublished(t *testing.T) {
	state := t.TempDir()
	if _, err := ReadPublished(state); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	path := filepath.Join(state, "published.json")
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPublished(state); err == nil || !strings.HasPrefix(err.Error(), path+": published state is not whole") {
		t.Errorf("error %v", err)
	}
}

// FuzzParsePublished reads any bytes: an error, or a state that is the same
// after writing and reading again.
func FuzzParsePublished(f *testing.F) {
	p, log := publishedProject(f)
	data, err := NewPublished(p, log, nil, at(f, "2026-01-25T00:00:00Z")).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version":1,"experiments":[{"audience":{"not":null},"pages":{"include":[null]}}]}`))
	f.Add([]byte(`{"version":1,"experiments":[{"audience":{"attribute":"a","in":[{}]},"variants":[{"payload":"\ud800"}]}]}`))
	f.Add([]byte(`{"version":1,"experiments":[{"name":"a","audience":{"any":[{"attribute":"a","is":1.50}]},"variants":[{"payload":[ 1 ]},{"payload":null}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ParsePublished(data); err == nil && !json.Valid(data) {
			t.Fatal("what is no JSON was read")
		}
		// The checksum of fuzzed bytes is wrong: the content is what is tried.
		p, err := decodePublished(data)
		if err != nil {
			return
		}
		for i := range p.Experiments {
			_ = p.Experiments[i].Check()
			_ = p.Experiments[i].StatusAt(time.Unix(0, 0))
		}
		encoded, err := p.Encode()
		if err != nil {
			return // such as a year that JSON cannot write
		}
		again, err := decodePublished(encoded)
		if err != nil {
			t.Fatalf("written and not readable: %v", err)
		}
		p.Checksum, again.Checksum = "", ""
		same(t, "read again", p, again)
	})
}
