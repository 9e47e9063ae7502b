package experiment

import (
	"reflect"
	"testing"
	"time"
)

// TestConfigHash says which changes make another test and which do not.
func TestConfigHash(t *testing.T) {
	f := func(name string, differs bool, change func(*Experiment)) {
		t.Helper()
		before, _ := completeProject(t).Experiment("checkout-button")
		after, _ := completeProject(t).Experiment("checkout-button")
		change(after)
		if got := before.ConfigHash() != after.ConfigHash(); got != differs {
			t.Errorf("%s: hash differs: %v, want %v", name, got, differs)
		}
	}
	f("nothing", false, func(*Experiment) {})
	f("texts", false, func(e *Experiment) { e.Title, e.Hypothesis, e.File = "x", "y", "z" })
	f("targeting", false, func(e *Experiment) { e.Audience, e.Coverage = nil, 1 })
	f("traffic", false, func(e *Experiment) { e.Variants[0].Traffic = 1 })
	f("dates", false, func(e *Experiment) { e.Schedule.End = e.Schedule.End.Add(time.Hour) })
	f("secondary metrics", false, func(e *Experiment) { e.Scorecard.Secondary = nil })
	f("description of a metric", false, func(e *Experiment) { e.Scorecard.Primary[0].Description = "x" })

	f("salt", true, func(e *Experiment) { e.Salt = "x" })
	f("variant", true, func(e *Experiment) { e.Variants[1].Name = "bigger" })
	f("confidence", true, func(e *Experiment) { e.Statistics.Confidence = 0.9 })
	f("regression", true, func(e *Experiment) { e.Statistics.CUPED = CUPEDPooled })
	f("spending", true, func(e *Experiment) { e.Statistics.Spending.Parameter = 2 })
	f("policy", true, func(e *Experiment) { e.SeveralVariants = SeveralExclude })
	f("primary metrics", true, func(e *Experiment) { e.Scorecard.Primary = e.Scorecard.Secondary[:1] })
	f("definition of a metric", true, func(e *Experiment) { e.Scorecard.Primary[0].Numerator.Window.To++ })
	f("margin", true, func(e *Experiment) { e.Scorecard.Guardrails[0].Margin = 0.03 })
}

// TestMetricHash changes with every field that defines a metric.
func TestMetricHash(t *testing.T) {
	p := completeProject(t)
	m, _ := p.Metric("clicks_per_search")
	const want = 64
	if got := m.ConfigHash(); len(got) != want {
		t.Fatalf("hash %q", got)
	}
	f := func(name string, change func(*Metric)) {
		t.Helper()
		changed := *m
		denominator := *m.Denominator
		changed.Denominator = &denominator
		change(&changed)
		if changed.ConfigHash() == m.ConfigHash() {
			t.Errorf("%s does not change the hash", name)
		}
	}
	f("name", func(m *Metric) { m.Name = "x" })
	f("event", func(m *Metric) { m.Numerator.Event = "x" })
	f("denominator", func(m *Metric) { m.Denominator.Aggregate = AggregateSum })
	f("window", func(m *Metric) { m.Denominator.Window.Open = true })
	f("where", func(m *Metric) { m.Numerator.Where = []Filter{{"a", OpIs, nil}} })
	f("cap", func(m *Metric) { m.Numerator.Cap = nil })
	f("cap at zero", func(m *Metric) { m.Denominator.Cap = &Cap{Lower: &CapBound{}} })
	f("quantile", func(m *Metric) { m.Quantile = 0.5 })
	f("goal", func(m *Metric) { m.Goal = GoalDecrease })
	f("sides", func(m *Metric) { m.Sides = SidesOne })
	f("immature", func(m *Metric) { m.Immature = ImmatureInclude })
	f("lookback", func(m *Metric) { m.Lookback++ })
}

// TestHashesStay holds hashes as logs have them: one that changes makes every experiment
// under way an edited one. A setting that is added has to be zero where nobody sets it.
func TestHashesStay(t *testing.T) {
	p := completeProject(t)
	m, _ := p.Metric("clicks_per_search")
	e, _ := p.Experiment("checkout-button")
	d := e.Definition()
	same(t, "default statistics", "06fb341057205b2e", DefaultStatistics().ConfigHash()[:shortHash])
	same(t, "statistics", "d16a92063fdc67e2", d.Fields["statistics"])
	same(t, "metric", "d20e955f07c3c7af", m.ConfigHash()[:shortHash])
	same(t, "guardrails", "66ede7de3b25ee16", d.Fields["guardrails"])
}

// TestHashesWithLaterFields: structs with one more field, which is zero, have the same hash.
func TestHashesWithLaterFields(t *testing.T) {
	e, _ := completeProject(t).Experiment("checkout-button")
	values := []any{e.Statistics, e.Exclusion, e.Forced}
	for _, m := range e.Scorecard.Metrics() {
		values = append(values, m.Numerator, m.Denominator)
	}
	for _, v := range values {
		more := later(reflect.ValueOf(v))
		if got, want := hashOf("", more.Interface()), hashOf("", v); got != want {
			t.Errorf("%T: another hash with a field more", v)
		}
		if more.Kind() == reflect.Struct {
			more.FieldByName("Later").SetString("x")
			if hashOf("", more.Interface()) == hashOf("", v) {
				t.Errorf("%T: the same hash with the field set", v)
			}
		}
	}
}

// later returns a value of a type whose structs have a field more, which is zero.
func later(v reflect.Value) reflect.Value {
	out := reflect.New(laterType(v.Type())).Elem()
	switch {
	case v.Kind() == reflect.Struct:
		for field, value := range v.Fields() {
			out.FieldByName(field.Name).Set(later(value))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		out.Set(reflect.New(laterType(v.Type().Elem())))
		out.Elem().Set(later(v.Elem()))
	case v.Kind() == reflect.Slice && !v.IsNil():
		for i := range v.Len() {
			out.Set(reflect.Append(out, later(v.Index(i))))
		}
	case v.Kind() != reflect.Pointer && v.Kind() != reflect.Slice:
		out.Set(v)
	}
	return out
}

// laterType returns the type of later for values of a type.
func laterType(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Struct:
		fields := []reflect.StructField{{Name: "Later", Type: reflect.TypeFor[string]()}}
		for field := range t.Fields() {
			fields = append(fields, reflect.StructField{Name: field.Name, Type: laterType(field.Type)})
		}
		return reflect.StructOf(fields)
	case reflect.Pointer:
		return reflect.PointerTo(laterType(t.Elem()))
	case reflect.Slice:
		return reflect.SliceOf(laterType(t.Elem()))
	}
	return t
}
