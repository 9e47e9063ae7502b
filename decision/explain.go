package decision

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"readout/experiment"
)

// An Explanation says which variant a visitor gets in one experiment, and why.
type Explanation struct {
	Experiment string            `json:"experiment"`
	Selector   string            `json:"selector"`
	Status     experiment.Status `json:"status"`
	ID         string            `json:"id"`
	Variant    string            `json:"variant,omitempty"`
	Shown      bool              `json:"shown"`
	Reason     Reason            `json:"reason"`
	Body       json.RawMessage   `json:"body"`
	// Remembered is what the store has of the visitor, empty for nothing.
	Remembered string `json:"remembered,omitempty"`
	Steps      []Step `json:"steps"`
}

// A Step is one of the questions that were asked, in order. Those after the first that does
// not pass are answered all the same, so that one look shows everything in the way.
type Step struct {
	Name   string `json:"step"`
	Passes bool   `json:"passes"`
	Detail string `json:"detail"`
}

// explain decides about a visitor as [Experiment.Decide] does with expose, changes nothing,
// and says what led to it. When nothing is shown, the first step that does not pass is why.
func (x *Experiment) explain(v *Visitor, earlier Assignment, now time.Time) Explanation {
	if !x.Remembers() {
		earlier = Assignment{}
	}
	o := x.Decide(v, earlier, now, true)
	e := Explanation{
		Experiment: x.def.Name, Selector: x.def.Selector, Status: x.def.StatusAt(now), ID: v.ID,
		Variant: o.Variant, Shown: o.Shown, Reason: o.Reason, Body: o.Body, Remembered: earlier.describe(),
	}
	if e.Body == nil {
		e.Body = json.RawMessage("null")
	}
	e.step("status", e.Status != experiment.Draft && e.Status != experiment.Scheduled, "%s, %s", e.Status, x.span())
	e.step("id", v.ID != "", "%q", v.ID)
	if v.ID == "" {
		return e
	}
	if i, ok := x.forced[v.ID]; ok {
		e.step("forced", true, "the definition forces this visitor into %s; not stored, not counted", x.def.Variants[i].Name)
		e.payload(x, i, v)
		return e
	}
	e.step("audience", x.audience(v.Known), "%s", x.describeAudience(v.Known))
	e.step("page", x.pages.match(v.URL), "%d include and %d exclude rules, url %q", len(x.pages.include), len(x.pages.exclude), v.URL)
	e.step("device", x.onDevice(v.Device), "for devices %s, asked with %q", x.def.Devices, v.Device)
	i := -1
	if e.Status == experiment.Completed {
		i = x.variant(x.def.Decision.Variant)
		e.step("decision", true, "everybody gets %s since %s", x.def.Decision.Variant, x.def.Decision.At.Format(time.RFC3339))
	} else {
		i = x.explainAssignment(&e, earlier, now)
	}
	if x.def.Display != experiment.DisplayAlways {
		session, visit := x.visit(v)
		e.step("display", !x.spent(earlier, session, visit), "%s", x.describeDisplay(earlier, v))
	}
	if i < 0 {
		return e
	}
	kept := earlier.Variant == "" || i == x.variant(earlier.Variant)
	if e.Status != experiment.Completed && kept && x.enters(earlier) {
		if j, err := x.unrendered(i, v, now); j >= 0 {
			e.step("payload", false, "that of %s: %s. Nobody enters for whom that of any variant cannot be made", x.def.Variants[j].Name, err)
			return e
		}
	}
	e.payload(x, i, v)
	return e
}

func (e *Explanation) step(name string, passes bool, detail string, args ...any) {
	e.Steps = append(e.Steps, Step{name, passes, fmt.Sprintf(detail, args...)})
}

// payload says whether the payload of variant i can be made for the visitor.
func (e *Explanation) payload(x *Experiment, i int, v *Visitor) {
	switch body, err := x.payloads[i].render(v); {
	case err != nil:
		e.step("payload", false, "%s", err.Error())
	case body == nil:
		e.step("payload", true, "none")
	default:
		e.step("payload", true, "%d bytes", len(body))
	}
}

