package experiment

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// condition reads a condition: any, all, not, audience, or a comparison of an
// attribute. The named function resolves the names of audiences; it is nil
// where they are not allowed.
func (d *decoder) condition(n *node, named func(*node) (Condition, bool)) (Condition, bool) {
	if n.kind != kindMapping {
		d.errorf(n, "audience: want a mapping with any, all, not or attribute, got %s", n.describe())
		return Condition{}, false
	}
	var parts []Condition
	fields := d.conditionFields(&parts, named)
	if compares(n) {
		for _, f := range fields {
			if group := n.key(f.key); group != nil {
				d.errorf(group, "audience: %s stands beside a comparison: write all: [{attribute: …}, {%s: …}]", f.key, f.key)
				return Condition{}, false
			}
		}
		name, op, values, ok := d.comparison(n, "audience", "attribute")
		return Condition{Attribute: name, Operator: op, Values: values}, ok
	}
	faults := len(*d.errs)
	d.object(d.withoutUnknown(n, fields), "audience", fields...)
	if len(*d.errs) > faults {
		return Condition{}, false
	}
	switch len(parts) {
	case 0:
		d.errorf(n, "audience: has no condition")
		return Condition{}, false
	case 1:
		return parts[0], true
	}
	return Condition{All: parts}, true
}

// compares says whether a condition is a comparison: it names an attribute or has an operator.
func compares(n *node) bool {
	return slices.ContainsFunc(n.pairs, func(p pair) bool {
		return p.key.text == "attribute" || slices.Contains(Operators(), Operator(p.key.text))
	})
}

// withoutUnknown reports the keys of a condition that none has, and leaves them out. One
// may be a slip in attribute, which is no key of these fields.
func (d *decoder) withoutUnknown(n *node, fields []field) *node {
	var known []string
	for _, f := range fields {
		known = append(known, f.key)
	}
	known = append(known, "attribute")
	for _, p := range n.pairs {
		if !slices.Contains(known, p.key.text) {
			d.errorf(p.key, "audience: %s", Unknown("key", p.key.text, known))
			n = without(n, p.key.text)
		}
	}
	return n
}

// conditionFields returns the keys of a condition that is no comparison. What
// they say is added to parts.
func (d *decoder) conditionFields(parts *[]Condition, named func(*node) (Condition, bool)) []field {
	group := func(joined func([]Condition) Condition) rule {
		return rule{func(list *node) {
			if members := d.conditions(list, named); len(members) > 0 {
				*parts = append(*parts, joined(members))
			}
		}, filledShape(refShape(conditionName))}
	}
	fields := []field{
		{"any", group(func(m []Condition) Condition { return Condition{Any: m} }), ""},
		{"all", group(func(m []Condition) Condition { return Condition{All: m} }), ""},
		{"not", rule{func(inner *node) {
			if c, ok := d.condition(inner, named); ok {
				*parts = append(*parts, Condition{Not: &c})
			}
		}, refShape(conditionName)}, ""},
	}
	if named != nil {
		fields = append(fields, field{"audience", rule{func(ref *node) {
			if c, ok := named(ref); ok {
				*parts = append(*parts, c)
			}
		}, textShape()}, ""})
	}
	return fields
}

// conditions reads a list of conditions that is not empty.
func (d *decoder) conditions(n *node, named func(*node) (Condition, bool)) []Condition {
	var members []Condition
	d.list(n, "audience", func(item *node) {
		if c, ok := d.condition(item, named); ok {
			members = append(members, c)
		}
	})
	if n.kind == kindList && len(n.items) == 0 {
		d.errorf(n, "audience: the list has no condition")
	}
	return members
}

// comparison reads {attribute: NAME, OPERATOR: VALUE}, where subject is the
// key that holds the name.
func (d *decoder) comparison(n *node, what, subject string) (name string, op Operator, values []Scalar, ok bool) {
	faults := len(*d.errs)
	c := Condition{}
	if d.object(n, what, d.comparisonFields(what, subject, &c)...) && c.Operator == "" && len(*d.errs) == faults {
		d.errorf(n, "%s: what about %s %s? write one of %s", what, subject, clip(c.Attribute), joinWords(Operators(), ", "))
	}
	return c.Attribute, c.Operator, c.Values, len(*d.errs) == faults
}

// comparisonFields returns the keys of a comparison: the subject and all operators.
func (d *decoder) comparisonFields(what, subject string, c *Condition) []field {
	fields := []field{{subject, d.textInto(&c.Attribute, subject), subject + " is missing"}}
	for _, allowed := range Operators() {
		fields = append(fields, field{string(allowed), rule{func(value *node) {
			if c.Operator != "" {
				d.errorf(value, "%s: one operator each, found %s and %s", what, c.Operator, allowed)
				return
			}
			c.Operator, c.Values = allowed, d.operands(value, allowed)
		}, operandShape(allowed)}, ""})
	}
	return fields
}

