package experiment

import (
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestDefinitionFields changes every field of an experiment and names it.
func TestDefinitionFields(t *testing.T) {
	covered := map[string]bool{
		// Where it is defined, and what never changes.
		"File": true, "Line": true, "Name": true,
	}
	f := func(field, want string, change func(*Experiment)) {
		t.Helper()
		covered[field] = true
		before, _ := completeProject(t).Experiment("checkout-button")
		after, _ := completeProject(t).Experiment("checkout-button")
		change(after)
		var names []string
		if want != "" {
			names = []string{want}
		}
		same(t, field, names, before.Definition().changes(after.Definition()))
		if changed := before.Definition().Hash != after.Definition().Hash; changed != (want != "") {
			t.Errorf("%s: hash changed: %v", field, changed)
		}
	}
	f("File", "", func(e *Experiment) { e.File, e.Line = "x", 100 })
	f("Title", "title", func(e *Experiment) { e.Title = "x" })
	f("Hypothesis", "hypothesis", func(e *Experiment) { e.Hypothesis = "x" })
	f("Owner", "owner", func(e *Experiment) { e.Owner = "x" })
	f("Type", "type", func(e *Experiment) { e.Type = TypePersonalization })
	f("Salt", "salt", func(e *Experiment) { e.Salt = "x" })
	f("Hash", "hash", func(e *Experiment) { e.Hash = Hashes()[1] })
	f("Selector", "selector", func(e *Experiment) { e.Selector = "x" })
	f("Groups", "groups", func(e *Experiment) { e.Groups = nil })
	f("Variants", "payload", func(e *Experiment) { e.Variants[1].Payload = []byte("1") })
	f("Scorecard", "primary", func(e *Experiment) { e.Scorecard.Primary = nil })
	f("Scorecard", "primary", func(e *Experiment) { e.Scorecard.Primary[0].Numerator.Event = "x" })
	f("Scorecard", "secondary", func(e *Experiment) { e.Scorecard.Secondary = nil })
	f("Scorecard", "guardrails", func(e *Experiment) { e.Scorecard.Guardrails[0].Margin = 0.5 })
	f("Statistics", "statistics", func(e *Experiment) { e.Statistics.MDE = 0.5 })
	f("SeveralVariants", "several_variants", func(e *Experiment) { e.SeveralVariants = SeveralExclude })
	f("Audience", "audience", func(e *Experiment) { e.Audience.Any[0].All[0].Values[0].Text = "CH" })
	f("Audience", "audience", func(e *Experiment) { e.Audience = nil })
	f("Pages", "pages", func(e *Experiment) { e.Pages.Exclude = nil })
	f("Display", "display", func(e *Experiment) { e.Display = DisplayOnce })
	f("Devices", "devices", func(e *Experiment) { e.Devices = DevicesMobile })
	f("Coverage", "coverage", func(e *Experiment) { e.Coverage-- })
	f("Schedule", "schedule", func(e *Experiment) { e.Schedule.End = e.Schedule.End.Add(time.Second) })
	f("Schedule", "", func(e *Experiment) { e.Schedule.End = e.Schedule.End.UTC() })
	f("Forced", "forced", func(e *Experiment) { e.Forced[0].Users = nil })
	f("Exclusion", "exclusion", func(e *Experiment) { e.Exclusion.Share = 1 })
	f("Excluded", "excluded", func(e *Experiment) { e.Excluded = ExcludedReconsider })
	for field := range reflect.TypeFor[Experiment]().Fields() {
		if !covered[field.Name] {
			t.Errorf("nobody says what a change of %s is", field.Name)
		}
	}
	before, _ := completeProject(t).Experiment("checkout-button")
	after, _ := completeProject(t).Experiment("checkout-button")
	after.Variants[0].Traffic, after.Variants[1].Traffic = Whole/4, 3*Whole/4
	same(t, "traffic", []string{"traffic"}, before.Definition().changes(after.Definition()))
	after.Variants[1].Name = "huge"
	same(t, "name", []string{"variants", "traffic"}, before.Definition().changes(after.Definition()))
}

// TestUnknownFieldsAreNoChanges reads what an earlier version recorded.
func TestUnknownFieldsAreNoChanges(t *testing.T) {
	before, after := checkout(t).Definition(), checkout(t).Definition()
	delete(before.Fields, "audience")
	if changed := before.changes(after); changed != nil {
		t.Errorf("changed %v", changed)
	}
}

// TestDefinitionCheck refuses recorded traffic that cannot be.
func TestDefinitionCheck(t *testing.T) {
	f := func(valid bool, change func(*Definition)) {
		t.Helper()
		d := checkout(t).Definition()
		change(d)
		if err := d.check(); (err == nil) != valid {
			t.Errorf("%+v: error %v", d.Traffic, err)
		}
	}
	f(true, func(*Definition) {})
	f(true, func(d *Definition) { d.Traffic = []VariantTraffic{{"a", Whole}, {"b", 0}} })
	f(false, func(d *Definition) { d.Traffic = []VariantTraffic{{"a", Whole + 1}, {"b", 0}} })
	f(false, func(d *Definition) { d.Hash = "" })
	f(false, func(d *Definition) { d.Traffic = d.Traffic[:1] })
	f(false, func(d *Definition) { d.Traffic[0].Share = -1 })
	f(false, func(d *Definition) { d.Traffic[0].Variant = "" })
	f(false, func(d *Definition) { d.Traffic[0].Variant = d.Traffic[1].Variant })
	f(false, func(d *Definition) { d.Traffic = append(slices.Clone(d.Traffic), VariantTraffic{"x", Whole}) })
	f(false, func(d *Definition) {
		for i := range maxVariants {
			d.Traffic = append(d.Traffic, VariantTraffic{strconv.Itoa(i), 0})
		}
	})
}
