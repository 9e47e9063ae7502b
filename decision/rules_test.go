package decision

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"readout/experiment"
)

// TestSessionsAreBounded: the oldest visit is forgotten, and what was remembered before is
// not written to.
func TestSessionsAreBounded(t *testing.T) {
	a := Assignment{Variant: "big"}
	for i := range uint64(maxSessions + 3) {
		before := a
		kept := slices.Clone(before.Sessions)
		a = a.show(i, true)
		if !slices.Equal(before.Sessions, kept) {
			t.Fatal("showing changed the assignment that it began with")
		}
	}
	if len(a.Sessions) != maxSessions || a.Sessions[0] != 3 || a.Sessions[maxSessions-1] != maxSessions+2 {
		t.Errorf("%v", a.Sessions)
	}
}

// TestCoverageChangeKeepsVariant: variants keep the start of their range, so a visitor of the
// first at 0.15 of the hash is out at 20% and never in the second, and back where it was when
// coverage rises again.
func TestCoverageChangeKeepsVariant(t *testing.T) {
	for _, c := range []struct {
		at      experiment.Share
		covered string // at 20%
		all     string // at 100%
	}{{50_000, "control", "control"}, {150_000, "", "control"}, {550_000, "big", "big"}, {650_000, "", "big"}} {
		kept := func(coverage experiment.Share) Outcome {
			x := only(t, func(e *experiment.PublishedExperiment) {
				e.Coverage, e.Excluded = coverage, experiment.ExcludedReconsider
			})
			x.draw = drawKept(func(string, string) experiment.Share { return c.at })
			return x.Decide(visitor("u"), Assignment{}, during, true)
		}
		high, low, again := kept(experiment.Whole), kept(200_000), kept(experiment.Whole)
		if low.Variant != c.covered || high.Variant != c.all || again.Variant != c.all {
			t.Errorf("at %d: %q, at 20%% %q, then %q", c.at, high.Variant, low.Variant, again.Variant)
		}
	}
}

// banner is a personalization for visitors on plan pro.
func banner(e *experiment.PublishedExperiment) {
	e.Type = experiment.TypePersonalization
	e.Variants = []experiment.PublishedVariant{{Name: "banner", Traffic: experiment.Whole, Payload: []byte(`{"n":1}`)}}
	e.Audience = &experiment.Condition{Attribute: "plan", Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: "pro"}}}
}

// pro returns a visitor of a personalization's audience.
func pro(id string) *Visitor {
	v := visitor(id)
	v.Known.Profile = Attributes{"plan": Text("pro")}
	return v
}

func TestPersonalization(t *testing.T) {
	x := only(t, banner)
	o := x.Decide(pro("u"), Assignment{}, during, true)
	if !o.Shown || o.Variant != "banner" || string(o.Body) != `{"n":1}` || o.Expose {
		t.Errorf("in the audience: %+v", o)
	}
	if o := x.Decide(visitor("u"), Assignment{}, during, true); o.Shown || o.Reason != NotInAudience {
		t.Errorf("not in the audience: %+v", o)
	}
	if o := x.Decide(pro(""), Assignment{}, during, true); o.Shown || o.Reason != NoID {
		t.Errorf("nobody: %+v", o)
	}
}

func TestPersonalizationShownOnce(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) { banner(e); e.Display = experiment.DisplayOnce })
	first := x.Decide(pro("u"), Assignment{}, during, true)
	second := x.Decide(pro("u"), first.Remember, during, true)
	if !first.Shown || !first.Changed || first.Expose || first.Remember.Exposed || second.Shown || second.Reason != AlreadyShown {
		t.Errorf("first %+v, second %+v", first, second)
	}
}

