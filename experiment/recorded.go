package experiment

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Definition is what the lifecycle log keeps of the YAML of an experiment:
// enough to say later what was changed and whether that may be, not enough to
// serve from.
type Definition struct {
	Hash    string            `json:"hash"`              // SHA-256, in hex, of Fields
	Fields  map[string]string `json:"fields"`            // per name of definitionFields, 16 hex digits of the SHA-256 of its value
	Traffic []VariantTraffic  `json:"traffic"`           // in file order
	Metrics map[string]string `json:"metrics,omitempty"` // per metric of the scorecard, 16 hex digits of its ConfigHash
	Salt    string            `json:"salt"`
	Bucket  Hash              `json:"bucket"` // the key "hash" of the YAML
	// Exclusion says which group's ranges depend on it.
	Exclusion *Exclusion `json:"exclusion,omitempty"`
}

// VariantTraffic is the share of new users that a variant gets.
type VariantTraffic struct {
	Variant string `json:"variant"`
	Share   Share  `json:"share"` // millionths
}

// shortHash is how many hex digits of a hash are kept where only "the same or
// not" is asked.
const shortHash = 16

// A definitionField is one part of a definition whose changes are told apart.
type definitionField struct {
	name  string
	value func(*Experiment) any // its JSON is compared
}

// definitionFields returns everything that a definition says. Names are the
// keys of the YAML, with traffic and payload apart from variants, and the lists
// of the scorecard apart from each other.
func definitionFields() []definitionField {
	return []definitionField{
		{"title", func(e *Experiment) any { return e.Title }},
		{"hypothesis", func(e *Experiment) any { return e.Hypothesis }},
		{"owner", func(e *Experiment) any { return e.Owner }},
		{"type", func(e *Experiment) any { return e.Type }},
		{"salt", func(e *Experiment) any { return e.Salt }},
		{"hash", func(e *Experiment) any { return e.Hash }},
		{"selector", func(e *Experiment) any { return e.Selector }},
		{"groups", func(e *Experiment) any { return e.Groups }},
		{"variants", func(e *Experiment) any { return e.variantNames() }},
		{"traffic", func(e *Experiment) any { return e.traffic() }},
		{"payload", func(e *Experiment) any {
			payloads := make([]string, len(e.Variants))
			for i, v := range e.Variants {
				payloads[i] = string(v.Payload)
			}
			return payloads
		}},
		{"primary", func(e *Experiment) any { return metricHashes(e.Scorecard.Primary) }},
		{"secondary", func(e *Experiment) any { return metricHashes(e.Scorecard.Secondary) }},
		{"guardrails", func(e *Experiment) any {
			type judged struct {
				Metric string
				Margin float64
			}
			var all []judged
			for _, g := range e.Scorecard.Guardrails {
				all = append(all, judged{g.Metric.ConfigHash(), g.Margin})
			}
			return all
		}},
		{"statistics", func(e *Experiment) any { return e.Statistics }},
		{"several_variants", func(e *Experiment) any { return e.SeveralVariants }},
		{"audience", func(e *Experiment) any { return e.Audience }},
		{"pages", func(e *Experiment) any { return e.Pages }},
		{"display", func(e *Experiment) any { return e.Display }},
		{"devices", func(e *Experiment) any { return e.Devices }},
		{"coverage", func(e *Experiment) any { return e.Coverage }},
		{"schedule", func(e *Experiment) any { return []time.Time{e.Schedule.Start.UTC(), e.Schedule.End.UTC()} }},
		{"forced", func(e *Experiment) any { return e.Forced }},
		{"exclusion", func(e *Experiment) any { return e.Exclusion }},
		{"excluded", func(e *Experiment) any { return e.Excluded }},
	}
}

// Definition returns what the lifecycle log keeps of the experiment.
func (e *Experiment) Definition() *Definition {
	d := &Definition{
		Fields: make(map[string]string), Metrics: make(map[string]string),
		Traffic: e.traffic(), Salt: e.Salt, Bucket: e.Hash, Exclusion: e.Exclusion,
	}
	for _, f := range definitionFields() {
		d.Fields[f.name] = hashOf("readout field 1 "+f.name, f.value(e))[:shortHash]
	}
	for _, m := range e.Scorecard.Metrics() {
		d.Metrics[m.Name] = m.ConfigHash()[:shortHash]
	}
	// The keys of a map are sorted in its JSON.
	d.Hash = hashOf("readout definition 1", d.Fields)
	return d
}

// changes returns the names of the fields that differ, in the order of definitionFields.
func (d *Definition) changes(next *Definition) []string {
	var changed []string
	for _, f := range definitionFields() {
		if d.differs(next, f.name) {
			changed = append(changed, f.name)
		}
	}
	return changed
}

// TestChanged returns the parts of the definition that an experiment is tested and decided by and that
// differ from those in the log: edits that are refused while it runs.
func (e *Experiment) TestChanged(s State) []string {
	if s.Definition == nil {
		return nil
	}
	next := e.Definition()
	var changed []string
	for _, field := range []string{"variants", "primary", "guardrails", "statistics", "several_variants"} {
		if s.Definition.differs(next, field) {
			changed = append(changed, field)
		}
	}
	return changed
}

// differs reports whether a field is another one in next. A field that was not
// recorded does not: an earlier version of this program did not know it.
func (d *Definition) differs(next *Definition, field string) bool {
	before, recorded := d.Fields[field]
	return recorded && before != next.Fields[field]
}

// variants returns the names of the recorded variants, in file order.
func (d *Definition) variants() []string {
	names := make([]string, len(d.Traffic))
	for i, v := range d.Traffic {
		names[i] = v.Variant
	}
	return names
}

// check says what is wrong with a definition that was read from a log.
func (d *Definition) check() error {
	if len(d.Traffic) > maxVariants {
		return fmt.Errorf("definition: %d variants, at most %d are allowed", len(d.Traffic), maxVariants)
	}
	var sum Share
	for i, v := range d.Traffic {
		if v.Variant == "" || v.Share < 0 || v.Share > Whole || slices.Contains(d.variants()[:i], v.Variant) {
			return fmt.Errorf("definition: variant %q with the share %d", clip(v.Variant), v.Share)
		}
		sum += v.Share
		if sum > Whole {
			return errors.New("definition: shares sum to more than 100%")
		}
	}
	if len(d.Hash) != 64 || sum != Whole {
		return errors.New("definition lacks its hash or the shares of all variants")
	}
	return nil
}

// variantNames returns the names of the variants in file order.
func (e *Experiment) variantNames() []string {
	names := make([]string, len(e.Variants))
	for i, v := range e.Variants {
		names[i] = v.Name
	}
	return names
}

// traffic returns the shares of the variants in file order.
func (e *Experiment) traffic() []VariantTraffic {
	all := make([]VariantTraffic, len(e.Variants))
	for i, v := range e.Variants {
		all[i] = VariantTraffic{v.Name, v.Traffic}
	}
	return all
}

// metricHashes returns the hashes of metrics in their order.
func metricHashes(metrics []*Metric) []string {
	hashes := make([]string, len(metrics))
	for i, m := range metrics {
		hashes[i] = m.ConfigHash()
	}
	return hashes
}
