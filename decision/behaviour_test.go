package decision

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"readout/experiment"
)

// split returns traffic for control and big in percent.
func split(control, big int) func(*experiment.PublishedExperiment) {
	return func(e *experiment.PublishedExperiment) {
		e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Share(control)*10_000, experiment.Share(big)*10_000
	}
}

// after decides for many visitors under one definition, and again under another with what
// was remembered, and returns how many changed their variant.
func after(t *testing.T, before, then func(*experiment.PublishedExperiment)) (moved, entered, left int) {
	t.Helper()
	x, y := only(t, before), only(t, then)
	for i := range 5000 {
		v := visitor(fmt.Sprintf("user-%d", i))
		first := x.Decide(v, Assignment{}, during, true)
		second := y.Decide(v, first.Remember, during.Add(time.Hour), true)
		switch {
		case first.Variant == second.Variant:
		case first.Variant == "":
			entered++
		case second.Variant == "":
			left++
		default:
			moved++
		}
	}
	return moved, entered, left
}

func TestWeightsChangedFlipNobody(t *testing.T) {
	if moved, entered, left := after(t, split(50, 50), split(90, 10)); moved+entered+left > 0 {
		t.Errorf("%d moved, %d entered, %d left", moved, entered, left)
	}
}

func TestAddedVariantReshufflesNobody(t *testing.T) {
	added := func(e *experiment.PublishedExperiment) {
		e.Variants[0].Traffic, e.Variants[1].Traffic = 333_333, 333_333
		e.Variants = append(e.Variants, experiment.PublishedVariant{Name: "huge", Traffic: 333_334})
	}
	if moved, entered, left := after(t, nil, added); moved+entered+left > 0 {
		t.Errorf("%d moved, %d entered, %d left", moved, entered, left)
	}
}

// TestCoverageRaisedSwapsNoArms: those who were in keep their arm; those left out stay out,
// or come in where the definition says so.
func TestCoverageRaisedSwapsNoArms(t *testing.T) {
	covered := func(share experiment.Share, excluded experiment.Excluded) func(*experiment.PublishedExperiment) {
		return func(e *experiment.PublishedExperiment) { e.Coverage, e.Excluded = share, excluded }
	}
	stay := experiment.ExcludedStay
	if moved, entered, left := after(t, covered(200_000, stay), covered(experiment.Whole, stay)); moved+entered+left > 0 {
		t.Errorf("stay: %d moved, %d entered, %d left", moved, entered, left)
	}
	again := experiment.ExcludedReconsider
	moved, entered, left := after(t, covered(200_000, again), covered(experiment.Whole, again))
	if moved+left > 0 || entered < 3800 || entered > 4200 {
		t.Errorf("reconsider: %d moved, %d entered, %d left, want about 4000 entered", moved, entered, left)
	}
	// Without anything remembered the arm is the same at any coverage.
	x, y := only(t, covered(200_000, stay)), only(t, nil)
	for i := range 2000 {
		v := visitor(fmt.Sprintf("user-%d", i))
		if a, b := x.Decide(v, Assignment{}, during, true), y.Decide(v, Assignment{}, during, true); a.Shown && a.Variant != b.Variant {
			t.Fatalf("%s is in %s at 20%%, in %s at 100%%", v.ID, a.Variant, b.Variant)
		}
	}
}

// TestCoverageKeepsVariantRanges is the same for the hashes that draw both at once: at 20%
// coverage the ranges are [0, 0.1) and [0.5, 0.6).
func TestCoverageKeepsVariantRanges(t *testing.T) {
	traffic := []experiment.Share{500_000, 500_000}
	for _, c := range []struct {
		bucket  experiment.Share
		variant int
		covered bool
	}{{50_000, 0, true}, {99_999, 0, true}, {100_000, 0, false}, {150_000, 0, false}, {500_000, 1, true}, {550_000, 1, true}, {600_000, 1, false}} {
		d := drawKept(func(string, string) experiment.Share { return c.bucket })
		if i, covered := d("", "", 200_000, traffic); covered != c.covered || covered && i != c.variant {
			t.Errorf("bucket %d: variant %d, covered %v", c.bucket, i, covered)
		}
	}
}

