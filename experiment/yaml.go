package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	maxBlank    = 100 // empty lines in a row
)

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
	if !r.plainText(data) || !r.fewBlank(data) {
		return nil
	}
	docs := r.parse(data)
	if r.failed {
		return nil
	}
	if len(docs) > 0 && docs[0].Body != nil && docs[0].Body.Type() == ast.DirectiveType {
		r.reportAt(docs[0].Body.GetToken(), "directives (%%) are not allowed: remove the line")
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

// fewBlank reports many empty lines in a row: below a text behind | or > the parser would copy all of
// the text for each.
func (r *reader) fewBlank(data []byte) bool {
	line, blank := 1, 0
	for _, c := range data {
		switch c {
		case '\n', '\r':
			line++
			if blank++; blank > maxBlank+1 {
				r.report(line-1, 1, "more than %d empty lines in a row", maxBlank)
				return false
			}
		case ' ', '\t':
		default:
			blank = 0
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
