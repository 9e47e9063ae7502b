package experiment

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestWrittenOut: small files that name a large one many times are a fault where that begins, and
// do not take the other experiments with them.
func TestWrittenOut(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	// 11 of the template fit into an experiment, and 16 of the audience.
	definition := func(name string, variants int, audience string) *fstest.MapFile {
		var text strings.Builder
		fmt.Fprintf(&text, "name: %s\nvariants:\n  control: {traffic: 50, template: big}\n", name)
		for i := 1; i < variants; i++ {
			fmt.Fprintf(&text, "  v%d: {traffic: %d, template: big}\n", i, 50/(variants-1))
		}
		return file(text.String() + "schedule: {end: 2026-03-01}\naudience: " + audience + "\n")
	}
	f := func(files map[string]*fstest.MapFile, loaded int, want ...string) {
		t.Helper()
		fsys := fstest.MapFS{
			"readout.yaml":        file("organization: acme\nproject: shop\ntimezone: UTC\ndata:\n  exposures: {path: e}\n  conversions: {path: c}\n"),
			"templates/big.yaml":  file("text: " + strings.Repeat("x", 740_000) + "\n"),
			"audiences/many.yaml": file("attribute: id\nin: [" + strings.Repeat("x", 500_000) + "]\n"),
		}
		for name, content := range files {
			fsys["experiments/"+name+".yaml"] = content
		}
		p, err := LoadFS(fsys)
		var errs Errors
		errors.As(err, &errs)
		if p == nil || len(p.Experiments) != loaded || len(errs) != len(want) {
			t.Fatalf("%d experiments, want %d; %v", len(p.Experiments), loaded, err)
		}
		for i := range want {
			if got := errs[i].Error(); got != want[i] {
				t.Errorf("error %s\nwant  %s", got, want[i])
			}
		}
	}
	const one = " templates and audiences come to more than 8 MiB in this experiment, written out wherever they are named"
	many := func(n int) string { return "{any: [" + strings.Repeat("{audience: many}, ", n) + "]}" }
	f(map[string]*fstest.MapFile{"a": definition("a", 11, "everybody"), "b": definition("b", 2, many(13))}, 2)
	f(map[string]*fstest.MapFile{"a": definition("a", 2, many(50)), "b": definition("b", 2, "everybody")}, 1, "experiments/a.yaml:6:263:"+one)
	// What is refused of one leaves the others as much as before.
	all := map[string]*fstest.MapFile{"a": definition("a", 26, "everybody")}
	for i := range 12 {
		name := fmt.Sprintf("e%02d", i)
		all[name] = definition(name, 11, "everybody")
	}
	f(all, 8, "experiments/a.yaml:14:3:"+one, "experiments/e08.yaml:5:3: templates and audiences come to more than 64 MiB in the experiments up to this one, written out wherever they are named")
}

// TestConditionSize: every text of a condition counts, wherever it stands.
func TestConditionSize(t *testing.T) {
	leaf := func() Condition {
		return Condition{Attribute: "id", Operator: OpIn, Values: []Scalar{{Text: "a"}, {Text: "b"}}}
	}
	not := leaf()
	c := Condition{All: []Condition{leaf(), {Any: []Condition{leaf(), leaf()}}}, Not: &not}
	before := c.size()
	grown := 0
	for _, place := range []*Condition{&c.All[0], &c.All[1].Any[0], &c.All[1].Any[1], c.Not} {
		for i := range place.Values {
			place.Values[i].Text += strings.Repeat("x", 1000)
			grown += 1000
			if got := c.size() - before; got != grown {
				t.Errorf("%d bytes more count as %d", grown, got)
			}
		}
	}
}