func TestHashOnARangeEdge(t *testing.T) {
	shares := []experiment.Share{333_333, 0, 333_333, 333_334}
	for _, c := range []struct {
		bucket experiment.Share
		want   int
	}{{0, 0}, {333_332, 0}, {333_333, 2}, {666_665, 2}, {666_666, 3}, {999_999, 3}} {
		if got := at(shares, c.bucket); got != c.want {
			t.Errorf("bucket %d: variant %d, want %d", c.bucket, got, c.want)
		}
	}
}

// correlation returns the phi coefficient of two events over n visitors.
func correlation(n int, a, b func(id string) bool) float64 {
	var both, onlyA, onlyB, none float64
	for i := range n {
		switch x, y := a(fmt.Sprint(i)), b(fmt.Sprint(i)); {
		case x && y:
			both++
		case x:
			onlyA++
		case y:
			onlyB++
		default:
			none++
		}
	}
	return (both*none - onlyA*onlyB) / math.Sqrt((both+onlyA)*(onlyB+none)*(both+onlyB)*(onlyA+none))
}

// critical is beyond the phi of 1,770 pairs of independent coins over n visitors, with a
// probability of 1e-4 that any is: √n·phi is standard normal.
func critical(n int) float64 { return 5.5 / math.Sqrt(float64(n)) }

func TestGateAndArmAreIndependent(t *testing.T) {
	const n = 20_000
	for _, pair := range [][2]stage{{stageCoverage, stageVariant}, {stageGroup, stageVariant}, {stageGroup, stageCoverage}, {stageHoldout, stageVariant}} {
		below := func(s stage) func(string) bool {
			return func(id string) bool { return bucket("button", s, id) < experiment.Whole/2 }
		}
		if phi := correlation(n, below(pair[0]), below(pair[1])); math.Abs(phi) > critical(n) {
			t.Errorf("stages %v: phi %.4f", pair, phi)
		}
	}
}

// TestSimilarNamesAreIndependent takes all pairs of 60 similarly named experiments.
func TestSimilarNamesAreIndependent(t *testing.T) {
	const n, experiments = 4000, 60
	arms := make([][]bool, experiments)
	for e := range arms {
		arms[e] = make([]bool, n)
		salt := fmt.Sprintf("checkout-button-%d", e)
		ones := 0
		for i := range n {
			arms[e][i] = bucket(salt, stageVariant, fmt.Sprint(i)) < experiment.Whole/2
			if arms[e][i] {
				ones++
			}
		}
		if z := (float64(ones) - n/2) / math.Sqrt(n/4); math.Abs(z) > 4.5 {
			t.Errorf("%s: %d of %d in one arm", salt, ones, n)
		}
	}
	for a := range arms {
		for b := range a {
			agree := 0
			for i := range n {
				if arms[a][i] == arms[b][i] {
					agree++
				}
			}
			if phi := 2*float64(agree)/n - 1; math.Abs(phi) > critical(n) {
				t.Errorf("experiments %d and %d: phi %.4f", a, b, phi)
			}
		}
	}
}

func TestBucketsAreUniform(t *testing.T) {
	const n, cells = 100_000, 100
	var count [cells]float64
	for i := range n {
		count[bucket("button", stageVariant, fmt.Sprintf("user-%d", i))*cells/experiment.Whole]++
	}
	var chi2 float64
	for _, c := range count {
		chi2 += (c - n/cells) * (c - n/cells) / (n / cells)
	}
	// 99 degrees of freedom: 161 is beyond all but 1e-4.
	if chi2 > 161 {
		t.Errorf("chi-square %.1f with %d cells", chi2, cells)
	}
}

