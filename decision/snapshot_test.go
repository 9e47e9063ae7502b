package decision

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"readout/experiment"
)

func TestCompileFaults(t *testing.T) {
	scalar := func(kind experiment.ScalarKind, text string) []experiment.Scalar {
		return []experiment.Scalar{{Kind: kind, Text: text}}
	}
	for _, c := range []struct {
		name   string
		change func(*experiment.PublishedExperiment)
		want   string
	}{
		{"hash", func(e *experiment.PublishedExperiment) { e.Hash = "md5" }, "hash"},
		{"no variants", func(e *experiment.PublishedExperiment) { e.Variants = nil }, "want at most"},
		{"shares", split(50, 40), "share 90%"},
		{"status", func(e *experiment.PublishedExperiment) { e.Status = "Paused" }, "status"},
		{"no start", func(e *experiment.PublishedExperiment) { e.Start = nil }, "start or end is missing"},
		{"payload", func(e *experiment.PublishedExperiment) { e.Variants[1].Payload = json.RawMessage(`{`) }, "no JSON"},
		{"template", func(e *experiment.PublishedExperiment) { e.Variants[1].Payload = json.RawMessage(`"{{ a | no }}"`) }, "variant big: payload: filter \"no\" is not allowed"},
		{"loop", func(e *experiment.PublishedExperiment) {
			e.Variants[1].Payload = json.RawMessage(`"{% for x in y %}{% endfor %}"`)
		}, `tag "for" is not allowed`},
		{"operator", func(e *experiment.PublishedExperiment) {
			e.Audience = &experiment.Condition{Attribute: "a", Operator: "near", Values: scalar(experiment.ScalarText, "x")}
		}, `attribute "a": unknown operator "near"`},
		{"values", func(e *experiment.PublishedExperiment) {
			e.Audience = &experiment.Condition{Attribute: "a", Operator: experiment.OpIs}
		}, "is compares with nothing"},
		{"pattern of an audience, deep", func(e *experiment.PublishedExperiment) {
			e.Audience = &experiment.Condition{Not: &experiment.Condition{Any: []experiment.Condition{{All: []experiment.Condition{
				{Attribute: "a", Operator: experiment.OpMatches, Values: scalar(experiment.ScalarText, "(")},
			}}}}}
		}, "missing closing )"},
		{"pattern of a page", func(e *experiment.PublishedExperiment) {
			e.Pages.Exclude = []experiment.PageRule{{Operator: experiment.OpMatches, Text: "["}}
		}, "pages: matches: "},
		{"operator of a page", func(e *experiment.PublishedExperiment) {
			e.Pages.Include = []experiment.PageRule{{Operator: experiment.OpIs, Text: "x"}}
		}, `pages: unknown operator "is"`},
		{"forced", func(e *experiment.PublishedExperiment) {
			e.Forced = []experiment.Forced{{Variant: "huge", Users: []string{"u"}}}
		}, `forced into "huge"`},
		{"decision", func(e *experiment.PublishedExperiment) {
			e.Decision = &experiment.PublishedVariantAt{Variant: "huge", At: during}
		}, `decided for "huge"`},
	} {
		s, faults := Compile(project(published("bad", c.change), published("good", nil)), nil, nil)
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), c.want) || !strings.Contains(faults[0].Error(), `experiment "bad"`) {
			t.Errorf("%s: %v, want %q", c.name, faults, c.want)
		}
		if len(s.All()) != 1 || s.Selector("good") == nil || s.Experiment("bad") != nil {
			t.Errorf("%s: the other experiment is not there alone", c.name)
		}
	}
	withheld := project()
	withheld.Withheld = []string{"gone"}
	if _, faults := Compile(withheld, nil, nil); len(faults) != 1 || !strings.Contains(faults[0].Error(), `"gone" is withheld`) {
		t.Errorf("%v", faults)
	}
}

// TestServedIsWhatIsServed: kept and compiled again it is the same, without the fault.
func TestServedIsWhatIsServed(t *testing.T) {
	good := compile(t, published("a", nil), published("b", nil), published("w", nil))
	bad := project(published("a", func(e *experiment.PublishedExperiment) { e.Hash = "md5" }), published("b", func(e *experiment.PublishedExperiment) { e.Title = "new" }))
	bad.Withheld = []string{"w"}
	s, faults := Compile(bad, nil, good)
	if len(faults) != 1 {
		t.Fatal(faults)
	}
	data, err := s.Served().Encode()
	if err != nil {
		t.Fatal(err)
	}
	p, err := experiment.ParsePublished(data)
	if err != nil {
		t.Fatal(err)
	}
	again, faults := Compile(p, nil, nil)
	if len(faults) > 0 || len(again.All()) != 3 || again.Experiment("a").def.Hash != experiment.HashReadout || again.Experiment("b").def.Title != "new" {
		t.Errorf("%v, %d experiments", faults, len(again.All()))
	}
}

func TestSelectorsAndGroups(t *testing.T) {
	in := func(name string, kind experiment.Type) experiment.PublishedExperiment {
		return published(name, func(e *experiment.PublishedExperiment) {
			e.Selector, e.Groups, e.Type = "hero", []string{"home", name + "-only"}, kind
			if kind == experiment.TypePersonalization {
				e.Variants = []experiment.PublishedVariant{{Name: "banner", Traffic: experiment.Whole}}
			}
		})
	}
	s := compile(t, in("a", experiment.TypePersonalization), in("z", experiment.TypeExperiment), in("y", experiment.TypeExperiment))
	var order []string
	for _, x := range s.Selector("hero") {
		order = append(order, x.def.Name)
	}
	if got := strings.Join(order, " "); got != "y z a" {
		t.Errorf("selector: %s, want experiments before personalizations, each by name", got)
	}
	if len(s.Group("home")) != 3 || len(s.Group("y-only")) != 1 || s.Group("nothing") != nil || s.Selector("a") != nil {
		t.Error("groups or selectors find others than they name")
	}
}

