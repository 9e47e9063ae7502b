package decision

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"readout/experiment"
)

// condition is a condition of experiment, compiled.
type condition func(Known) bool

// compileCondition returns the test of a condition; nil means everybody.
//
// An absent attribute passes is_not, not_in and exists: false, and nothing else. Numbers
// compare with numbers and texts with texts: the number 1 equals 1.0 and never the text "1".
func compileCondition(c *experiment.Condition) (condition, error) {
	switch {
	case c == nil:
		return func(Known) bool { return true }, nil
	case c.Not != nil:
		inner, err := compileCondition(c.Not)
		return func(k Known) bool { return !inner(k) }, err
	case c.All != nil:
		return compileGroup(c.All, true)
	case c.Any != nil:
		return compileGroup(c.Any, false)
	}
	test, err := comparison(c.Operator, c.Values)
	if err != nil {
		return nil, fmt.Errorf("audience: attribute %q: %w", c.Attribute, err)
	}
	name := c.Attribute
	return func(k Known) bool { return test(k.get(name)) }, nil
}

// compileGroup returns the test that all, or any, of the members pass.
func compileGroup(members []experiment.Condition, all bool) (condition, error) {
	tests := make([]condition, len(members))
	for i := range members {
		test, err := compileCondition(&members[i])
		if err != nil {
			return nil, err
		}
		tests[i] = test
	}
	return func(k Known) bool {
		for _, test := range tests {
			if test(k) != all {
				return !all
			}
		}
		return all
	}, nil
}

// membership returns the test whether an attribute is one of some values. Lists of ids are long:
// texts are looked up.
func membership(scalars []experiment.Scalar) func(Value) bool {
	texts := make(map[string]bool)
	var others []Value
	for _, s := range scalars {
		if v := scalar(s); v.kind == experiment.ScalarText {
			texts[v.text] = true
		} else {
			others = append(others, v)
		}
	}
	return func(v Value) bool {
		if v.kind == experiment.ScalarText {
			return texts[v.text]
		}
		return slices.ContainsFunc(others, v.equal)
	}
}

// comparison returns the test of one attribute.
func comparison(op experiment.Operator, scalars []experiment.Scalar) (func(Value) bool, error) {
	if len(scalars) == 0 {
		return nil, fmt.Errorf("%s compares with nothing", op)
	}
	want, among := scalar(scalars[0]), membership(scalars)
	ordered := func(holds func(int) bool) func(Value) bool {
		return func(v Value) bool {
			if v.kind != want.kind {
				return false
			}
			if v.kind == experiment.ScalarNumber {
				return holds(v.num.compare(want.num))
			}
			return v.kind == experiment.ScalarText && holds(strings.Compare(v.text, want.text))
		}
	}
	text := func(holds func(text, part string) bool) func(Value) bool {
		return func(v Value) bool { return v.kind == experiment.ScalarText && holds(v.text, want.text) }
	}
	switch op {
	case experiment.OpIs, experiment.OpIn:
		return among, nil
	case experiment.OpIsNot, experiment.OpNotIn:
		return func(v Value) bool { return !among(v) }, nil
	case experiment.OpAtLeast:
		return ordered(func(c int) bool { return c >= 0 }), nil
	case experiment.OpAtMost:
		return ordered(func(c int) bool { return c <= 0 }), nil
	case experiment.OpMoreThan:
		return ordered(func(c int) bool { return c > 0 }), nil
	case experiment.OpLessThan:
		return ordered(func(c int) bool { return c < 0 }), nil
	case experiment.OpContains:
		return text(strings.Contains), nil
	case experiment.OpStartsWith:
		return text(strings.HasPrefix), nil
	case experiment.OpEndsWith:
		return text(strings.HasSuffix), nil
	case experiment.OpMatches:
		pattern, err := regexp.Compile(want.text)
		if err != nil {
			return nil, fmt.Errorf("matches: %w", err)
		}
		return func(v Value) bool { return v.kind == experiment.ScalarText && pattern.MatchString(v.text) }, nil
	case experiment.OpExists:
		return func(v Value) bool { return v.Present() == want.yes }, nil
	}
	return nil, fmt.Errorf("unknown operator %q", op)
}