// TestRenameRebucketsNobody: display names and selectors are not hashed, the salt is.
func TestRenameRebucketsNobody(t *testing.T) {
	x, y := only(t, nil), only(t, func(e *experiment.PublishedExperiment) { e.Title, e.Selector = "Another title", "another" })
	for i := range 1000 {
		v := visitor(fmt.Sprint(i))
		if a, b := x.Decide(v, Assignment{}, during, true), y.Decide(v, Assignment{}, during, true); a.Variant != b.Variant {
			t.Fatalf("%d: %s, then %s", i, a.Variant, b.Variant)
		}
	}
}

func TestExposuresOnce(t *testing.T) {
	x := only(t, nil)
	first := x.Decide(visitor("u"), Assignment{}, during, true)
	second := x.Decide(visitor("u"), first.Remember, during, true)
	if !first.Expose || !first.Changed || second.Expose || second.Changed || second.Variant != first.Variant {
		t.Errorf("first %+v, second %+v", first, second)
	}
}

// TestReadingDoesNotExpose: the assignment is remembered, the exposure comes when it is shown.
func TestReadingDoesNotExpose(t *testing.T) {
	x := only(t, nil)
	read := x.Decide(visitor("u"), Assignment{}, during, false)
	shown := x.Decide(visitor("u"), read.Remember, during, true)
	if read.Expose || !read.Changed || read.Remember.Exposed || !shown.Expose || shown.Variant != read.Variant {
		t.Errorf("read %+v, shown %+v", read, shown)
	}
}

func TestReadingSpendsNoDisplayBudget(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) { e.Display = experiment.DisplayOnce })
	read := x.Decide(visitor("u"), Assignment{}, during, false)
	first := x.Decide(visitor("u"), read.Remember, during, true)
	second := x.Decide(visitor("u"), first.Remember, during, true)
	if !read.Shown || !first.Shown || second.Shown || second.Reason != AlreadyShown {
		t.Errorf("read %v, first %v, second %v %s", read.Shown, first.Shown, second.Shown, second.Reason)
	}
}

func TestOnceFromNowOn(t *testing.T) {
	always := only(t, nil).Decide(visitor("u"), Assignment{}, during, true)
	once := only(t, func(e *experiment.PublishedExperiment) { e.Display = experiment.DisplayOnce })
	again := once.Decide(visitor("u"), always.Remember, during, true)
	told := once.describeDisplay(always.Remember, visitor("u"))
	if !always.Expose || again.Reason != AlreadyShown || told != "once for life, and it was shown" {
		t.Errorf("shown before: %+v, then %+v, %q", always, again, told)
	}
}

func TestOncePerVisit(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) { e.Display = experiment.DisplayOncePerVisit })
	remembered := Assignment{}
	for i, c := range []struct {
		session string
		shown   bool
	}{{"a", true}, {"a", false}, {"b", true}, {"a", false}, {"", true}, {"", true}, {"b", false}} {
		v := visitor("u")
		v.Session = c.session
		o := x.Decide(v, remembered, during, true)
		if o.Shown != c.shown {
			t.Errorf("request %d in session %q: shown %v", i, c.session, o.Shown)
		}
		remembered = o.Remember
	}
}

// TestNobodyIsControlByDefault: without an id there is no assignment and no exposure.
func TestNobodyIsControlByDefault(t *testing.T) {
	o := only(t, nil).Decide(visitor(""), Assignment{}, during, true)
	if o.Shown || o.Variant != "" || o.Expose || o.Changed || o.Reason != NoID {
		t.Errorf("%+v", o)
	}
}

func TestControlWithoutPayloadIsExposed(t *testing.T) {
	x := only(t, split(100, 0))
	if o := x.Decide(visitor("u"), Assignment{}, during, true); !o.Shown || o.Variant != "control" || o.Body != nil || !o.Expose {
		t.Errorf("%+v", o)
	}
}

