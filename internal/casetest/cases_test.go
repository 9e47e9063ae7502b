package casetest

import (
	"fmt"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
)

// notYet names the cases that wait for what later versions do, and for what.
var notYet = []struct{ name, kind, reason string }{}

// TestCases runs all cases. With -v it prints a table of them.
func TestCases(t *testing.T) {
	var table strings.Builder
	line := func(name, kind, result string) { fmt.Fprintf(&table, "%-42s %-16s %s\n", name, kind, result) }
	ran := make(map[string]bool)
	for _, c := range loadCases(t) {
		ran[c.Name] = true
		result := "FAILED"
		if t.Run(c.Name, func(t *testing.T) { c.run(t) }) {
			result = "passed"
		}
		line(c.Name, c.Kind, result)
	}
	for _, w := range notYet {
		if ran[w.name] {
			t.Errorf("case %s has a file: take it off the list of those that wait", w.name)
		}
		line(w.name, w.kind, "not yet: "+w.reason)
	}
	t.Logf("cases:\n%s", table.String())
}

// run checks a case.
func (c *Case) run(t *testing.T) {
	if len(c.Errors) > 0 {
		c.refuse(t)
	}
	for i, card := range c.Cards {
		t.Run(card.name(i), func(t *testing.T) {
			got := c.scorecard(t, card)
			checkCard(t, c.Tolerance, card, got)
			if card.Method == "" || card.Method == experiment.MethodFixed {
				checkAgreement(t, got)
			}
		})
	}
	if c.Daily {
		t.Run("daily", c.runDaily)
	}
	for i, b := range c.Bounds {
		t.Run(fmt.Sprintf("bounds %d", i+1), func(t *testing.T) { b.check(t, c.Tolerance) })
	}
	for i, w := range c.Widths {
		t.Run(fmt.Sprintf("widths %d", i+1), func(t *testing.T) { w.check(t, c.Tolerance) })
	}
	for i, s := range c.Sizes {
		t.Run(fmt.Sprintf("size %d", i+1), func(t *testing.T) { s.check(t, c.Tolerance) })
	}
}

// name returns what the i-th card is called.
func (card Card) name(i int) string {
	if card.Name != "" {
		return card.Name
	}
	return fmt.Sprintf("card %d", i+1)
}

// refuse checks that the project does not load, and why.
func (c *Case) refuse(t *testing.T) {
	got := ""
	if _, err := experiment.LoadFS(c.files); err != nil {
		got = err.Error()
	}
	if diff := cmp.Diff(strings.Join(c.Errors, "\n"), got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