// comparisonShape is a subject and one operator.
func (d *decoder) comparisonShape(subject string) shape {
	return sizedShape(objectShape(d.comparisonFields("", subject, &Condition{})), 2, 2)
}

// operands reads what an operator compares with.
func (d *decoder) operands(n *node, op Operator) []Scalar {
	what := string(op)
	if op == OpIn || op == OpNotIn {
		var values []Scalar
		d.list(n, what, func(item *node) {
			if v, ok := d.scalar(item, what); ok {
				values = append(values, v)
			}
		})
		if n.kind == kindList && len(n.items) == 0 {
			d.errorf(n, "%s: the list is empty", what)
		}
		return values
	}
	v, ok := d.scalar(n, what)
	if !ok {
		return nil
	}
	d.checkOperand(n, op, v)
	return []Scalar{v}
}

// checkOperand reports a value that an operator cannot be used with.
func (d *decoder) checkOperand(n *node, op Operator, v Scalar) {
	switch op.Operand() {
	case ScalarNumber:
		if v.Kind != ScalarNumber {
			d.errorf(n, "%s: want a number, got %s", op, n.describe())
		}
	case ScalarBool:
		if v.Kind != ScalarBool {
			d.errorf(n, "%s: want true or false, got %s", op, n.describe())
		}
	case ScalarText:
		if text, ok := d.text(n, string(op)); ok && op == OpMatches {
			d.checkPattern(n, text)
		}
	}
}

// Limits of a regular expression. What it costs per byte of a text grows with its steps, of which a
// few letters may have millions: those of a part that is repeated up to 1,000 times count as often.
const (
	maxPatternBytes = 1000
	maxPatternSteps = 1500
)

// checkPattern reports a text that is no regular expression, or one that takes long to match.
func (d *decoder) checkPattern(n *node, text string) {
	if len(text) > maxPatternBytes {
		d.errorf(n, "matches: pattern is longer than %d bytes", maxPatternBytes)
		return
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		d.errorf(n, "matches: %s", clip(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
		return
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		d.errorf(n, "matches: %s", clip(err.Error()))
		return
	}
	if steps := len(program.Inst); steps > maxPatternSteps {
		d.errorf(n, "matches: the pattern has %d steps with its repetitions written out, at most %d are allowed: write * or + for counts such as {0,100}", steps, maxPatternSteps)
	}
}

// pages returns the rule of the include and exclude rules of pages.
func (d *decoder) pages(p *Pages) rule {
	rules := func(what string, target *[]PageRule) rule {
		return rule{func(l *node) { *target = d.pageRules(l, what) },
			listShape(sizedShape(objectShape(d.pageRuleFields(what, &PageRule{})), 1, 1))}
	}
	return d.objectRule("pages",
		field{"include", rules("pages include", &p.Include), ""},
		field{"exclude", rules("pages exclude", &p.Exclude), ""},
	)
}

func (d *decoder) pageRules(n *node, what string) []PageRule {
	var rules []PageRule
	d.list(n, what, func(item *node) {
		r := PageRule{}
		if d.object(item, what, d.pageRuleFields(what, &r)...) && len(item.pairs) == 0 {
			d.errorf(item, "%s: empty rule, write one of %s", what, joinWords(PageOperators(), ", "))
		}
		rules = append(rules, r)
	})
	return rules
}

// pageRuleFields returns the keys of a page rule: all operators.
func (d *decoder) pageRuleFields(what string, r *PageRule) []field {
	var fields []field
	for _, op := range PageOperators() {
		fields = append(fields, field{string(op), rule{func(v *node) {
			if r.Operator != "" {
				d.errorf(v, "%s: one rule each, found %s and %s", what, r.Operator, op)
				return
			}
			r.Operator = op
			text, ok := d.text(v, string(op))
			if ok && op == OpMatches {
				d.checkPattern(v, text)
			}
			r.Text = text
		}, textShape()}, ""})
	}
	return fields
}

// forced reads users by variant.
func (d *decoder) forced(n *node, variants []string) []Forced {
	if n.kind != kindMapping {
		d.errorf(n, "forced: want a mapping of variants to lists of users, got %s", n.describe())
		return nil
	}
	var all []Forced
	owner := make(map[string]string)
	for _, p := range n.pairs {
		if !slices.Contains(variants, p.key.text) {
			d.errorf(p.key, "forced: %s", Unknown("variant", p.key.text, variants))
			continue
		}
		f := Forced{Variant: p.key.text}
		d.list(p.value, "forced "+p.key.text, func(item *node) {
			id, ok := d.id(item, "forced "+p.key.text)
			if !ok {
				return
			}
			if other, twice := owner[id]; twice {
				d.errorf(item, "forced: user %q is listed for %s already", clip(id), other)
				return
			}
			owner[id] = f.Variant
			f.Users = append(f.Users, id)
		})
		all = append(all, f)
	}
	return all
}