func TestURLRules(t *testing.T) {
	const url = "HTTPS://Shop.Example/Checkout/?utm=1&preview#top"
	for _, c := range []struct {
		op   experiment.Operator
		text string
		want bool
	}{
		{experiment.OpStartsWith, "https://shop.example/Checkout", true},
		{experiment.OpStartsWith, "https://SHOP.example/Checkout", true},
		{experiment.OpStartsWith, "https://shop.example/checkout", false},
		{experiment.OpStartsWith, "https://shop.example/Checkout/?utm=1&preview#top", true},
		{experiment.OpContains, "preview", true},
		{experiment.OpContains, "top", false},
		{experiment.OpContains, "#top", true},
		{experiment.OpEndsWith, "/Checkout", true},
		{experiment.OpEndsWith, "/Checkout/", true},
		{experiment.OpEndsWith, "/Check", false},
		{experiment.OpEndsWith, "checkout", false},
		{experiment.OpEndsWith, "?utm=1&preview", true},
		{experiment.OpEndsWith, "#top", true},
		{experiment.OpEndsWith, "preview", false},
		{experiment.OpMatches, `^HTTPS://Shop\.Example/.*#top$`, true},
		{experiment.OpMatches, `^https:`, false},
	} {
		rules := func(include bool) *Experiment {
			return only(t, func(e *experiment.PublishedExperiment) {
				rule := []experiment.PageRule{{Operator: c.op, Text: c.text}}
				if include {
					e.Pages.Include = rule
				} else {
					e.Pages.Exclude = rule
				}
			})
		}
		v := visitor("u")
		v.URL = url
		if o := rules(true).Decide(v, Assignment{}, during, true); o.Shown != c.want {
			t.Errorf("include %s %q: %v", c.op, c.text, o.Reason)
		}
		if o := rules(false).Decide(v, Assignment{}, during, true); o.Shown == c.want {
			t.Errorf("exclude %s %q: %v", c.op, c.text, o.Reason)
		}
		v.URL = ""
		if rules(true).Decide(v, Assignment{}, during, true).Shown || !rules(false).Decide(v, Assignment{}, during, true).Shown {
			t.Errorf("%s %q: a missing URL must fail include rules and pass exclude rules", c.op, c.text)
		}
	}
}

func TestUnknownDeviceMatchesOnlyAll(t *testing.T) {
	for _, c := range []struct {
		devices experiment.Devices
		device  string
		want    bool
	}{
		{experiment.DevicesAll, "toaster", true}, {experiment.DevicesAll, "", true},
		{experiment.DevicesMobile, "toaster", false}, {experiment.DevicesMobile, "", false}, {experiment.DevicesMobile, "all", false},
		{experiment.DevicesMobile, "MOBILE", true}, {experiment.DevicesDesktop, "Desktop", true}, {experiment.DevicesDesktop, "mobile", false},
	} {
		x := only(t, func(e *experiment.PublishedExperiment) { e.Devices = c.devices })
		v := visitor("u")
		v.Device = c.device
		if o := x.Decide(v, Assignment{}, during, true); o.Shown != c.want {
			t.Errorf("for %s, asked with %q: %v", c.devices, c.device, o.Shown)
		}
	}
}

// TestStartInclusiveEndExclusive walks over the edges of the schedule by the clock alone.
func TestStartInclusiveEndExclusive(t *testing.T) {
	decided := time.Date(2026, 2, 5, 0, 0, 0, 0, time.UTC)
	x := only(t, func(e *experiment.PublishedExperiment) {
		e.Status = experiment.Scheduled
		e.Decision = &experiment.PublishedVariantAt{Variant: "big", At: decided}
	})
	start, end := *x.def.Start, x.def.End
	for _, c := range []struct {
		now    time.Time
		reason Reason
	}{
		{start.Add(-time.Nanosecond), NotRunning}, {start, Assigned}, {end.Add(-time.Nanosecond), Assigned},
		{end, Assigned}, {decided.Add(-time.Nanosecond), Assigned}, {decided, Decided},
		{start.In(time.FixedZone("", 3600)), Assigned},
	} {
		if o := x.Decide(visitor("u"), Assignment{}, c.now, true); o.Reason != c.reason {
			t.Errorf("at %v: %s, want %s", c.now, o.Reason, c.reason)
		}
	}
	if o := x.Decide(visitor("u"), Assignment{Variant: "control", At: start}, decided, true); o.Variant != "big" || o.Expose {
		t.Errorf("after the decision: %+v", o)
	}
}

