package decision

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"readout/experiment"
)

// anyExperiment draws a definition with every kind of rule.
func anyExperiment(t *rapid.T, name string) experiment.PublishedExperiment {
	return published(name, func(e *experiment.PublishedExperiment) {
		maybe := func(what string) bool { return rapid.IntRange(0, 2).Draw(t, what) == 0 }
		share := func(what string) experiment.Share {
			return experiment.Share(rapid.Int64Range(0, int64(experiment.Whole)).Draw(t, what))
		}
		e.Hash = rapid.SampledFrom(experiment.Hashes()).Draw(t, "hash")
		big := share("big")
		e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole-big, big
		if maybe("personalization") {
			e.Type = experiment.TypePersonalization
			e.Variants = []experiment.PublishedVariant{{Name: "banner", Traffic: experiment.Whole}}
		}
		last := &e.Variants[len(e.Variants)-1]
		last.Payload = []byte(rapid.SampledFrom([]string{`1`, `"{{ attribute.plan }}"`, `"{% assign n = attribute.n | default: 1 %}{{ 1 | divided_by: n }}"`}).Draw(t, "payload"))
		e.Display = rapid.SampledFrom(experiment.Displays()).Draw(t, "display")
		e.Devices = rapid.SampledFrom(experiment.AllDevices()).Draw(t, "devices")
		e.Excluded = rapid.SampledFrom(experiment.ExcludedPolicies()).Draw(t, "excluded")
		if maybe("covered") {
			e.Coverage = share("coverage")
		}
		if maybe("audience") {
			e.Audience = &experiment.Condition{Attribute: "plan", Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: "pro"}}}
		}
		if maybe("pages") {
			e.Pages.Include = []experiment.PageRule{{Operator: experiment.OpContains, Text: "shop"}}
		}
		if maybe("exclusion") {
			e.Exclusion = &experiment.Exclusion{Group: "g", Share: share("share")}
		}
		if maybe("forced") {
			e.Forced = []experiment.Forced{{Variant: last.Name, Users: []string{"user-1"}}}
		}
		if maybe("stopped") {
			e.Stopped = []experiment.PublishedVariantAt{{Variant: last.Name, At: during.Add(-time.Hour)}}
		}
		switch rapid.IntRange(0, 4).Draw(t, "status") {
		case 0:
			e.Status, e.Start = experiment.Draft, nil
		case 1:
			start := during.AddDate(0, 0, 1)
			e.Start = &start
		case 2:
			e.End = during.AddDate(0, 0, -1)
			e.Decision = &experiment.PublishedVariantAt{Variant: last.Name, At: during.Add(-time.Minute)}
		}
	})
}

// stepsOf says which step an experiment's reason is explained by.
var stepsOf = map[Reason]string{
	NotRunning: "status", NoID: "id", NotInAudience: "audience", NotOnPage: "page", NotOnDevice: "device", HeldOut: "holdout",
	InOtherGroup: "exclusion", NotCovered: "coverage", AlreadyShown: "display", NotRendered: "payload",
}

