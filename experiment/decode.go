package experiment

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxName is the longest name of an experiment, variant, metric and the like.
const maxName = 100

// A decoder reads the trees of one file and collects faults.
type decoder struct {
	file string
	errs *Errors
}

func (d *decoder) errorf(n *node, format string, args ...any) {
	*d.errs = append(*d.errs, Error{File: d.file, Line: n.line, Column: n.column, Message: fmt.Sprintf(format, args...)})
}

// A field is one known key of a mapping.
type field struct {
	key     string
	value   rule
	missing string // what to say when the key is not there; empty for an optional key
}

// A rule says how a value is read, and which values those are, for the schemas.
type rule struct {
	read  func(*node)
	shape shape
}

// then returns a rule that goes on with what was read.
func (r rule) then(next func(*node)) rule {
	return rule{func(n *node) {
		r.read(n)
		next(n)
	}, r.shape}
}

// objectRule returns a rule that reads a mapping.
func (d *decoder) objectRule(what string, fields ...field) rule {
	return rule{func(n *node) { d.object(n, what, fields...) }, objectShape(fields)}
}

// object decodes a mapping and reports unknown, missing and empty keys. It
// returns false when n is no mapping.
func (d *decoder) object(n *node, what string, fields ...field) bool {
	if n.kind != kindMapping {
		d.errorf(n, "%s: want a mapping, got %s", what, n.describe())
		return false
	}
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	for _, p := range n.pairs {
		if slices.Contains(known, p.key.text) {
			continue
		}
		if home := belongsTo(fields, p.key.text); home != "" {
			d.errorf(p.key, "%s: key %q belongs to %s", what, clip(p.key.text), home)
			continue
		}
		d.errorf(p.key, "%s: %s", what, Unknown("key", p.key.text, known))
	}
	for _, f := range fields {
		value := n.get(f.key)
		switch {
		case value == nil && f.missing != "":
			d.errorf(n, "%s: %s", what, f.missing)
		case value == nil:
		case value.kind == kindNull:
			d.errorf(value, "%s: %s has no value", what, f.key)
		default:
			f.value.read(value)
		}
	}
	return true
}

// belongsTo returns the keys, from the outside, below which a key is known that is none of
// fields, or nothing: people write mde where statistics should be.
func belongsTo(fields []field, key string) string {
	for _, f := range fields {
		if path := propertyPath(f.value.shape, key); path != nil {
			return strings.Join(append([]string{f.key}, path[:len(path)-1]...), ": ")
		}
	}
	return ""
}

// list calls each for every item, and reports what is no list.
func (d *decoder) list(n *node, what string, each func(*node)) {
	if n.kind != kindList {
		d.errorf(n, "%s: want a list, got %s", what, n.describe())
		return
	}
	for _, item := range n.items {
		each(item)
	}
}

// text reads text that is not empty.
func (d *decoder) text(n *node, what string) (string, bool) {
	switch {
	case n.kind == kindNumber || n.kind == kindBool:
		d.errorf(n, "%s: want text, got %s: put it in quotes", what, n.describe())
		return "", false
	case n.kind != kindText:
		d.errorf(n, "%s: want text, got %s", what, n.describe())
		return "", false
	case strings.TrimSpace(n.text) == "":
		d.errorf(n, "%s: is empty", what)
		return "", false
	}
	return n.text, true
}

// textInto returns a rule that stores text.
func (d *decoder) textInto(target *string, what string) rule {
	return rule{func(n *node) {
		if text, ok := d.text(n, what); ok {
			*target = text
		}
	}, textShape()}
}

// texts reads a list of different texts.
func (d *decoder) texts(n *node, what string) []string {
	return d.textsThat(n, what, func(*node, string, string) bool { return true })
}

// words reads a list of different words.
func (d *decoder) words(n *node, what string) []string {
	return d.textsThat(n, what, d.word)
}

// textsThat reads a list of different texts that valid does not report.
func (d *decoder) textsThat(n *node, what string, valid func(*node, string, string) bool) []string {
	var texts []string
	seen := make(map[string]bool)
	d.list(n, what, func(item *node) {
		text, ok := d.text(item, what)
		switch {
		case !ok || !valid(item, text, what):
		case seen[text]:
			d.errorf(item, "%s: %q is listed twice", what, clip(text))
		default:
			seen[text] = true
			texts = append(texts, text)
		}
	})
	return texts
}

// id reads the id of a user, which is text however it is written.
func (d *decoder) id(n *node, what string) (string, bool) {
	if n.kind == kindNumber {
		return n.text, true
	}
	return d.text(n, what)
}

var (
	wordPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)
)

// word reports names with other characters than those a selector may have.
func (d *decoder) word(n *node, text, what string) bool {
	if !wordPattern.MatchString(text) {
		d.errorf(n, "%s %q: allowed are letters a to z, digits, - and _", what, clip(text))
		return false
	}
	return d.short(n, text, what)
}

// name is word for names that become file names and arguments of commands.
func (d *decoder) name(n *node, text, what string) bool {
	if err := CheckName(text); err != nil {
		d.errorf(n, "%s %q: %s", what, clip(text), err)
		return false
	}
	return true
}

// CheckName says why a text cannot be the name of an experiment, a metric, a
// template or an audience, or returns nil.
func CheckName(name string) error {
	switch {
	case !namePattern.MatchString(name):
		return errors.New("allowed are letters a to z, digits, - and _, with a letter or digit first")
	case len(name) > maxName:
		return fmt.Errorf("longer than %d characters", maxName)
	}
	return nil
}

func (d *decoder) short(n *node, text, what string) bool {
	if len(text) > maxName {
		d.errorf(n, "%s %q: longer than %d characters", what, clip(text), maxName)
		return false
	}
	return true
}

// wordInto returns a rule that stores a word.
func (d *decoder) wordInto(target *string, what string) rule {
	return rule{func(n *node) {
		if text, ok := d.text(n, what); ok && d.word(n, text, what) {
			*target = text
		}
	}, nameShape(wordPattern)}
}

// choice returns a rule that stores one of the allowed names.
func choice[T ~string](d *decoder, target *T, what string, allowed []T) rule {
	return rule{func(n *node) {
		names := asTexts(allowed)
		if n.kind != kindText {
			d.errorf(n, "%s: want one of %s, got %s", what, strings.Join(names, ", "), n.describe())
			return
		}
		if !slices.Contains(names, n.text) {
			d.errorf(n, "%s", Unknown(what, n.text, names))
			return
		}
		*target = T(n.text)
	}, choiceShape(allowed)}
}
