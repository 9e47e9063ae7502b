package decision

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/osteele/liquid"
)

// tagPattern finds the name of every tag of a template.
var tagPattern = regexp.MustCompile(`\{%-?\s*([A-Za-z0-9_#]*)`)

// markPattern finds whole placeholders and tags, as the Liquid library does: a placeholder is
// on one line.
var markPattern = regexp.MustCompile(`\{\{(-?)\s*(.+?)\s*(-?)\}\}|\{%-?\s*(\w+)(?:\s+(?:[^%]|%[^}])+?)?\s*-?%\}`)

// escapePattern finds a filter that escapes for HTML.
var escapePattern = regexp.MustCompile(`\|\s*escape(_once)?\b`)

// allowedTags are those that end whatever the values are: loops and includes are not there.
const allowedTags = " if elsif else endif unless endunless case when endcase assign comment endcomment raw endraw "

// filterPattern finds a text in quotes, the name of a filter, or the dots of a range.
var filterPattern = regexp.MustCompile(`'[^']*'|"[^"]*"|\|\s*(\w*)|\.\.`)

// maxMark is the longest placeholder or tag, in bytes. The library takes time with the square of the
// values that a tag lists.
const maxMark = 8 << 10

// allowedFilters are those that need no clock and are no tools for debugging. The library finds
// an unknown one only where it is used, which may be in front of a visitor.
const allowedFilters = " abs append capitalize ceil default divided_by downcase escape escape_once first floor join json last lstrip minus modulo" +
	" newline_to_br plus prepend remove remove_first replace replace_first reverse round rstrip size slice split strip strip_html strip_newlines" +
	" times truncate truncatewords uniq upcase url_decode url_encode "

// compileText returns the template of a JSON text.
func compileText(engine *liquid.Engine, literal []byte) (*liquid.Template, error) {
	var source string
	if err := json.Unmarshal(literal, &source); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	for _, tag := range tagPattern.FindAllStringSubmatch(source, -1) {
		if !strings.Contains(allowedTags, " "+tag[1]+" ") {
			return nil, fmt.Errorf("payload: tag %q is not allowed in %s: use%s", tag[1], clip(source), strings.TrimSuffix(allowedTags, " "))
		}
	}
	if rest := markPattern.ReplaceAllString(source, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "{%") {
		return nil, fmt.Errorf("payload: a placeholder in %s has no end or is empty: close it with }} or %%}, on the same line", clip(source))
	}
	for _, mark := range markPattern.FindAllString(source, -1) {
		if err := checkMark(mark, source); err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
	}
	text := source
	if strings.Contains(source, "<") {
		text = escaped(source)
	}
	parsed, err := parseText(engine, text)
	if err != nil {
		return nil, fmt.Errorf("payload: template %s: %w", clip(source), err)
	}
	return parsed, nil
}

// checkMark refuses what a placeholder or tag of a text must not have: filters that are not
// allowed, and ranges such as (1..9), which are there for loops and take the memory of all their
// numbers.
func checkMark(mark, source string) error {
	if len(mark) > maxMark {
		return fmt.Errorf("a placeholder of %d bytes in %s: at most %d are allowed", len(mark), clip(source), maxMark)
	}
	for _, found := range filterPattern.FindAllStringSubmatch(mark, -1) {
		switch {
		case found[0] == "..":
			return fmt.Errorf("a range (..) is not allowed in %s: there are no loops", clip(source))
		case found[0][0] == '|' && !strings.Contains(allowedFilters, " "+found[1]+" "):
			return fmt.Errorf("filter %q is not allowed in %s: use%s", found[1], clip(source), strings.TrimSuffix(allowedFilters, " "))
		}
	}
	return nil
}

// parseText parses a template. The library panics on numbers that do not fit into its own.
func parseText(engine *liquid.Engine, text string) (parsed *liquid.Template, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = errors.New("it cannot be read")
			if number, ok := fault.(*strconv.NumError); ok {
				err = fmt.Errorf("the number %s is too large", clip(number.Num))
			}
		}
	}()
	parsed, failed := engine.ParseString(text)
	if failed != nil {
		return nil, errors.New(failed.Error())
	}
	return parsed, nil
}

// escaped returns a template that holds markup with what its placeholders give escaped for
// HTML, behind all filters, so that none can undo it. A placeholder with an escape filter of
// its own is left as it is.
func escaped(source string) string {
	var out strings.Builder
	raw, end := false, 0
	for _, m := range markPattern.FindAllStringSubmatchIndex(source, -1) {
		out.WriteString(source[end:m[0]])
		end = m[1]
		whole := source[m[0]:m[1]]
		switch {
		case m[8] >= 0:
			switch source[m[8]:m[9]] {
			case "raw":
				raw = true
			case "endraw":
				raw = false
			}
		case !raw && !escapePattern.MatchString(whole):
			whole = "{{" + source[m[2]:m[3]] + " " + source[m[4]:m[5]] + " | escape " + source[m[6]:m[7]] + "}}"
		}
		out.WriteString(whole)
	}
	out.WriteString(source[end:])
	return out.String()
}