// TestExplainIsDecide: what is explained is what is answered, and the first step that does
// not pass is why nothing is shown.
func TestExplainIsDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := project(anyExperiment(t, "a"))
		if rapid.Bool().Draw(t, "holdout") {
			p.Holdouts = []experiment.Holdout{{Name: "h", Share: 300_000}}
		}
		s, faults := Compile(p, nil, nil)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		x := s.All()[0]
		v := &Visitor{
			ID:      rapid.SampledFrom([]string{"", "user-1", "user-2", "user-3", "user-4"}).Draw(t, "id"),
			Session: rapid.SampledFrom([]string{"", "s"}).Draw(t, "session"),
			URL:     rapid.SampledFrom([]string{"", "https://shop.example/", "https://else.example/"}).Draw(t, "url"),
			Device:  rapid.SampledFrom([]string{"", "mobile", "desktop"}).Draw(t, "device"),
			Known:   Known{Request: Attributes{"plan": Text(rapid.SampledFrom([]string{"pro", "free"}).Draw(t, "plan")), "n": Int(rapid.Int64Range(0, 1).Draw(t, "n"))}},
		}
		var earlier Assignment
		if x.Remembers() {
			earlier = rapid.SampledFrom([]Assignment{
				{}, {Variant: "control", At: during}, {Variant: x.def.Variants[len(x.def.Variants)-1].Name, At: during, Exposed: true}, {Variant: "old", At: during},
				{Out: NotCovered, At: during}, {Shown: true}, {Variant: "control", At: during, Shown: true, Sessions: []uint64{sessionHash("s")}},
			}).Draw(t, "earlier")
		}
		o, e := x.Decide(v, earlier, during, true), x.explain(v, earlier, during)
		body := o.Body
		if body == nil {
			body = []byte("null")
		}
		if e.Variant != o.Variant || e.Shown != o.Shown || e.Reason != o.Reason || !bytes.Equal(e.Body, body) {
			t.Fatalf("decided %+v, explained %+v", o, e)
		}
		first := ""
		for _, step := range e.Steps {
			if len(x.stopped) == 0 && strings.Contains(step.Detail, "was stopped at") {
				t.Fatalf("no variant was stopped: %+v", step)
			}
			if first == "" && !step.Passes {
				first = step.Name
			}
		}
		want := stepsOf[o.Reason]
		if first == "assignment" && o.Reason == earlier.Out {
			want = "assignment"
		}
		if first != want {
			t.Fatalf("reason %s, the first step that does not pass is %q: %+v", o.Reason, first, e.Steps)
		}
	})
}

// TestExplainDraws: whoever a holdout, an exclusion group or coverage leaves out is told so by
// that step.
func TestExplainDraws(t *testing.T) {
	p := project(published("a", func(e *experiment.PublishedExperiment) {
		e.Coverage, e.Exclusion = experiment.Whole/2, &experiment.Exclusion{Group: "g", Share: experiment.Whole / 2}
	}))
	p.Holdouts = []experiment.Holdout{{Name: "h", Share: 300_000}}
	s, faults := Compile(p, nil, nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	x := s.All()[0]
	seen := make(map[Reason]int)
	for i := range 200 {
		v := visitor(fmt.Sprint("u-", i))
		o, e := x.Decide(v, Assignment{}, during, true), x.explain(v, Assignment{}, during)
		seen[o.Reason]++
		first := ""
		for _, step := range e.Steps {
			if first == "" && !step.Passes {
				first = step.Name
			}
		}
		if first != stepsOf[o.Reason] || e.Reason != o.Reason || e.Variant != o.Variant {
			t.Errorf("%s: decided %s, explained %s by %q", v.ID, o.Reason, e.Reason, first)
		}
	}
	if len(seen) != 4 {
		t.Errorf("reasons %v", seen)
	}
}

// TestExplainNewVisitors: whoever enters is told the variant that is drawn, and another one where that
// was stopped.
func TestExplainNewVisitors(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) {
		e.Coverage = experiment.Whole / 2
		e.Stopped = []experiment.PublishedVariantAt{{Variant: "big", At: during.Add(-time.Hour)}}
	})
	told := make(map[string]int)
	for i := range 100 {
		v := visitor(fmt.Sprint("u-", i))
		o, e := x.Decide(v, Assignment{}, during, true), x.explain(v, Assignment{}, during)
		steps := make(map[string]string)
		for _, s := range e.Steps {
			steps[s.Name] = s.Detail
		}
		drawn, _, _ := strings.Cut(strings.TrimPrefix(steps["variant"], "falls to "), " ")
		if _, redrawn := steps["stopped"]; (drawn != "") != o.Shown || redrawn != (drawn == "big") ||
			redrawn && !strings.HasSuffix(steps["stopped"], "drawn again among the others, "+o.Variant) || !redrawn && drawn != o.Variant {
			t.Errorf("%s: decided %+v, explained %+v", v.ID, o, e.Steps)
		}
		told[drawn]++
	}
	if len(told) != 3 {
		t.Errorf("told %v", told)
	}
}