func TestNumbersAndTextsInAudiences(t *testing.T) {
	number := func(text string) experiment.Scalar {
		return experiment.Scalar{Kind: experiment.ScalarNumber, Text: text}
	}
	text := experiment.Scalar{Kind: experiment.ScalarText, Text: "1"}
	for _, c := range []struct {
		op    experiment.Operator
		with  experiment.Scalar
		value Value
		want  bool
	}{
		{experiment.OpIs, number("1"), Number("1"), true},
		{experiment.OpIs, number("1"), Number("1.0"), true},
		{experiment.OpIs, number("1.0"), Int(1), true},
		{experiment.OpIs, number("1"), Text("1"), false},
		{experiment.OpIs, text, Int(1), false},
		{experiment.OpIs, text, Text("1"), true},
		{experiment.OpIs, number("9007199254740993"), Number("9007199254740992"), false},
		{experiment.OpIs, number("9007199254740993"), Number("9007199254740993"), true},
		{experiment.OpMoreThan, number("9007199254740992"), Number("9007199254740993"), true},
		{experiment.OpAtLeast, number("18"), Number("17.999"), false},
		{experiment.OpAtLeast, number("18"), Number("18.0"), true},
		{experiment.OpAtLeast, number("18"), Text("19"), false},
		{experiment.OpAtMost, number("18"), Int(18), true},
		{experiment.OpAtMost, number("18"), Int(19), false},
		{experiment.OpLessThan, number("18"), Int(18), false},
		{experiment.OpLessThan, number("18"), Int(17), true},
		{experiment.OpMoreThan, number("18"), Int(18), false},
		{experiment.OpAtMost, number("4.5"), Int(4), true},
		{experiment.OpAtMost, number("4.5"), Int(5), false},
		{experiment.OpLessThan, number("-5"), Number("-4.5"), false},
		{experiment.OpIs, number("4.5"), Number("4.50"), true},
		{experiment.OpIsNot, number("1"), Value{}, true},
		{experiment.OpIs, number("1"), Value{}, false},
		{experiment.OpExists, experiment.Scalar{Kind: experiment.ScalarBool, Text: "false"}, Value{}, true},
		{experiment.OpExists, experiment.Scalar{Kind: experiment.ScalarBool, Text: "true"}, Text(""), true},
		{experiment.OpContains, experiment.Scalar{Kind: experiment.ScalarText, Text: "ü"}, Text("für"), true},
		{experiment.OpStartsWith, text, Text("12"), true},
		{experiment.OpStartsWith, text, Text("21"), false},
		{experiment.OpEndsWith, text, Text("21"), true},
		{experiment.OpEndsWith, text, Text("12"), false},
		{experiment.OpMatches, experiment.Scalar{Kind: experiment.ScalarText, Text: "^[a-c]+$"}, Text("abc"), true},
		{experiment.OpMatches, experiment.Scalar{Kind: experiment.ScalarText, Text: "^[a-c]+$"}, Text("abd"), false},
		{experiment.OpMatches, text, Int(1), false},
	} {
		x := only(t, func(e *experiment.PublishedExperiment) {
			e.Audience = &experiment.Condition{Attribute: "a", Operator: c.op, Values: []experiment.Scalar{c.with}}
		})
		v := visitor("u")
		v.Known.Request = Attributes{"a": c.value}
		if o := x.Decide(v, Assignment{}, during, true); o.Shown != c.want {
			t.Errorf("%q %s %s %q: %v", c.value, c.op, c.with.Kind, c.with.Text, o.Shown)
		}
	}
}