func TestPersonalizationForSome(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) { banner(e); e.Coverage = 300_000 })
	whole := only(t, banner)
	shown := 0
	for i := range 5000 {
		o := x.Decide(pro(fmt.Sprint(i)), Assignment{}, during, true)
		switch {
		case o.Shown:
			shown++
		case o.Reason != NotCovered:
			t.Fatalf("reason %s", o.Reason)
		}
		if o.Shown && !whole.Decide(pro(fmt.Sprint(i)), o.Remember, during, true).Shown {
			t.Fatal("who was covered is not when coverage rises")
		}
	}
	if shown < 1350 || shown > 1650 {
		t.Errorf("%d of 5000, want about 1500", shown)
	}
}

// TestVariantsThatWent: what is remembered of a variant that is no more gives control's
// payload, of a personalization the only one there is.
func TestVariantsThatWent(t *testing.T) {
	if o := only(t, nil).Decide(visitor("u"), Assignment{Variant: "old", At: during}, during, true); o.Variant != "control" || o.Reason != VariantStopped || o.Expose {
		t.Errorf("%+v", o)
	}
	last := only(t, func(e *experiment.PublishedExperiment) { slices.Reverse(e.Variants) })
	if o := last.Decide(visitor("u"), Assignment{Variant: "old", At: during}, during, true); o.Variant != "control" {
		t.Errorf("control is the last variant: %+v", o)
	}
	x := only(t, func(e *experiment.PublishedExperiment) { banner(e); e.Display = experiment.DisplayOnce })
	if o := x.Decide(pro("u"), Assignment{Variant: "old", At: during}, during, true); o.Variant != "banner" || !o.Shown {
		t.Errorf("%+v", o)
	}
	stopped := only(t, func(e *experiment.PublishedExperiment) {
		banner(e)
		e.Stopped = []experiment.PublishedVariantAt{{Variant: "banner", At: *e.Start}}
	})
	if o := stopped.Decide(pro("u"), Assignment{}, during, true); o.Variant != "banner" {
		t.Errorf("%+v", o)
	}
}

// decidedFor makes an experiment Completed with big as the winner a day before during.
func decidedFor(e *experiment.PublishedExperiment) {
	e.End = during.AddDate(0, 0, -2)
	e.Decision = &experiment.PublishedVariantAt{Variant: "big", At: during.AddDate(0, 0, -1)}
	e.Status = experiment.Completed
}

// TestCompletedGivesEverybodyTheWinner: without an exposure, and whoever was left out too.
func TestCompletedGivesEverybodyTheWinner(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) { decidedFor(e); e.Coverage = 0 })
	for _, earlier := range []Assignment{{}, {Variant: "control", At: during, Exposed: true}, {Out: HeldOut, At: during}} {
		o := x.Decide(visitor("u"), earlier, during, true)
		if o.Variant != "big" || o.Reason != Decided || o.Expose || o.Changed {
			t.Errorf("remembered %+v: %+v", earlier, o)
		}
	}
}

func TestCompletedAndArchivedIsServed(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) { decidedFor(e); e.Archived = true })
	if o := x.Decide(visitor("u"), Assignment{}, during, true); o.Variant != "big" {
		t.Errorf("%+v", o)
	}
}

func TestCompletedKeepsDisplayBudget(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) { decidedFor(e); e.Display = experiment.DisplayOnce })
	first := x.Decide(visitor("u"), Assignment{Variant: "control", At: during}, during, true)
	second := x.Decide(visitor("u"), first.Remember, during, true)
	if !first.Shown || second.Shown || second.Reason != AlreadyShown || first.Remember.Variant != "control" {
		t.Errorf("first %+v, second %+v", first, second)
	}
}

func TestForcedStaysForcedWhenCompleted(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) {
		decidedFor(e)
		e.Forced = []experiment.Forced{{Variant: "control", Users: []string{"qa-1"}}}
	})
	if o := x.Decide(visitor("qa-1"), Assignment{}, during, true); o.Variant != "control" || o.Reason != ForcedVariant || o.Changed {
		t.Errorf("%+v", o)
	}
}

