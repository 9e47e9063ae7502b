package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/osteele/liquid"

	"readout/experiment"
)

// payload is the JSON of a variant, with placeholders in some of its texts.
type payload struct {
	// static is the whole payload without placeholders; else parts stand between the
	// templates, one more than there are of those.
	static    []byte
	parts     [][]byte
	templates []*liquid.Template
}

// maxRendered is the longest text that a template may make, in bytes.
const maxRendered = 256 << 10

// tagPattern finds the name of every tag of a template.
var tagPattern = regexp.MustCompile(`\{%-?\s*([A-Za-z0-9_#]*)`)

// markPattern finds whole placeholders and tags, as the Liquid library does: a placeholder is
// on one line.
var markPattern = regexp.MustCompile(`\{\{(-?)\s*(.+?)\s*(-?)\}\}|\{%-?\s*(\w+)(?:\s+(?:[^%]|%[^}])+?)?\s*-?%\}`)

// escapePattern finds a filter that escapes for HTML.
var escapePattern = regexp.MustCompile(`\|\s*escape(_once)?\b`)

// allowedTags are those that end whatever the values are: loops and includes are not there.
const allowedTags = " if elsif else endif unless endunless case when endcase assign comment endcomment raw endraw "

// filterPattern finds a text in quotes or the name of a filter.
var filterPattern = regexp.MustCompile(`'[^']*'|"[^"]*"|\|\s*(\w*)`)

// allowedFilters are those that need no clock and are no tools for debugging. The library finds
// an unknown one only where it is used, which may be in front of a visitor.
const allowedFilters = " abs append capitalize ceil default divided_by downcase escape escape_once first floor join json last lstrip minus modulo" +
	" newline_to_br plus prepend remove remove_first replace replace_first reverse round rstrip size slice split strip strip_html strip_newlines" +
	" times truncate truncatewords uniq upcase url_decode url_encode "

// CheckPayload reports what is wrong with the placeholders of a payload.
func CheckPayload(raw json.RawMessage) error {
	_, err := compilePayload(raw)
	return err
}

// compilePayload finds the texts of a payload that have Liquid placeholders, such as
//
//	{"text": "Hi {{ attribute.user.first_name | default: 'there' }}"}
//
// Keys of objects have none. A null is no payload. The error of a template names the text it
// is in.
func compilePayload(raw json.RawMessage) (payload, error) {
	if raw == nil {
		return payload{}, nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return payload{}, fmt.Errorf("payload: %w", err)
	}
	raw = compact.Bytes()
	if string(raw) == "null" {
		return payload{}, nil
	}
	engine := newEngine()
	var p payload
	begin := 0
	for i := 0; i < len(raw); i++ {
		if raw[i] != '"' {
			continue
		}
		end := endOfText(raw, i)
		literal := raw[i:end]
		isKey := end < len(raw) && raw[end] == ':'
		if !isKey && (bytes.Contains(literal, []byte("{{")) || bytes.Contains(literal, []byte("{%"))) {
			t, err := compileText(engine, literal)
			if err != nil {
				return payload{}, err
			}
			p.parts = append(p.parts, raw[begin:i])
			p.templates = append(p.templates, t)
			begin = end
		}
		i = end - 1
	}
	if len(p.templates) == 0 {
		return payload{static: raw}, nil
	}
	p.parts = append(p.parts, raw[begin:])
	if _, err := p.render(Known{}); err != nil {
		return p, fmt.Errorf("%w, for a visitor without attributes: give what it needs a default, as in {%% assign n = attribute.n | default: 1 %%}", err)
	}
	return p, nil
}

// endOfText returns the end of the JSON text that begins at from.
func endOfText(raw []byte, from int) int {
	for i := from + 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

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
		for _, filter := range filterPattern.FindAllStringSubmatch(mark, -1) {
			if filter[0][0] == '|' && !strings.Contains(allowedFilters, " "+filter[1]+" ") {
				return nil, fmt.Errorf("payload: filter %q is not allowed in %s: use%s", filter[1], clip(source), strings.TrimSuffix(allowedFilters, " "))
			}
		}
	}
	text := source
	if strings.Contains(source, "<") {
		text = escaped(source)
	}
	parsed, err := engine.ParseString(text)
	if err != nil {
		return nil, fmt.Errorf("payload: template %s: %s", clip(source), err.Error())
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

// clip quotes a text that may be long.
func clip(text string) string {
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}

// render returns the payload for a visitor, nil for none. A missing attribute is empty, or
// the default that the template names. Every text is written as one JSON text again, with
// <, > and & escaped, so that no value can end it or begin another one.
func (p payload) render(k Known) ([]byte, error) {
	if len(p.templates) == 0 {
		return p.static, nil
	}
	var out bytes.Buffer
	known := nested(k.all())
	for i, t := range p.templates {
		out.Write(p.parts[i])
		text, err := renderText(t, known)
		if err != nil {
			return nil, err
		}
		if len(text) > maxRendered {
			return nil, fmt.Errorf("payload: %w", errTooLong)
		}
		encoded, encodeErr := json.Marshal(strings.ToValidUTF8(text, "\uFFFD"))
		if encodeErr != nil {
			return nil, fmt.Errorf("payload: %w", encodeErr)
		}
		out.Write(encoded)
	}
	out.Write(p.parts[len(p.templates)])
	return out.Bytes(), nil
}

// renderText fills one template in. The library panics on values that no filter of its own
// expects, which a visitor may have.
func renderText(t *liquid.Template, known map[string]any) (text string, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = errors.New("payload: a filter cannot take a value that it is given")
		}
	}()
	text, failed := t.RenderString(liquid.Bindings{"attribute": known})
	if failed != nil {
		return "", fmt.Errorf("payload: %s", failed.Error())
	}
	return text, nil
}

// nested returns attributes as templates see them: user.first_name is first_name of user.
// A name that is a value and has others below keeps the value.
func nested(all Attributes) map[string]any {
	root := make(map[string]any)
	for name, v := range all {
		if !v.Present() {
			continue
		}
		at, leaf := root, name
		for at != nil {
			head, rest, ok := strings.Cut(leaf, ".")
			if !ok {
				at[leaf] = v.liquid()
				break
			}
			if at[head] == nil {
				at[head] = make(map[string]any)
			}
			at, _ = at[head].(map[string]any)
			leaf = rest
		}
	}
	return root
}

// liquid returns the value as templates compute with it.
func (v Value) liquid() any {
	switch v.kind {
	case experiment.ScalarBool:
		return v.yes
	case experiment.ScalarNumber:
		if v.num.exact {
			return v.num.whole
		}
		return v.num.float
	}
	return v.text
}