// TestConditionsInAudiences: what is not, all, any and none of the conditions within.
func TestConditionsInAudiences(t *testing.T) {
	is := func(attribute string, kind experiment.ScalarKind, text string) experiment.Condition {
		return experiment.Condition{Attribute: attribute, Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: kind, Text: text}}}
	}
	pro, member := is("plan", experiment.ScalarText, "pro"), is("member", experiment.ScalarBool, "true")
	notPro := experiment.Condition{Not: &pro}
	both := []experiment.Condition{pro, member}
	for _, c := range []struct {
		name string
		with experiment.Condition
		want [4]bool // free and no member, free member, pro and no member, pro member
	}{
		{"pro", pro, [4]bool{false, false, true, true}},
		{"not pro", notPro, [4]bool{true, true, false, false}},
		{"member", member, [4]bool{false, true, false, true}},
		{"no member", is("member", experiment.ScalarBool, "false"), [4]bool{true, false, true, false}},
		{"all", experiment.Condition{All: both}, [4]bool{false, false, false, true}},
		{"any", experiment.Condition{Any: both}, [4]bool{false, true, true, true}},
		{"not any", experiment.Condition{Not: &experiment.Condition{Any: both}}, [4]bool{true, false, false, false}},
		{"member and not pro", experiment.Condition{All: []experiment.Condition{member, notPro}}, [4]bool{false, true, false, false}},
	} {
		x := only(t, func(e *experiment.PublishedExperiment) { e.Audience = &c.with })
		for i, want := range c.want {
			v := visitor("u")
			v.Known.Request = Attributes{"plan": Text([]string{"free", "pro"}[i/2]), "member": Bool(i%2 == 1)}
			if o := x.Decide(v, Assignment{}, during, true); o.Shown != want {
				t.Errorf("%s with %v: %v", c.name, v.Known.Request, o.Shown)
			}
		}
	}
}

