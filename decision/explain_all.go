package decision

import (
	"encoding/json"
	"time"
)

// ExplainAll explains experiments, in the order of [Snapshot.All], as they are asked for by their
// selectors: of several with the same one the first that is shown answers. remembered has what the
// store knows of the visitor in each.
func ExplainAll(experiments []*Experiment, v *Visitor, remembered []Assignment, now time.Time) []Explanation {
	out := make([]Explanation, len(experiments))
	first := make(map[string]string) // the experiment that answers, by selector
	for i, x := range experiments {
		out[i] = x.explain(v, remembered[i], now)
		e := &out[i]
		switch answers := first[e.Selector]; {
		case !e.Shown:
		case answers == "":
			first[e.Selector] = e.Experiment
		default:
			e.Variant, e.Shown, e.Reason, e.Body = "", false, AnotherMatched, json.RawMessage("null")
			e.step("selector", false, "%s has the same selector and is shown", answers)
		}
	}
	return out
}
