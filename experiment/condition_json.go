package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// MarshalJSON writes a condition as YAML has it, with the names of audiences
// resolved: {"any":[…]}, {"all":[…]}, {"not":…} or {"attribute":"country","in":["DE","AT"]}.
func (c Condition) MarshalJSON() ([]byte, error) {
	switch {
	case c.All != nil:
		return marshalPlain(map[string][]Condition{"all": c.All})
	case c.Any != nil:
		return marshalPlain(map[string][]Condition{"any": c.Any})
	case c.Not != nil:
		return marshalPlain(map[string]*Condition{"not": c.Not})
	case c.Attribute == "" || !slices.Contains(Operators(), c.Operator):
		return nil, errors.New("a condition without a form")
	}
	return marshalComparison(c)
}

// marshalComparison writes a comparison with the attribute before the operator.
func marshalComparison(c Condition) ([]byte, error) {
	values := make([]json.RawMessage, len(c.Values))
	for i, v := range c.Values {
		values[i] = v.json()
	}
	var operand any = values
	if c.Operator != OpIn && c.Operator != OpNotIn {
		if len(values) != 1 {
			return nil, fmt.Errorf("%s compares with %d values", c.Operator, len(values))
		}
		operand = values[0]
	}
	text, err := marshalPlain(operand)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(`{"attribute":`)
	writeJSONText(&out, c.Attribute)
	fmt.Fprintf(&out, ",%q:", c.Operator)
	out.Write(text)
	out.WriteByte('}')
	return out.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes and nothing else.
func (c *Condition) UnmarshalJSON(data []byte) error {
	var form map[string]json.RawMessage
	if err := json.Unmarshal(data, &form); err != nil {
		return err
	}
	if attribute, ok := form["attribute"]; ok {
		delete(form, "attribute")
		return c.unmarshalComparison(attribute, form)
	}
	if len(form) != 1 {
		return fmt.Errorf("condition: want one of all, any, not and attribute, got %d keys", len(form))
	}
	*c = Condition{}
	for key, value := range form {
		switch key {
		case "all":
			return unmarshalGroup(value, &c.All)
		case "any":
			return unmarshalGroup(value, &c.Any)
		case "not":
			c.Not = &Condition{}
			return json.Unmarshal(value, c.Not)
		default:
			return fmt.Errorf("condition: %s", Unknown("key", key, []string{"all", "any", "not", "attribute"}))
		}
	}
	return nil
}

func unmarshalGroup(data []byte, members *[]Condition) error {
	if err := json.Unmarshal(data, members); err != nil {
		return err
	}
	if len(*members) == 0 {
		return errors.New("condition: the list has no condition")
	}
	return nil
}

// unmarshalComparison reads the attribute and the only operator of a comparison.
func (c *Condition) unmarshalComparison(attribute []byte, operators map[string]json.RawMessage) error {
	if len(operators) != 1 {
		return fmt.Errorf("condition: want one operator, got %d", len(operators))
	}
	read := Condition{}
	if err := json.Unmarshal(attribute, &read.Attribute); err != nil {
		return err
	}
	for key, value := range operators {
		read.Operator = Operator(key)
		if read.Attribute == "" || !slices.Contains(Operators(), read.Operator) {
			return fmt.Errorf("condition: unknown operator %q, or no attribute", clip(key))
		}
		items := []json.RawMessage{value}
		if read.Operator == OpIn || read.Operator == OpNotIn {
			items = nil
			if err := json.Unmarshal(value, &items); err != nil {
				return err
			}
		}
		for _, item := range items {
			v, err := parseScalar(item)
			if err != nil {
				return err
			}
			read.Values = append(read.Values, v)
		}
		if len(read.Values) == 0 {
			return errors.New("condition: the list is empty")
		}
	}
	*c = read
	return nil
}

// json returns the scalar as a JSON value.
func (s Scalar) json() json.RawMessage {
	if s.Kind != ScalarText {
		return json.RawMessage(s.Text)
	}
	var out bytes.Buffer
	writeJSONText(&out, s.Text)
	return out.Bytes()
}

// parseScalar reads a text, a number or a bool. Numbers keep their digits.
func parseScalar(data json.RawMessage) (Scalar, error) {
	text := string(bytes.TrimSpace(data))
	switch {
	case text == "true" || text == "false":
		return Scalar{ScalarBool, text}, nil
	case jsonNumber.MatchString(text):
		return Scalar{ScalarNumber, text}, nil
	case len(text) > 0 && text[0] == '"':
		var value string
		err := json.Unmarshal(data, &value)
		return Scalar{ScalarText, value}, err
	}
	return Scalar{}, fmt.Errorf("condition: %s is no single value", clip(text))
}

// MarshalJSON writes a rule as YAML has it: {"starts_with":"https://shop.example/"}.
func (r PageRule) MarshalJSON() ([]byte, error) {
	if !slices.Contains(PageOperators(), r.Operator) {
		return nil, errors.New("a page rule without an operator")
	}
	return marshalPlain(map[Operator]string{r.Operator: r.Text})
}

// UnmarshalJSON reads what MarshalJSON writes and nothing else.
func (r *PageRule) UnmarshalJSON(data []byte) error {
	var form map[Operator]string
	if err := json.Unmarshal(data, &form); err != nil {
		return err
	}
	if len(form) != 1 {
		return fmt.Errorf("page rule: want one operator, got %d", len(form))
	}
	for operator, text := range form {
		if !slices.Contains(PageOperators(), operator) {
			return fmt.Errorf("page rule: %s", Unknown("operator", string(operator), asTexts(PageOperators())))
		}
		*r = PageRule{operator, text}
	}
	return nil
}

// marshalPlain is json.Marshal with <, > and & as they are.
func marshalPlain(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// asTexts returns allowed names as plain text.
func asTexts[T ~string](names []T) []string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return texts
}
