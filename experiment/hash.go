package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// hashOf hashes a kind and the JSON of a struct, whose fields have a fixed order.
func hashOf(kind string, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		// Definitions hold text and finite numbers only.
		panic("experiment: " + err.Error())
	}
	sum := sha256.Sum256(append([]byte(kind+"\n"), text...))
	return hex.EncodeToString(sum[:])
}