// TestRequestsMayNotClaim: the profile wins unless the project says otherwise.
func TestRequestsMayNotClaim(t *testing.T) {
	k := Known{
		Request:  Attributes{"plan": Text("pro"), "country": Text("DE"), "age": Int(3)},
		Profile:  Attributes{"plan": Text("free"), "country": Text("AT")},
		override: map[string]bool{"country": true, "city": true},
	}
	// What a request leaves empty overrides nothing.
	k.Request["city"], k.Profile["city"] = Value{}, Text("Wien")
	for name, want := range map[string]string{"plan": "free", "country": "DE", "city": "Wien", "age": "3", "nothing": ""} {
		if got := k.get(name).String(); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestIDsAreHashedVerbatim(t *testing.T) {
	seen := make(map[experiment.Share]string)
	for _, id := range []string{"1", "01", " 1", "1 ", "жанна", "ЖАННА", "日本", "🙂", "9007199254740993", "9007199254740992", "a\x00b", "ab"} {
		b := bucket("button", stageVariant, id)
		if other, ok := seen[b]; ok {
			t.Errorf("%q and %q fall to the same of a million", id, other)
		}
		seen[b] = id
	}
	if got := bucket("a", stageVariant, "b"); got == bucket("a\x00", stageVariant, "b") {
		t.Error("salt and id run together")
	}
}

func TestExclusionGroupsShareNobody(t *testing.T) {
	in := func(name string, share experiment.Share, day int) experiment.PublishedExperiment {
		return published(name, func(e *experiment.PublishedExperiment) {
			start := e.Start.AddDate(0, 0, day)
			e.Start, e.Exclusion = &start, &experiment.Exclusion{Group: "checkout", Share: share}
		})
	}
	s := compile(t, in("a", 400_000, 0), in("b", 300_000, 1), in("c", 300_000, 2))
	count := make(map[string]int)
	for i := range 10_000 {
		shown := 0
		for _, x := range s.All() {
			if o := x.Decide(visitor(fmt.Sprint(i)), Assignment{}, during, true); o.Shown {
				shown++
				count[x.def.Name]++
			} else if o.Reason != InOtherGroup {
				t.Fatalf("reason %s", o.Reason)
			}
		}
		if shown != 1 {
			t.Fatalf("visitor %d is in %d of the group", i, shown)
		}
	}
	if count["a"] < 3800 || count["a"] > 4200 || count["b"] < 2800 || count["b"] > 3200 {
		t.Errorf("%v of 10000", count)
	}
}

// TestReservedRangesStay: what was reserved does not move when experiments are added,
// whatever their names, and is free again once decided.
func TestReservedRangesStay(t *testing.T) {
	in := func(name string, share experiment.Share, day int, decided int) experiment.PublishedExperiment {
		return published(name, func(e *experiment.PublishedExperiment) {
			start := e.Start.AddDate(0, 0, day)
			e.Start, e.Exclusion = &start, &experiment.Exclusion{Group: "g", Share: share}
			e.End = start.AddDate(0, 0, 1)
			if decided > 0 {
				e.Decision = &experiment.PublishedVariantAt{Variant: "big", At: start.AddDate(0, 0, decided)}
			}
		})
	}
	reserved := func(experiments ...experiment.PublishedExperiment) (map[string]span, []error) {
		s, faults := Compile(project(experiments...), nil, nil)
		out := make(map[string]span)
		for _, x := range s.All() {
			out[x.def.Name] = x.reserved
		}
		return out, faults
	}
	one, _ := reserved(in("m", 500_000, 0, 2))
	three, faults := reserved(in("a", 300_000, 1, 0), in("m", 500_000, 0, 2), in("z", 500_000, 3, 0))
	if one["m"] != three["m"] || three["m"] != (span{0, 500_000}) || three["a"] != (span{500_000, 800_000}) || three["z"] != (span{0, 500_000}) || faults != nil {
		t.Errorf("%v, then %v, %v", one, three, faults)
	}
	// A Draft has what is left, whenever its file says that it begins.
	draft := in("a", 300_000, -7, 0)
	draft.Status = experiment.Draft
	beside, faults := reserved(draft, in("m", 500_000, 0, 0))
	if beside["m"] != one["m"] || beside["a"] != (span{500_000, 800_000}) || faults != nil {
		t.Errorf("beside a Draft %v, %v", beside, faults)
	}
	full, faults := reserved(in("a", 600_000, 0, 0), in("b", 600_000, 1, 0))
	if full["b"] != (span{}) || len(faults) != 1 || !strings.Contains(faults[0].Error(), "no 60% left") {
		t.Errorf("%v, %v", full, faults)
	}
}

// TestOverridesBeatEverything: but the status, and they are neither stored nor counted.
func TestOverridesBeatEverything(t *testing.T) {
	x := only(t, func(e *experiment.PublishedExperiment) {
		e.Forced = []experiment.Forced{{Variant: "big", Users: []string{"qa-1"}}}
		e.Coverage, e.Devices = 0, experiment.DevicesMobile
		e.Pages.Include = []experiment.PageRule{{Operator: experiment.OpContains, Text: "nowhere"}}
	})
	o := x.Decide(visitor("qa-1"), Assignment{Variant: "control"}, during, true)
	if o.Variant != "big" || o.Reason != ForcedVariant || o.Expose || o.Changed || string(o.Body) != `{"size":"large"}` {
		t.Errorf("%+v", o)
	}
}

func TestHoldoutIsInNothing(t *testing.T) {
	p := project(published("a", nil), published("b", nil))
	p.Holdouts = []experiment.Holdout{{Name: "global", Share: 100_000}}
	s, _ := Compile(p, nil, nil)
	held := 0
	for i := range 10_000 {
		a := s.All()[0].Decide(visitor(fmt.Sprint(i)), Assignment{}, during, true)
		b := s.All()[1].Decide(visitor(fmt.Sprint(i)), Assignment{}, during, true)
		if (a.Reason == HeldOut) != (b.Reason == HeldOut) {
			t.Fatalf("visitor %d: %s and %s", i, a.Reason, b.Reason)
		}
		if a.Reason == HeldOut {
			held++
		}
	}
	if held < 850 || held > 1150 {
		t.Errorf("%d of 10000 held out, want about 1000", held)
	}
}

// TestStoppedVariant: its visitors get control's payload and no exposure, new ones are drawn
// among the others in proportion, and nobody else moves.
func TestStoppedVariant(t *testing.T) {
	three := func(stopped bool) *Experiment {
		return only(t, func(e *experiment.PublishedExperiment) {
			e.Variants[0].Traffic, e.Variants[1].Traffic = 500_000, 300_000
			e.Variants = append(e.Variants, experiment.PublishedVariant{Name: "huge", Traffic: 200_000})
			if stopped {
				e.Stopped = []experiment.PublishedVariantAt{{Variant: "big", At: during}}
			}
		})
	}
	x, y := three(false), three(true)
	count := make(map[string]int)
	for i := range 20_000 {
		v := visitor(fmt.Sprint(i))
		before := x.Decide(v, Assignment{}, during.Add(-time.Hour), true)
		kept := y.Decide(v, before.Remember, during, true)
		fresh := y.Decide(v, Assignment{}, during, true)
		if before.Variant == "big" {
			if kept.Variant != "control" || kept.Reason != VariantStopped || kept.Expose || kept.Changed {
				t.Fatalf("a visitor of the stopped variant: %+v", kept)
			}
		} else if kept.Variant != before.Variant || fresh.Variant != before.Variant {
			t.Fatalf("%s before, %s kept, %s when new", before.Variant, kept.Variant, fresh.Variant)
		}
		count[fresh.Variant]++
	}
	if share := float64(count["control"]) / 20_000; count["big"] > 0 || math.Abs(share-5.0/7) > 0.015 {
		t.Errorf("%v, want control 5/7 and huge 2/7", count)
	}
}

// TestOneBadExperimentDropsNoOther: it stays as it was before, or is left out.
func TestOneBadExperimentDropsNoOther(t *testing.T) {
	good := compile(t, published("a", nil), published("b", nil))
	bad := published("a", func(e *experiment.PublishedExperiment) { e.Variants[1].Payload = []byte(`"{{ open"`) })
	s, faults := Compile(project(bad, published("b", nil)), nil, good)
	if len(faults) != 1 || len(s.All()) != 2 || string(s.Experiment("a").payloads[1].static) != `{"size":"large"}` {
		t.Errorf("%v, %d experiments", faults, len(s.All()))
	}
	if s, faults := Compile(project(bad, published("b", nil)), nil, nil); len(faults) != 1 || len(s.All()) != 1 {
		t.Errorf("%v, %d experiments", faults, len(s.All()))
	}
	withheld := project(published("b", nil))
	withheld.Withheld = []string{"a"}
	if s, faults := Compile(withheld, nil, good); len(faults) != 0 || s.Experiment("a") == nil {
		t.Errorf("withheld: %v", faults)
	}
}

// TestExclusionGroupsWithDifferentIDs: all experiments of a group hash the same id of a
// request, so a visitor is in at most one of them by either id. By two ids it is two visitors.
func TestExclusionGroupsWithDifferentIDs(t *testing.T) {
	in := func(name string) experiment.PublishedExperiment {
		return published(name, func(e *experiment.PublishedExperiment) {
			e.Exclusion = &experiment.Exclusion{Group: "checkout", Share: experiment.Whole / 2}
		})
	}
	s := compile(t, in("a"), in("b"))
	differ := 0
	for i := range 1000 {
		var in [2]string
		for j, id := range []string{fmt.Sprintf("user-%d", i), fmt.Sprintf("profile-%d", i)} {
			for _, x := range s.All() {
				if !x.Decide(visitor(id), Assignment{}, during, true).Shown {
					continue
				}
				if in[j] != "" {
					t.Fatalf("%s is in %s and %s", id, in[j], x.def.Name)
				}
				in[j] = x.def.Name
			}
		}
		if in[0] != in[1] {
			differ++
		}
	}
	if differ < 400 || differ > 600 {
		t.Errorf("%d of 1000 are in another experiment by their other id, want about half", differ)
	}
}
