package experiment

import (
	"bytes"
	"encoding/json"
)

// payload turns a value into compact JSON. Keys keep their order and numbers
// their digits. It returns nil after reporting a fault.
func (d *decoder) payload(n *node, what string) json.RawMessage {
	faults := len(*d.errs)
	var out bytes.Buffer
	d.writeJSON(&out, n, what)
	if len(*d.errs) > faults {
		return nil
	}
	return out.Bytes()
}

func (d *decoder) writeJSON(out *bytes.Buffer, n *node, what string) {
	switch n.kind {
	case kindNull:
		out.WriteString("null")
	case kindBool:
		out.WriteString(n.text)
	case kindNumber:
		if !jsonNumber.MatchString(n.text) {
			d.errorf(n, "%s: write %s as a decimal number, or in quotes as text", what, clip(n.text))
		}
		out.WriteString(n.text)
	case kindText:
		writeJSONText(out, n.text)
	case kindList:
		out.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				out.WriteByte(',')
			}
			d.writeJSON(out, item, what)
		}
		out.WriteByte(']')
	case kindMapping:
		out.WriteByte('{')
		for i, p := range n.pairs {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSONText(out, p.key.text)
			out.WriteByte(':')
			d.writeJSON(out, p.value, what)
		}
		out.WriteByte('}')
	}
}

// writeJSONText writes text as a JSON string, with <, > and & as they are.
func writeJSONText(out *bytes.Buffer, text string) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	// Text always has a JSON form and a Buffer never fails to write.
	_ = encoder.Encode(text)
	out.Truncate(out.Len() - len("\n"))
}

// overlay returns base with the fields of over in it: mappings are merged key
// by key at every level, anything else is replaced.
func overlay(base, over *node) *node {
	if base == nil || base.kind != kindMapping || over.kind != kindMapping {
		return over
	}
	replaced := make(map[string]*node, len(over.pairs))
	for _, p := range over.pairs {
		replaced[p.key.text] = p.value
	}
	merged := *base
	merged.pairs = nil
	for _, p := range base.pairs {
		if value, ok := replaced[p.key.text]; ok {
			p.value = overlay(p.value, value)
			delete(replaced, p.key.text)
		}
		merged.pairs = append(merged.pairs, p)
	}
	for _, p := range over.pairs {
		if _, left := replaced[p.key.text]; left {
			merged.pairs = append(merged.pairs, p)
		}
	}
	return &merged
}
