package experiment

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// jsonNumber matches the numbers that YAML and JSON write alike.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// convert turns the parser's tree into ours and reports what we do not take.
func (r *reader) convert(n ast.Node, depth int) *node {
	out := &node{}
	if n == nil {
		r.report(1, 1, "not readable as YAML")
		return out
	}
	out.line, out.column = position(n.GetToken())
	if depth > maxDepth {
		r.report(out.line, out.column, "nested deeper than %d levels", maxDepth)
		return out
	}
	r.plainTab(n.GetToken())
	switch v := n.(type) {
	case *ast.MappingNode:
		r.convertMapping(out, v.Values, depth)
	case *ast.SequenceNode:
		r.convertList(out, v, depth)
	case *ast.NullNode:
		out.kind = kindNull
	case *ast.BoolNode:
		out.kind, out.text = kindBool, fmt.Sprint(v.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.kind, out.text = kindNumber, n.GetToken().Value
	case *ast.LiteralNode:
		out.kind, out.text = kindText, v.Value.Value
	case *ast.StringNode:
		out.kind, out.text = kindText, v.Value
		// Numbers too large for the parser's integers and floats arrive as text.
		if v.Token.Type == token.StringType && jsonNumber.MatchString(v.Value) {
			out.kind = kindNumber
		}
	case *ast.AnchorNode, *ast.AliasNode:
		r.report(out.line, out.column, "anchors and aliases (& and *) are not allowed: write the value out, or use a template or an audience")
	case *ast.TagNode:
		r.report(out.line, out.column, "tags (!) are not allowed")
	default:
		r.report(out.line, out.column, "this kind of YAML is not allowed")
	}
	return out
}

// convertList fills out with the items of a list.
func (r *reader) convertList(out *node, list *ast.SequenceNode, depth int) {
	out.kind = kindList
	for _, value := range list.Values {
		item := r.convert(value, depth+1)
		// The parser takes keys that stand below a lone dash for the item, also where they
		// are not indented and belong to a mapping around the list.
		if !list.IsFlowStyle && item.kind == kindMapping && item.column <= out.column {
			r.report(item.line, item.column, "the list item above has no value: write null, or indent what belongs to it")
		}
		out.items = append(out.items, item)
	}
}

// innerTab matches a tab between the words of a text.
var innerTab = regexp.MustCompile(`[^ \t\n][ \t]*?(\t)[ \t]*[^ \t\n]`)

// plainTab reports a tab inside text without quotes. The parser drops it, which makes 50 of
// a 5 and a 0.
func (r *reader) plainTab(tk *token.Token) {
	if tk == nil || tk.Indicator != token.NotIndicator {
		return
	}
	text := strings.TrimSpace(tk.Origin)
	place := innerTab.FindStringSubmatchIndex(text)
	if place == nil {
		return
	}
	line, column := position(tk)
	before := text[:place[2]]
	if last := strings.LastIndexByte(before, '\n'); last >= 0 {
		line, column, before = line+strings.Count(before, "\n"), 1, before[last+1:]
	}
	r.report(line, column+utf8.RuneCountInString(before), `tab inside text without quotes: use a space, or double quotes and \t`)
}

// convertMapping fills out with the keys and values of a mapping.
func (r *reader) convertMapping(out *node, values []*ast.MappingValueNode, depth int) {
	out.kind = kindMapping
	seen := make(map[string]int)
	for i, v := range values {
		key := r.convertKey(v.Key)
		if i == 0 && (out.line > key.line || out.line == key.line && out.column > key.column) {
			// A mapping without braces has the place of its first key.
			out.line, out.column = key.line, key.column
		}
		if line, twice := seen[key.text]; twice {
			r.note(key.line, key.column, "key %q is here twice, first in line %d", clip(key.text), line)
			continue
		}
		seen[key.text] = key.line
		out.pairs = append(out.pairs, pair{key, r.convert(v.Value, depth+1)})
	}
}

// convertKey turns a key into a text node. Numbers and booleans are taken as
// they are written: a variant may be called 1.
func (r *reader) convertKey(n ast.MapKeyNode) *node {
	out := &node{kind: kindText}
	if n == nil {
		r.report(1, 1, "not readable as YAML")
		return out
	}
	out.line, out.column = position(n.GetToken())
	r.plainTab(n.GetToken())
	switch v := n.(type) {
	case *ast.StringNode:
		out.text = v.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		out.text = n.GetToken().Value
	case *ast.MergeKeyNode:
		r.report(out.line, out.column, "merge keys (<<) are not allowed: write the values out")
	default:
		r.report(out.line, out.column, "keys must be plain words")
	}
	return out
}