// explainAssignment says which variant the visitor has or would be drawn, and returns the
// position of the one to show, -1 for none.
func (x *Experiment) explainAssignment(e *Explanation, earlier Assignment, now time.Time) int {
	since := earlier.At.Format(time.RFC3339)
	switch {
	case earlier.Variant != "":
		i := x.variant(earlier.Variant)
		e.step("assignment", true, "%s since %s, kept whatever has changed", earlier.Variant, since)
		if i < 0 {
			e.step("stopped", true, "%s is no longer a variant: control's payload replaces it", earlier.Variant)
			return x.control()
		}
		if x.stoppedAt(i, now) {
			e.step("stopped", true, "%s was stopped at %s: control's payload replaces it", earlier.Variant, x.stopped[i].Format(time.RFC3339))
			return x.control()
		}
		return i
	case earlier.Out != "" && x.def.Excluded != experiment.ExcludedReconsider:
		e.step("assignment", false, "left out since %s: %s. Who is left out stays out", since, earlier.Out)
		return -1
	case earlier.Out != "":
		e.step("assignment", true, "left out since %s: %s. The definition reconsiders", since, earlier.Out)
	}
	return x.explainDraw(e, now)
}

// explainDraw says where a visitor falls in every draw, and returns the variant.
func (x *Experiment) explainDraw(e *Explanation, now time.Time) int {
	out := false
	if x.holdouts.to > 0 {
		b := bucket("", stageHoldout, e.ID)
		out = x.holdouts.has(b)
		e.step("holdout", !out, "at %s, held out below %s", b, x.holdouts.to)
	}
	if g := x.def.Exclusion; g != nil {
		b := bucket(g.Group, stageGroup, e.ID)
		in := x.reserved.has(b)
		out = out || !in
		e.step("exclusion", in, "at %s of group %s, this experiment has %s to %s", b, g.Group, x.reserved.from, x.reserved.to)
	}
	traffic := x.traffic()
	i, covered := x.draw(x.def.Salt, e.ID, x.def.Coverage, traffic)
	e.step("coverage", covered, "%s of everybody enters", x.def.Coverage)
	if !covered {
		return -1
	}
	e.step("variant", true, "falls to %s by hash %s of salt %q", x.def.Variants[i].Name, x.def.Hash, x.def.Salt)
	if x.stoppedAt(i, now) {
		drawn := x.redraw(i, e.ID, now, traffic)
		e.step("stopped", true, "%s was stopped at %s: drawn again among the others, %s",
			x.def.Variants[i].Name, x.stopped[i].Format(time.RFC3339), x.def.Variants[drawn].Name)
		i = drawn
	}
	if out {
		return -1
	}
	return i
}

// describeDisplay says what of the display budget is spent.
func (x *Experiment) describeDisplay(earlier Assignment, v *Visitor) string {
	switch {
	case x.def.Display == experiment.DisplayOnce && earlier.seen():
		return "once for life, and it was shown"
	case x.def.Display == experiment.DisplayOnce:
		return "once for life, not shown yet"
	case v.Session == "":
		return "once per visit; without a session every request is a visit of its own"
	}
	return fmt.Sprintf("once per visit, shown in %d of the visits remembered", len(earlier.Sessions))
}

// span says when the experiment runs.
func (x *Experiment) span() string {
	end := x.def.End.Format(time.RFC3339)
	if x.def.Start == nil {
		return "no start, end " + end
	}
	return x.def.Start.Format(time.RFC3339) + " to " + end
}

// describeAudience lists the attributes that the audience asks about, as they are known.
func (x *Experiment) describeAudience(k Known) string {
	if x.def.Audience == nil {
		return "everybody"
	}
	var parts []string
	seen := make(map[string]bool)
	var walk func(*experiment.Condition)
	walk = func(c *experiment.Condition) {
		if c.Not != nil {
			walk(c.Not)
		}
		for _, group := range [][]experiment.Condition{c.All, c.Any} {
			for i := range group {
				walk(&group[i])
			}
		}
		if c.Attribute == "" || seen[c.Attribute] {
			return
		}
		seen[c.Attribute] = true
		if v := k.get(c.Attribute); v.Present() {
			parts = append(parts, fmt.Sprintf("%s is %s %q", c.Attribute, v.Kind(), v))
		} else {
			parts = append(parts, c.Attribute+" is not known")
		}
	}
	walk(x.def.Audience)
	return strings.Join(parts, ", ")
}

// describe says what is remembered.
func (a Assignment) describe() string {
	switch {
	case a.Variant != "":
		text := a.Variant + " since " + a.At.Format(time.RFC3339)
		if a.Exposed {
			return text + ", exposure logged"
		}
		return text + ", not exposed yet"
	case a.Out != "":
		return "left out since " + a.At.Format(time.RFC3339) + ": " + string(a.Out)
	}
	return ""
}