// TestDecideTwiceIsDecideOnce: what was decided holds at once, whatever the definition.
func TestDecideTwiceIsDecideOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, faults := Compile(project(anyExperiment(t, "a")), nil, nil)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		x := s.All()[0]
		v := &Visitor{ID: fmt.Sprint(rapid.IntRange(0, 50).Draw(t, "id")), URL: "https://shop.example/", Device: "mobile",
			Known: Known{Request: Attributes{"plan": Text("pro"), "n": Int(1)}}}
		first := x.Decide(v, Assignment{}, during, true)
		second := x.Decide(v, first.Remember, during, true)
		if second.Expose || second.Changed || second.Shown && second.Variant != first.Variant {
			t.Fatalf("first %+v, second %+v", first, second)
		}
		if first.Expose && (first.Remember.Variant != first.Variant || !first.Remember.Exposed) {
			t.Fatalf("exposed in another variant than remembered: %+v", first)
		}
	})
}

func TestExplanationWords(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) {
		e.Audience = &experiment.Condition{All: []experiment.Condition{
			{Attribute: "plan", Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: "pro"}}},
			{Not: &experiment.Condition{Attribute: "country", Operator: experiment.OpExists, Values: []experiment.Scalar{{Kind: experiment.ScalarBool, Text: "true"}}}},
		}}
		e.Pages = experiment.Pages{
			Include: []experiment.PageRule{{Operator: experiment.OpContains, Text: "shop"}, {Operator: experiment.OpContains, Text: "cart"}},
			Exclude: []experiment.PageRule{{Operator: experiment.OpContains, Text: "admin"}},
		}
		e.Exclusion = &experiment.Exclusion{Group: "g", Share: experiment.Whole}
		e.Stopped = []experiment.PublishedVariantAt{{Variant: "big", At: during.Add(-time.Hour)}}
	})
	text := func(e Explanation) string {
		var lines []string
		for _, s := range e.Steps {
			lines = append(lines, fmt.Sprintf("%s %v %s", s.Name, s.Passes, s.Detail))
		}
		return strings.Join(lines, "\n")
	}
	v := visitor("u")
	v.Known.Request = Attributes{"plan": Text("free")}
	got := text(x.explain(v, Assignment{Variant: "big", At: during.AddDate(0, 0, -1), Exposed: true}, during))
	for _, want := range []string{
		"status true Running, 2026-01-05T00:00:00Z to 2026-02-02T00:00:00Z",
		`audience false plan is text "free", country is not known`,
		`page false 2 include and 1 exclude rules, url ""`,
		"assignment true big since 2026-01-09T12:00:00Z, kept whatever has changed",
		"stopped true big was stopped at 2026-01-10T11:00:00Z: control's payload replaces it",
		"payload true none",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, c := range []struct {
		variant string
		gone    bool
	}{{"control", false}, {"old", true}} {
		got = text(x.explain(visitor("u"), Assignment{Variant: c.variant, At: during}, during))
		if want := "stopped true " + c.variant + " is no longer a variant: control's payload replaces it"; strings.Contains(got, want) != c.gone {
			t.Errorf("in %s: %q in\n%s", c.variant, want, got)
		}
	}
	got = text(x.explain(visitor("u"), Assignment{Out: NotCovered, At: during}, during))
	if want := "assignment false left out since 2026-01-10T12:00:00Z: not_covered. Who is left out stays out"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

// TestExplainSelector: of two experiments with one selector the second gives way to the first, and
// says so, where the first is shown.
func TestExplainSelector(t *testing.T) {
	shared := func(e *experiment.PublishedExperiment) { e.Selector = "title" }
	vip := &experiment.Condition{Attribute: "plan", Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: "vip"}}}
	s, faults := Compile(project(published("a", func(e *experiment.PublishedExperiment) { shared(e); e.Audience = vip }), published("b", shared)), nil, nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for plan, want := range map[string]string{"vip": "a assigned, b another_matched", "free": "a not_in_audience, b assigned"} {
		v := &Visitor{ID: "u", Known: Known{Request: Attributes{"plan": Text(plan)}}}
		got := ExplainAll(s.All(), v, make([]Assignment, 2), during)
		if text := fmt.Sprintf("a %s, b %s", got[0].Reason, got[1].Reason); text != want {
			t.Errorf("%s: %s, want %s", plan, text, want)
		}
		last := got[1].Steps[len(got[1].Steps)-1]
		if gaveWay := got[1].Reason == AnotherMatched; gaveWay == got[1].Shown || gaveWay != (last == Step{"selector", false, "a has the same selector and is shown"}) {
			t.Errorf("%s: %+v", plan, got[1])
		}
	}
}
