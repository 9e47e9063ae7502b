package experiment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// PayloadYAML writes a payload as YAML, as it would be in a template: keys keep
// their order and numbers their digits. Reading it gives the same payload.
func PayloadYAML(payload json.RawMessage) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	lines, _, err := yamlLines(decoder)
	if err != nil {
		return nil, fmt.Errorf("write payload as YAML: %w", err)
	}
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

// yamlLines returns the lines of the next value, and whether it is one that
// goes behind its key.
func yamlLines(decoder *json.Decoder) (lines []string, inline bool, err error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, false, err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			lines, err = yamlMapping(decoder)
		} else {
			lines, err = yamlList(decoder)
		}
		if err == nil {
			// The closing bracket.
			_, err = decoder.Token()
		}
		if len(lines) == 0 {
			return []string{string(v) + string(v+2)}, true, err
		}
		return lines, false, err
	case json.Number:
		return []string{v.String()}, true, nil
	case string:
		return []string{yamlText(v, plainText)}, true, nil
	case bool:
		return []string{fmt.Sprint(v)}, true, nil
	}
	return []string{"null"}, true, nil
}

func yamlMapping(decoder *json.Decoder) ([]string, error) {
	var lines []string
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		value, inline, err := yamlLines(decoder)
		if err != nil {
			return nil, err
		}
		if head := yamlText(key, plainKey) + ":"; inline {
			lines = append(lines, head+" "+value[0])
		} else {
			lines = append(lines, head)
			lines = append(lines, indent("  ", "  ", value)...)
		}
	}
	return lines, nil
}

func yamlList(decoder *json.Decoder) ([]string, error) {
	var lines []string
	for decoder.More() {
		value, _, err := yamlLines(decoder)
		if err != nil {
			return nil, err
		}
		lines = append(lines, indent("- ", "  ", value)...)
	}
	return lines, nil
}

// indent puts first before the first line and rest before the others.
func indent(first, rest string, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = rest + line
		if i == 0 {
			out[i] = first + line
		}
	}
	return out
}

// Texts that need no quotes.
var (
	plainKey  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*( [A-Za-z0-9_-]+)*$`)
)

// yamlWords mean something else than text to one YAML reader or another.
func yamlWords() []string {
	return []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
}

// YAMLText writes text so that YAML reads it as that text: as it is where that
// is safe, else in double quotes.
func YAMLText(text string) string { return yamlText(text, plainText) }

func yamlText(text string, plain *regexp.Regexp) string {
	if plain.MatchString(text) && !slices.Contains(yamlWords(), strings.ToLower(text)) {
		return text
	}
	var quoted bytes.Buffer
	writeJSONText(&quoted, text)
	var out strings.Builder
	for _, char := range quoted.String() {
		switch {
		case unicode.IsPrint(char):
			out.WriteRune(char)
		case char <= 0xffff:
			fmt.Fprintf(&out, `\u%04x`, char)
		default:
			fmt.Fprintf(&out, `\U%08x`, char)
		}
	}
	return out.String()
}