func TestRemembers(t *testing.T) {
	always := func(e *experiment.PublishedExperiment) {
		e.Type, e.Variants = experiment.TypePersonalization, []experiment.PublishedVariant{{Name: "banner", Traffic: experiment.Whole}}
	}
	with := func(more func(*experiment.PublishedExperiment)) func(*experiment.PublishedExperiment) {
		return func(e *experiment.PublishedExperiment) { always(e); more(e) }
	}
	for _, c := range []struct {
		name   string
		change func(*experiment.PublishedExperiment)
		want   bool
	}{
		{"an experiment", nil, true},
		{"a personalization", always, false},
		{"shown once", with(func(e *experiment.PublishedExperiment) { e.Display = experiment.DisplayOnce }), true},
		{"once per visit", with(func(e *experiment.PublishedExperiment) { e.Display = experiment.DisplayOncePerVisit }), true},
		{"for half", with(func(e *experiment.PublishedExperiment) { e.Coverage = experiment.Whole / 2 }), true},
		{"in a group", with(func(e *experiment.PublishedExperiment) { e.Exclusion = &experiment.Exclusion{Group: "g", Share: 1} }), true},
		{"for everybody since a phase", with(func(e *experiment.PublishedExperiment) {
			e.Phases = []experiment.Phase{{From: *e.Start}, {From: during, Changed: []string{"coverage"}}}
		}), true},
		{"with another title since a phase", with(func(e *experiment.PublishedExperiment) {
			e.Phases = []experiment.Phase{{From: *e.Start}, {From: during, Changed: []string{"title"}}}
		}), false},
	} {
		x := only(t, c.change)
		if x.Remembers() != c.want {
			t.Errorf("%s: remembers is %v", c.name, x.Remembers())
		}
		// Where nothing is remembered nothing may depend on it.
		for _, earlier := range []Assignment{{Out: NotCovered, At: during}, {Variant: "old", At: during}, {Shown: true}} {
			if a, b := x.Decide(visitor("u"), Assignment{}, during, true), x.explain(visitor("u"), earlier, during); !c.want && (a.Variant != b.Variant || a.Reason != b.Reason) {
				t.Errorf("%s: answers %s, explained as %s", c.name, a.Reason, b.Reason)
			}
		}
	}
}

func TestReserveEdges(t *testing.T) {
	in := func(name string, share experiment.Share, change func(*experiment.PublishedExperiment)) experiment.PublishedExperiment {
		return published(name, func(e *experiment.PublishedExperiment) {
			e.Exclusion = &experiment.Exclusion{Group: "g", Share: share}
			if change != nil {
				change(e)
			}
		})
	}
	draft := func(e *experiment.PublishedExperiment) { e.Status, e.Start = experiment.Draft, nil }
	s := compile(t, in("a", experiment.Whole, nil), published("b", func(e *experiment.PublishedExperiment) {
		e.Exclusion = &experiment.Exclusion{Group: "other", Share: experiment.Whole}
	}), in("c", 0, nil))
	for name, want := range map[string]span{"a": {0, experiment.Whole}, "b": {0, experiment.Whole}} {
		if got := s.Experiment(name).reserved; got != want {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
	if c := s.Experiment("c").reserved; c.from != c.to {
		t.Errorf("a share of nothing has %v", c)
	}
	// A Draft takes what is left, whatever its name, and moves nobody.
	s = compile(t, in("a", 600_000, draft), in("b", 400_000, nil))
	if s.Experiment("b").reserved != (span{0, 400_000}) || s.Experiment("a").reserved != (span{400_000, experiment.Whole}) {
		t.Errorf("b %v, draft a %v", s.Experiment("b").reserved, s.Experiment("a").reserved)
	}
	// One that starts in the very instant of a decision takes the range over.
	decided := func(e *experiment.PublishedExperiment) {
		e.End = e.Start.AddDate(0, 0, 1)
		e.Decision = &experiment.PublishedVariantAt{Variant: "big", At: e.Start.AddDate(0, 0, 2)}
	}
	later := func(d time.Duration) func(*experiment.PublishedExperiment) {
		return func(e *experiment.PublishedExperiment) {
			start := e.Start.AddDate(0, 0, 2).Add(d)
			e.Start = &start
		}
	}
	if s = compile(t, in("a", 600_000, decided), in("b", 600_000, later(0))); s.Experiment("b").reserved != (span{0, 600_000}) {
		t.Errorf("b has %v", s.Experiment("b").reserved)
	}
	if _, faults := Compile(project(in("a", 600_000, decided), in("b", 600_000, later(-time.Nanosecond))), nil, nil); len(faults) != 1 {
		t.Errorf("a range was given away before the decision: %v", faults)
	}
	// A hole between two ranges is filled by what fits.
	free, ok := lowest([]span{{700_000, 800_000}, {0, 300_000}}, 400_000)
	if !ok || free != (span{300_000, 700_000}) {
		t.Errorf("%v, %v", free, ok)
	}
}

// A reserved range begins with its first millionth and ends before that of the next range.
func TestSpanIsHalfOpen(t *testing.T) {
	s := span{10, 20}
	for b, want := range map[experiment.Share]bool{9: false, 10: true, 19: true, 20: false} {
		if s.has(b) != want {
			t.Errorf("%v has %d: %v", s, b, !want)
		}
	}
	if (span{}).has(0) {
		t.Error("an empty range has 0")
	}
}
