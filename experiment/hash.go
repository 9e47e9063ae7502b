package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
)

// ConfigHash returns the SHA-256, in hex, of what defines the metric. Description
// and place of definition are no part of it.
func (m *Metric) ConfigHash() string {
	return hashOf("readout metric 1", struct {
		Name        string
		Numerator   Column
		Denominator *Column
		Quantile    float64
		Goal        Goal
		Sides       Sides
		Immature    Immature
		Lookback    int64
	}{m.Name, m.Numerator, m.Denominator, m.Quantile, m.Goal, m.Sides, m.Immature, int64(m.Lookback)})
}

// ConfigHash returns the SHA-256, in hex, of what defines the test: salt, hash
// and variants by name, the policy for several variants, the statistics, and
// the primary metrics and guardrails with their definitions. Traffic,
// targeting, texts and dates are no part of it: they may change while the
// experiment runs, and the lifecycle log holds them.
func (e *Experiment) ConfigHash() string {
	type judged struct {
		Metric string
		Margin float64
	}
	test := struct {
		Name, Salt string
		Hash       Hash
		Variants   []string
		Several    SeveralVariants
		Statistics Statistics
		Primary    []string
		Guardrails []judged
	}{Name: e.Name, Salt: e.Salt, Hash: e.Hash, Several: e.SeveralVariants, Statistics: e.Statistics}
	for _, v := range e.Variants {
		test.Variants = append(test.Variants, v.Name)
	}
	for _, m := range e.Scorecard.Primary {
		test.Primary = append(test.Primary, m.ConfigHash())
	}
	for _, g := range e.Scorecard.Guardrails {
		test.Guardrails = append(test.Guardrails, judged{g.Metric.ConfigHash(), g.Margin})
	}
	return hashOf("readout experiment 1", test)
}

// ConfigHash returns the SHA-256, in hex, of what the settings say.
func (s Statistics) ConfigHash() string { return hashOf("readout statistics 1", s) }

// hashOf hashes a kind and the JSON of a value, without the fields of structs that are
// zero.
//
// Hashes are recorded, and tell whether an experiment was edited while it ran. A version
// that adds a field has to leave them as they are: its zero value stands for what was done
// before.
func hashOf(kind string, v any) string {
	text, err := json.Marshal(withoutZeros(reflect.ValueOf(v)))
	if err != nil {
		// Definitions hold text and finite numbers only.
		panic("experiment: " + err.Error())
	}
	sum := sha256.Sum256(append([]byte(kind+"\n"), text...))
	return hex.EncodeToString(sum[:])
}

// withoutZeros returns a value with maps in place of structs, which lack the fields that
// are zero. A type that has a JSON form of its own keeps it. The keys of maps are sorted in
// JSON, so that the order of fields does not matter either.
func withoutZeros(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	if _, own := v.Interface().(json.Marshaler); own {
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Struct:
		fields := make(map[string]any)
		for field, value := range v.Fields() {
			if !value.IsZero() {
				fields[field.Name] = withoutZeros(value)
			}
		}
		return fields
	case reflect.Pointer:
		return withoutZeros(v.Elem())
	case reflect.Slice:
		items := make([]any, v.Len())
		for i := range items {
			items[i] = withoutZeros(v.Index(i))
		}
		return items
	}
	return v.Interface()
}
