package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
	if _, err := p.render(&Visitor{}); err != nil {
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
func (p payload) render(v *Visitor) ([]byte, error) {
	if len(p.templates) == 0 {
		return p.static, nil
	}
	var out bytes.Buffer
	known := v.attributes()
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