// TestReadyForReviewServes: past the end everybody is served, new visitors are drawn and
// logged, and the batch leaves those rows out unless the experiment is extended.
func TestReadyForReviewServes(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) { e.End = during.Add(-time.Hour) })
	if x.def.StatusAt(during) != experiment.ReadyForReview {
		t.Fatal("the experiment is not Ready for review")
	}
	fresh := x.Decide(visitor("u"), Assignment{}, during, true)
	kept := x.Decide(visitor("u"), Assignment{Variant: "big", At: during.AddDate(0, 0, -2), Exposed: true}, during, true)
	if !fresh.Shown || !fresh.Expose || kept.Variant != "big" || kept.Expose || kept.Changed {
		t.Errorf("new %+v, known %+v", fresh, kept)
	}
}

func TestDraftsAreNotServed(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) {
		e.Status, e.Start = experiment.Draft, nil
		e.Forced = []experiment.Forced{{Variant: "big", Users: []string{"qa-1"}}}
	})
	for _, id := range []string{"u", "qa-1", ""} {
		if o := x.Decide(visitor(id), Assignment{}, during, true); o.Shown || o.Reason != NotRunning || o.Changed {
			t.Errorf("%q: %+v", id, o)
		}
	}
}

// TestHoldoutBeforeExclusion: who is held out is in none of a group, and of all others each is
// in exactly one.
func TestHoldoutBeforeExclusion(t *testing.T) {
	in := func(name string) experiment.PublishedExperiment {
		return published(name, func(e *experiment.PublishedExperiment) {
			e.Exclusion = &experiment.Exclusion{Group: "g", Share: experiment.Whole / 2}
		})
	}
	p := project(in("a"), in("b"))
	p.Holdouts = []experiment.Holdout{{Name: "global", Share: 100_000}, {Name: "quarter", Share: 100_000}}
	s, faults := Compile(p, nil, nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	held := 0
	for i := range 5000 {
		a := s.All()[0].Decide(visitor(fmt.Sprint(i)), Assignment{}, during, true)
		b := s.All()[1].Decide(visitor(fmt.Sprint(i)), Assignment{}, during, true)
		switch {
		case a.Reason == HeldOut && b.Reason == HeldOut:
			held++
		case a.Shown == b.Shown, a.Reason == HeldOut, b.Reason == HeldOut:
			t.Fatalf("visitor %d: %s and %s", i, a.Reason, b.Reason)
		}
	}
	if held < 880 || held > 1120 {
		t.Errorf("%d of 5000 held out, want about 1000", held)
	}
}

// TestLeftOutStaysOut: also when what left it out is no more.
func TestLeftOutStaysOut(t *testing.T) {
	for _, reason := range []Reason{NotCovered, InOtherGroup, HeldOut} {
		earlier := Assignment{Out: reason, At: during}
		if o := only(t, nil).Decide(visitor("u"), earlier, during, true); o.Shown || o.Reason != reason || o.Changed {
			t.Errorf("%s: %+v", reason, o)
		}
		again := only(t, func(e *experiment.PublishedExperiment) { e.Excluded = experiment.ExcludedReconsider })
		if o := again.Decide(visitor("u"), earlier, during, true); !o.Shown || o.Remember.Out != "" || !o.Expose {
			t.Errorf("%s, reconsidered: %+v", reason, o)
		}
	}
	// One who is still left out is not written again at every request.
	x := only(t, func(e *experiment.PublishedExperiment) { e.Excluded, e.Coverage = experiment.ExcludedReconsider, 0 })
	if o := x.Decide(visitor("u"), Assignment{Out: NotCovered, At: during}, during.Add(time.Hour), true); o.Changed || o.Reason != NotCovered {
		t.Errorf("%+v", o)
	}
}

// TestPayloadThatCannotBeMade: the assignment holds, nothing is shown, nothing is counted.
func TestPayloadThatCannotBeMade(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) {
		split(0, 100)(e)
		e.Variants[1].Payload = []byte(`"{% assign n = attribute.n | default: 1 %}{{ 10 | divided_by: n }}"`)
		e.Display = experiment.DisplayOnce
	})
	v := visitor("u")
	v.Known.Request = Attributes{"n": Int(0)}
	o := x.Decide(v, Assignment{}, during, true)
	if o.Shown || o.Reason != NotRendered || o.Expose || o.Remember.Shown || !o.Changed || o.Remember.Variant != "big" {
		t.Errorf("%+v", o)
	}
}

