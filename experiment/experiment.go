package experiment

import (
	"encoding/json"
	"math"
)

// Control is the name of the variant that every experiment has and every
// other variant is compared with.
const Control = "control"

// An Experiment is one definition, with the project's defaults filled in and
// all names resolved.
type Experiment struct {
	File string // where it is defined
	Line int

	Name       string // never changes
	Title      string // for display; default the name
	Hypothesis string
	Owner      string
	Type       Type
	Salt       string // of assignment; default the name
	Selector   string // under which the decision service is asked; default the name
	Groups     []string
	Variants   []Variant // in file order
	Scorecard  Scorecard
	Statistics Statistics

	SeveralVariants SeveralVariants

	Audience  *Condition // nil for everybody
	Pages     Pages
	Display   Display
	Devices   Devices
	Coverage  Share // part of the audience that enters at all
	Schedule  Schedule
	Forced    []Forced   // in file order
	Exclusion *Exclusion // nil for none
	Hash      Hash
	Excluded  Excluded
}

// Variant returns the variant of that name.
func (e *Experiment) Variant(name string) (Variant, bool) {
	for _, v := range e.Variants {
		if v.Name == name {
			return v, true
		}
	}
	return Variant{}, false
}

// treatments returns the variants other than control, in file order.
func (e *Experiment) treatments() []Variant {
	var treatments []Variant
	for _, v := range e.Variants {
		if v.Name != Control {
			treatments = append(treatments, v)
		}
	}
	return treatments
}

// A Variant is one thing that users may get.
type Variant struct {
	Name     string
	Line     int             // of the file of the experiment, where it is defined
	Traffic  Share           // of the users that enter; the shares of all variants sum to Whole
	Template string          // name of the template the payload started from, empty for none
	Payload  json.RawMessage // compact JSON with the template applied; nil for none
}

// A Scorecard lists the metrics that are computed every day. All lists may be
// empty and no metric is in two of them.
type Scorecard struct {
	Primary    []*Metric
	Secondary  []*Metric
	Guardrails []Guardrail
}

// Metrics returns all metrics of the scorecard: primary, secondary, guardrails.
func (s Scorecard) Metrics() []*Metric {
	var all []*Metric
	all = append(all, s.Primary...)
	all = append(all, s.Secondary...)
	for _, g := range s.Guardrails {
		all = append(all, g.Metric)
	}
	return all
}

// A Guardrail is a metric that must not get worse by more than a margin.
type Guardrail struct {
	Metric *Metric
	Margin float64 // relative to the control mean, in (0, 1]
}

// Statistics is how an experiment is tested. Its hash is recorded: a field that is added
// has to be zero where experiments are tested as before.
type Statistics struct {
	Method     Method
	CUPED      CUPEDFit // of method sequential-cuped
	Procedure  Procedure
	Spending   Spending
	Futility   Futility
	Correction Correction
	Confidence float64 // 0.90, 0.95 or 0.99
	Power      float64 // in [0, 1]
	MDE        float64 // minimum detectable effect relative to the control mean, in [0, 1]
	HasMDE     bool    // false when neither the experiment nor the defaults give one
}

// Alpha returns 1 − Confidence, rounded to the decimals that percentages have, so that 95%
// confidence is an alpha of 0.05.
func (s Statistics) Alpha() float64 { return math.Round((1-s.Confidence)*1e12) / 1e12 }

// A Spending is a spending function with its parameter.
type Spending struct {
	Name      SpendingName
	Parameter float64 // ρ in (0, 50] for kim-demets, γ in [-40, 40] for hwang-shih-decani, else 0
}

// DefaultStatistics returns what holds where neither readout.yaml nor the
// experiment says anything.
func DefaultStatistics() Statistics {
	return Statistics{
		Method:     Methods()[0],
		CUPED:      CUPEDFits()[0],
		Procedure:  Procedures()[0],
		Spending:   Spending{Name: SpendingNames()[0]},
		Futility:   Futilities()[0],
		Correction: Corrections()[0],
		Confidence: 0.95,
		Power:      0.80,
	}
}

// Forced lists users who always get one variant, for checks by people. They
// are never stored and never counted.
type Forced struct {
	Variant string   `json:"variant"`
	Users   []string `json:"users"`
}

// An Exclusion reserves a share of the users of a group of experiments, so
// that no user is in two of them.
type Exclusion struct {
	Group string `json:"group"`
	Share Share  `json:"share"`
}
