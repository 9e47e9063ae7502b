package reports

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"readout/experiment"
)

// TestLongDefinitions: what a definition may have any number of, or any length, is cut on a page,
// which says how much is left out.
func TestLongDefinitions(t *testing.T) {
	values := make([]int, maxValues)
	rules := make([]experiment.PageRule, maxValues)
	conditions := make([]experiment.Condition, maxConditions)
	for i := range conditions {
		conditions[i] = experiment.Condition{Attribute: "plan", Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: "pro"}}}
	}
	for i := range rules {
		rules[i] = experiment.PageRule{Operator: experiment.OpContains, Text: "/checkout"}
	}
	count := func(values []int) string { return clipList(values, func(int) string { return "v" }) }
	urls := func(rules []experiment.PageRule) string { return strings.Join(pageRules(rules), ", ") }
	audience := func(all []experiment.Condition) string {
		room := maxConditions
		view := condition(experiment.Condition{All: all}, &room)
		return fmt.Sprintf("%d, last %q", len(view.Items), view.Items[len(view.Items)-1].Text)
	}
	for _, c := range []struct{ name, got, want string }{
		{"values", count(values), strings.Repeat("v, ", maxValues-1) + "v"},
		{"values and two more", count(append(values, 1, 2)), strings.Repeat("v, ", maxValues) + "and 2 more"},
		{"rules", urls(rules), strings.Repeat("URL contains /checkout, ", maxValues-1) + "URL contains /checkout"},
		{"rules and one more", urls(append(rules, rules[0])), strings.Repeat("URL contains /checkout, ", maxValues) + "and 1 more"},
		{"conditions", audience(conditions), `200, last "plan is \"pro\""`},
		{"conditions and two more", audience(append(conditions, conditions[0], conditions[0])), `201, last "and 2 more"`},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

// TestLongPayloads: a payload is cut between characters, and the page says how long it is.
func TestLongPayloads(t *testing.T) {
	text := func(length int) json.RawMessage { return json.RawMessage(`"` + strings.Repeat("ü", length/2) + `"`) }
	if whole := text(maxPayload - 2); payload(whole) != string(whole) {
		t.Errorf("a payload of %d bytes is cut", len(whole))
	}
	long := text(maxPayload)
	want := string(long[:maxPayload-1]) + "\n… (4,002 bytes in all)"
	if got := payload(long); got != want {
		t.Errorf("a payload of %d bytes ends with %q, want %q", len(long), got[len(got)-40:], want[len(want)-40:])
	}
}