// TestPayloadOfAnotherVariant: who enters does not depend on the draw, so that a template with a
// fault takes as many visitors from every variant.
func TestPayloadOfAnotherVariant(t *testing.T) {
	const fails = `"{% assign n = attribute.n | default: 1 %}{{ 10 | divided_by: n }}"`
	variants := func(e *experiment.PublishedExperiment) {
		e.Variants = append(e.Variants, experiment.PublishedVariant{Name: "other"})
		e.Variants[1].Payload = []byte(fails)
	}
	to := func(i int, more func(*experiment.PublishedExperiment)) *Experiment {
		return only(t, func(e *experiment.PublishedExperiment) {
			variants(e)
			for j := range e.Variants {
				e.Variants[j].Traffic = 0
			}
			e.Variants[i].Traffic = experiment.Whole
			if more != nil {
				more(e)
			}
		})
	}
	v := visitor("u")
	v.Known.Request = Attributes{"n": Int(0)}
	names := []string{"control", "big", "other"}
	for i, name := range names {
		for _, expose := range []bool{true, false} {
			for fault := range names {
				x := to(i, func(e *experiment.PublishedExperiment) {
					e.Variants[1].Payload, e.Variants[fault].Payload = nil, []byte(fails)
				})
				o := x.Decide(v, Assignment{}, during, expose)
				if o.Shown || o.Reason != NotRendered || o.Expose || o.Remember.Variant != name || !o.Changed {
					t.Errorf("%s, fault in %s, exposure %t: %+v", name, names[fault], expose, o)
				}
				steps := x.explain(v, Assignment{}, during).Steps
				if last := steps[len(steps)-1]; last.Name != "payload" || last.Passes {
					t.Errorf("%s, fault in %s, explained by %+v", name, names[fault], steps)
				}
			}
		}
	}
	shown := func(name string, x *Experiment, earlier Assignment, want string) {
		t.Helper()
		if o := x.Decide(v, earlier, during, true); !o.Shown || o.Variant != want {
			t.Errorf("%s: %+v", name, o)
		}
		steps := x.explain(v, earlier, during).Steps
		if slices.ContainsFunc(steps, func(s Step) bool { return !s.Passes }) {
			t.Errorf("%s: explained by %+v", name, steps)
		}
	}
	shown("counted before", to(0, nil), Assignment{Variant: "control", At: during, Exposed: true}, "control")
	shown("decided", to(0, func(e *experiment.PublishedExperiment) {
		e.End = during.AddDate(0, 0, -1)
		e.Decision = &experiment.PublishedVariantAt{Variant: "other", At: e.End}
	}), Assignment{}, "other")
	stopped := to(2, func(e *experiment.PublishedExperiment) {
		e.Stopped = []experiment.PublishedVariantAt{{Variant: "big", At: during.Add(-time.Hour)}}
	})
	shown("the fault is in a variant that is stopped", stopped, Assignment{}, "other")
	shown("control instead of a variant that is stopped", stopped, Assignment{Variant: "big", At: during}, "control")
	shown("forced", to(0, func(e *experiment.PublishedExperiment) {
		e.Forced = []experiment.Forced{{Variant: "control", Users: []string{"u"}}}
	}), Assignment{}, "control")
}

