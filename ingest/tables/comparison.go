package tables

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"

	"readout/experiment"
)

// comparison is a filter of conversion rows, ready to be applied to single values.
//
// Values are compared by type, as in conditions of audiences: the number 1 equals 1.0 in a
// column of integers, of decimals or of floating-point numbers, and never the text "1".
// A filter whose values are of another type than the column is refused when a file is
// opened: it could never hold, or always. Dates and UUIDs are text here; a value in the
// name of a folder, which has no type, is compared as what the filter has.
//
// is_not and not_in hold exactly where is and in do not, so for null too; all others but
// exists need a value.
type comparison struct {
	experiment.Filter
	// numbers are the values that are numbers: as the nearest float64 and exactly.
	numbers []float64
	exact   []*big.Rat
	// The values to be looked up, since lists of ids are long: texts, numbers as the nearest float64,
	// and the digits of those that are whole and of 64 bits.
	texts   map[string]bool
	nearest map[float64]bool
	wholes  map[string]bool
	pattern *regexp.Regexp
}

// newComparison makes a filter ready, or says what is wrong with it.
func newComparison(f experiment.Filter) (comparison, error) {
	c := comparison{Filter: f, texts: make(map[string]bool), nearest: make(map[float64]bool), wholes: make(map[string]bool)}
	switch f.Operator {
	case experiment.OpIn, experiment.OpNotIn:
	default:
		if len(f.Values) != 1 {
			return c, fmt.Errorf("%s compares with %d values, want one", f.Operator, len(f.Values))
		}
	}
	if !slices.Contains(experiment.Operators(), f.Operator) {
		return c, fmt.Errorf("unknown operator %q", f.Operator)
	}
	for _, v := range f.Values {
		if v.Kind == experiment.ScalarText {
			c.texts[v.Text] = true
		}
		if v.Kind != experiment.ScalarNumber {
			continue
		}
		x, err := strconv.ParseFloat(v.Text, 64)
		exact, ok := new(big.Rat).SetString(v.Text)
		if err != nil || !ok {
			return c, fmt.Errorf("%s: %q is no number", f.Operator, v.Text)
		}
		c.numbers, c.exact = append(c.numbers, x), append(c.exact, exact)
		c.nearest[x] = true
		if exact.IsInt() && exact.Num().BitLen() <= 64 {
			c.wholes[exact.Num().String()] = true
		}
	}
	var err error
	if f.Operator == experiment.OpMatches {
		c.pattern, err = regexp.Compile(f.Values[0].Text)
	}
	return c, err
}

// CheckFilter reports what is wrong with a filter.
func CheckFilter(f experiment.Filter) error {
	_, err := newComparison(f)
	return err
}

// suits reports what is wrong with comparing a column of the kind.
func (c *comparison) suits(kind experiment.ScalarKind) error {
	if c.Operator == experiment.OpExists {
		return nil
	}
	for _, v := range c.Values {
		if v.Kind == kind {
			continue
		}
		return fmt.Errorf("where: %s compares it with the %s %s: %s", c.Operator, v.Kind, v.Text, c.hint(kind, v))
	}
	return nil
}

// hint says what lets a value of another type be compared with a column of the kind.
func (c *comparison) hint(kind experiment.ScalarKind, v experiment.Scalar) string {
	switch operand := c.Operator.Operand(); {
	case operand == experiment.ScalarNumber:
		return "cast the column to numbers where the file is written"
	case operand == experiment.ScalarText:
		return "cast the column to text where the file is written"
	case kind == experiment.ScalarText:
		return "write " + strconv.Quote(v.Text) + " in quotes, or cast the column where the file is written"
	case v.Kind == experiment.ScalarText && reads(v.Text, kind):
		return "write " + v.Text + " without quotes, or cast the column where the file is written"
	}
	return "compare it with a " + string(kind)
}

// reads reports whether a text without its quotes is a scalar of a kind other than text.
func reads(text string, kind experiment.ScalarKind) bool {
	if kind == experiment.ScalarBool {
		return text == "true" || text == "false"
	}
	x, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

// null reports whether the filter holds for null.
func (c *comparison) null() bool {
	switch c.Operator {
	case experiment.OpExists:
		return c.Values[0].Text == "false"
	case experiment.OpIsNot, experiment.OpNotIn:
		return true
	}
	return false
}

// text reports whether the filter holds for a text.
func (c *comparison) text(v []byte) bool {
	switch c.Operator {
	case experiment.OpContains:
		return bytes.Contains(v, []byte(c.Values[0].Text))
	case experiment.OpStartsWith:
		return bytes.HasPrefix(v, []byte(c.Values[0].Text))
	case experiment.OpEndsWith:
		return bytes.HasSuffix(v, []byte(c.Values[0].Text))
	case experiment.OpMatches:
		return c.pattern.Match(v)
	}
	return c.oneOf(c.texts[string(v)])
}

// boolean reports whether the filter holds for a boolean.
func (c *comparison) boolean(v bool) bool {
	text := strconv.FormatBool(v)
	return c.oneOf(slices.Contains(c.Values, experiment.Scalar{Kind: experiment.ScalarBool, Text: text}))
}

// oneOf decides is, in, their opposites and exists, by whether the value is one of the filter's.
func (c *comparison) oneOf(found bool) bool {
	switch c.Operator {
	case experiment.OpIs, experiment.OpIn:
		return found
	case experiment.OpIsNot, experiment.OpNotIn:
		return !found
	case experiment.OpExists:
		return c.Values[0].Text == "true"
	}
	return false
}

// number reports whether the filter holds for a number.
func (c *comparison) number(v float64) bool {
	return c.ordered(c.nearest[v], func() int { return cmp.Compare(v, c.numbers[0]) })
}

// whole is number for whole numbers of up to 64 bits, of which float64 does not hold all.
func (c *comparison) whole(v *big.Int) bool {
	return c.ordered(c.wholes[v.String()], func() int { return new(big.Rat).SetInt(v).Cmp(c.exact[0]) })
}

// integer is whole for those that fit in 64 bits, mostly without the cost.
func (c *comparison) integer(v int64) bool {
	if v > -1<<53 && v < 1<<53 {
		return c.number(float64(v))
	}
	return c.whole(big.NewInt(v))
}

// ordered decides by whether the value is one of the filter's numbers, and how it compares with the
// first.
func (c *comparison) ordered(found bool, compare func() int) bool {
	switch c.Operator {
	case experiment.OpAtLeast:
		return compare() >= 0
	case experiment.OpAtMost:
		return compare() <= 0
	case experiment.OpMoreThan:
		return compare() > 0
	case experiment.OpLessThan:
		return compare() < 0
	}
	return c.oneOf(found)
}

// folder reports whether the filter holds for a value in the name of a folder: as a text,
// and, where the filter has numbers or booleans, as one of these.
func (c *comparison) folder(text string) bool {
	negative := c.Operator == experiment.OpIsNot || c.Operator == experiment.OpNotIn
	holds := []bool{c.text([]byte(text))}
	if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) && len(c.numbers) > 0 {
		holds = append(holds, c.number(v))
	}
	if v, err := strconv.ParseBool(text); err == nil {
		holds = append(holds, c.boolean(v))
	}
	return slices.Contains(holds, !negative) != negative
}
