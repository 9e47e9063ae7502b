package experiment

import (
	"encoding/json"
	"strconv"
)

// A Condition says which users are meant. Exactly one of its forms is used:
// All, Any, Not, or a comparison of one attribute.
type Condition struct {
	All []Condition
	Any []Condition
	Not *Condition

	Attribute string
	Operator  Operator
	Values    []Scalar // several for in and not_in, one for the others
}

// A Template is a payload with a name, from templates/NAME.yaml.
type Template struct {
	Name    string
	Payload json.RawMessage // compact JSON
}

// Pages says on which pages the experiment is shown: on those that an include
// rule names (all, when there is none) and no exclude rule names.
type Pages struct {
	Include []PageRule `json:"include,omitempty"`
	Exclude []PageRule `json:"exclude,omitempty"`
}

// A PageRule compares the URL of a page.
type PageRule struct {
	Operator Operator // one of PageOperators
	Text     string
}

// A ScalarKind is the type of a scalar in YAML.
type ScalarKind string

// The kinds of scalars.
const (
	ScalarText   ScalarKind = "text"
	ScalarNumber ScalarKind = "number"
	ScalarBool   ScalarKind = "bool"
)

// A Scalar is a value of a condition. The number 1 and the text "1" differ.
type Scalar struct {
	Kind ScalarKind
	Text string // the text, the number as a JSON number, "true" or "false"
}

// Float32 returns the number that conditions compare a value of 32 bits as, which is finite or
// not: that of its shortest digits. To whoever wrote 0.1 it is 0.1, and not the
// 0.10000000149011612 that 32 bits hold of it.
func Float32(v float32) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	return short
}