func TestExposureSegments(t *testing.T) {
	p := project(published("a", nil))
	p.Exposures.Segments = []string{"country", "device", "age", "vip", "gone"}
	s, _ := Compile(p, nil, nil)
	v := &Visitor{ID: "9007199254740993", Device: "Mobile", Known: Known{
		Request: Attributes{"country": Text("DE"), "age": Number("41.0"), "vip": Bool(false)},
		Profile: Attributes{"country": Text("AT")},
	}}
	at := time.Date(2026, 1, 10, 13, 0, 0, 1999, time.FixedZone("", 3600))
	row := s.Exposure(s.All()[0], v, "big", at)
	if row.User != v.ID || row.Experiment != "a" || row.Variant != "big" || !slices.Equal(row.Segments, []string{"AT", "mobile", "41.0", "false", ""}) {
		t.Errorf("%+v", row)
	}
	if want := time.Date(2026, 1, 10, 12, 0, 0, 1000, time.UTC); row.Time != want {
		t.Errorf("time %v, want %v", row.Time, want)
	}
	// Any text is no segment: there would be more of them than the batch job takes.
	v.Device = "Mozilla/5.0"
	if row := s.Exposure(s.All()[0], v, "big", at); row.Segments[1] != "" {
		t.Errorf("an unknown device is logged as %q", row.Segments[1])
	}
	v.Known.Profile["device"] = Text("kiosk")
	if row := s.Exposure(s.All()[0], v, "big", at); row.Segments[1] != "kiosk" {
		t.Errorf("an attribute device does not win: %q", row.Segments[1])
	}
	for length, want := range map[int]int{256: 256, 257: 0} {
		v.Known.Profile["country"] = Text(strings.Repeat("x", length))
		if row := s.Exposure(s.All()[0], v, "big", at); len(row.Segments[0]) != want {
			t.Errorf("a text of %d bytes is logged as one of %d, want %d", length, len(row.Segments[0]), want)
		}
	}
}

// TestHostsHaveNoCase: nowhere in a URL but in scheme and host is case of no matter.
func TestHostsHaveNoCase(t *testing.T) {
	for _, c := range []struct {
		op   experiment.Operator
		text string
		url  string
		want bool
	}{
		{experiment.OpContains, "Shop.Example/Cart", "https://shop.example/Cart/1", true},
		{experiment.OpContains, "shop.example/cart", "https://shop.example/Cart/1", false},
		{experiment.OpContains, "EXAMPLE", "https://shop.example/", true},
		{experiment.OpContains, "CART", "https://shop.example/cart", false},
		{experiment.OpContains, "cart", "https://CART.example/", true},
		{experiment.OpEndsWith, ".Example", "https://shop.example/", true},
		{experiment.OpEndsWith, ".Example", "https://shop.example/x", false},
		{experiment.OpEndsWith, "/", "https://shop.example", false},
		{experiment.OpStartsWith, "HTTPS://SHOP", "https://shop.example", true},
		{experiment.OpStartsWith, "/Cart", "/Cart?a=https://b", true},
		{experiment.OpStartsWith, "/cart", "/Cart?a=https://b", false},
		{experiment.OpContains, "?q=A", "https://shop.example?q=A", true},
		{experiment.OpContains, "?q=a", "https://shop.example?q=A", false},
	} {
		p, err := compilePages(experiment.Pages{Include: []experiment.PageRule{{Operator: c.op, Text: c.text}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.match(c.url); got != c.want {
			t.Errorf("%s %q of %q: %v", c.op, c.text, c.url, got)
		}
	}
}

// TestNoURL: rules are about pages, so that none holds where the page is not known, not even
// one that matches everything.
func TestNoURL(t *testing.T) {
	all := []experiment.PageRule{{Operator: experiment.OpMatches, Text: ".*"}}
	for _, c := range []struct {
		name  string
		rules experiment.Pages
		want  bool
	}{{"included", experiment.Pages{Include: all}, false}, {"excluded", experiment.Pages{Exclude: all}, true}} {
		p, err := compilePages(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		if p.match("") != c.want || p.match("https://shop.example/") == c.want {
			t.Errorf("%s: without a URL %v, with one %v", c.name, p.match(""), p.match("https://shop.example/"))
		}
	}
}
