package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of one file. They are far above what people write and far below what
// would make the YAML parser slow or overflow its stack.
const (
	maxFileSize = 1 << 20 // bytes
	maxDepth    = 64      // mappings and lists inside each other
	maxTokens   = 50_000
)

// A nodeKind is what a YAML value is.
type nodeKind int

const (
	kindNull nodeKind = iota
	kindBool
	kindNumber
	kindText
	kindList
	kindMapping
)

// A node is one value of a YAML file with its position.
type node struct {
	kind         nodeKind
	text         string // of a scalar, as written but without quotes
	items        []*node
	pairs        []pair
	line, column int
}

// A pair is one key of a mapping with its value.
type pair struct{ key, value *node }

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// key returns a key of a mapping, or nil.
func (n *node) key(text string) *node {
	for _, p := range n.pairs {
		if p.key.text == text {
			return p.key
		}
	}
	return nil
}

// describe says what a value is, for messages.
func (n *node) describe() string {
	switch n.kind {
	case kindNull:
		return "nothing"
	case kindBool:
		return n.text
	case kindNumber:
		return "the number " + clip(n.text)
	case kindText:
		return fmt.Sprintf("text %q", clip(n.text))
	case kindList:
		return "a list"
	}
	return "a mapping"
}

// jsonNumber matches the numbers that YAML and JSON write alike.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// readYAML reads one file into a tree and reports its faults. It returns nil
// when there is nothing to decode.
func readYAML(fsys fs.FS, name string, errs *Errors) *node {
	data, err := readLimited(fsys, name)
	if err != nil {
		*errs = append(*errs, faultOf(name, err))
		return nil
	}
	r := &reader{file: name, errs: errs}
	return r.read(data)
}

// readLimited reads a file up to one byte more than is allowed. To open a pipe could last for
// ever.
func readLimited(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFileSize+1))
}

// A reader turns the bytes of one file into a tree.
type reader struct {
	file   string
	errs   *Errors
	failed bool // there is no tree that could be decoded
}

// report reports a fault that leaves no tree to decode.
func (r *reader) report(line, column int, format string, args ...any) {
	r.failed = true
	r.note(line, column, format, args...)
}

// note reports a fault that leaves a tree in which further faults can be found.
func (r *reader) note(line, column int, format string, args ...any) {
	*r.errs = append(*r.errs, Error{File: r.file, Line: line, Column: column, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) reportAt(tk *token.Token, format string, args ...any) {
	line, column := position(tk)
	r.report(line, column, format, args...)
}

// read returns the only document of data, or nil after reporting faults.
func (r *reader) read(data []byte) *node {
	if len(data) > maxFileSize {
		r.report(0, 0, "file is larger than %d KiB", maxFileSize>>10)
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	// The parser would keep the first half of such a line break in quoted text.
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if !r.plainText(data) {
		return nil
	}
	docs := r.parse(data)
	if r.failed {
		return nil
	}
	if len(docs) > 1 {
		second := docs[1].Start
		if second == nil && docs[1].Body != nil {
			second = docs[1].Body.GetToken()
		}
		r.reportAt(second, "second document in one file: write each into a file of its own")
		return nil
	}
	if len(docs) == 0 || docs[0].Body == nil || docs[0].Body.Type() == ast.CommentType {
		r.report(1, 1, "file is empty")
		return nil
	}
	root := r.convert(docs[0].Body, 1)
	if r.failed {
		return nil
	}
	return root
}

// plainText reports bytes that cannot be in a text file.
func (r *reader) plainText(data []byte) bool {
	for i, line := range bytes.Split(data, []byte("\n")) {
		column := 0
		for len(line) > 0 {
			char, size := utf8.DecodeRune(line)
			column++
			switch {
			case char == utf8.RuneError && size <= 1:
				r.report(i+1, column, "not valid UTF-8")
				return false
			case char < ' ' && char != '\t' && char != '\r', char == 0x7f:
				r.report(i+1, column, "control character %U", char)
				return false
			}
			line = line[size:]
		}
	}
	return true
}

// parse runs the YAML parser and returns the documents.
func (r *reader) parse(data []byte) (docs []*ast.DocumentNode) {
	defer func() {
		// The parser is not ours and its input is anybody's: what it cannot
		// bear is a fault of the file.
		if p := recover(); p != nil {
			r.report(1, 1, "not readable as YAML")
			docs = nil
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if !r.shallow(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntaxError(err, data)
		return nil
	}
	return file.Docs
}

// shallow reports input that would make the parser recurse too deep: nested
// brackets, and lines that open many levels at once. Levels opened by
// indentation are bounded by the size of the file.
func (r *reader) shallow(tokens token.Tokens) bool {
	if len(tokens) > maxTokens {
		r.report(0, 0, "more than %d words and signs in one file", maxTokens)
		return false
	}
	brackets, openers, line := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, openers = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			openers++
		}
		if brackets > maxDepth || openers > maxDepth {
			r.reportAt(tk, "nested deeper than %d levels", maxDepth)
			return false
		}
	}
	return true
}

// syntaxError reports an error of the YAML parser at its place.
func (r *reader) syntaxError(err error, data []byte) {
	var located interface {
		error
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &located) {
		r.report(1, 1, "not readable as YAML")
		return
	}
	line, column := position(located.GetToken())
	if lines := strings.Split(string(data), "\n"); line >= 1 && line <= len(lines) {
		text := lines[line-1]
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		if i := strings.IndexByte(indent, '\t'); i >= 0 {
			r.report(line, i+1, "tab in the indentation: use spaces")
			return
		}
	}
	r.report(line, column, "not valid YAML: %s", clip(located.GetMessage()))
}

// position returns line and column of a token, 1 and 1 when it has none.
func position(tk *token.Token) (line, column int) {
	if tk == nil || tk.Position == nil {
		return 1, 1
	}
	return max(tk.Position.Line, 1), max(tk.Position.Column, 1)
}

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
