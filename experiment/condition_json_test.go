package experiment

import (
	"encoding/json"
	"testing"
)

// TestConditionJSON writes conditions as YAML has them and reads them back.
func TestConditionJSON(t *testing.T) {
	text := func(s string) Scalar { return Scalar{ScalarText, s} }
	f := func(c Condition, want string) {
		t.Helper()
		data, err := marshalPlain(c)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "JSON", want, string(data))
		var read Condition
		if err := json.Unmarshal(data, &read); err != nil {
			t.Fatal(err)
		}
		same(t, want, c, read)
	}
	several := []Scalar{text("<1>"), {ScalarNumber, "1.50"}, {ScalarBool, "true"}, text("true")}
	f(Condition{Attribute: "a", Operator: OpIn, Values: several}, `{"attribute":"a","in":["<1>",1.50,true,"true"]}`)
	f(Condition{Attribute: "a", Operator: OpNotIn, Values: several}, `{"attribute":"a","not_in":["<1>",1.50,true,"true"]}`)
	for _, op := range Operators() {
		if op != OpIn && op != OpNotIn {
			f(Condition{Attribute: "a", Operator: op, Values: []Scalar{text("b")}}, `{"attribute":"a","`+string(op)+`":"b"}`)
		}
	}
	inner := Condition{Attribute: "in", Operator: OpIs, Values: []Scalar{{ScalarNumber, "9007199254740993"}}}
	f(Condition{All: []Condition{inner, {Not: &Condition{Any: []Condition{inner}}}}},
		`{"all":[{"attribute":"in","is":9007199254740993},{"not":{"any":[{"attribute":"in","is":9007199254740993}]}}]}`)

	for _, c := range []Condition{
		{}, {Attribute: "a"}, {Attribute: "a", Operator: "x"}, {Attribute: "a", Operator: OpIs},
		{Attribute: "a", Operator: OpIs, Values: []Scalar{text("a"), text("b")}}, {All: []Condition{{}}},
	} {
		if data, err := json.Marshal(c); err == nil {
			t.Errorf("%+v became %s", c, data)
		}
	}
	for _, data := range []string{
		`{}`, `null`, `[]`, `{"all":[]}`, `{"any":[null]}`, `{"not":null}`, `{"all":[{"attribute":"a","is":1}],"any":[{"attribute":"a","is":1}]}`,
		`{"al":[]}`, `{"attribute":"a"}`, `{"attribute":"","is":1}`, `{"attribute":1,"is":1}`, `{"attribute":"a","is":1,"is_not":2}`,
		`{"attribute":"a","is":null}`, `{"attribute":"a","is":[1]}`, `{"attribute":"a","in":1}`, `{"attribute":"a","in":[]}`, `{"attribute":"a","in":[{}]}`,
	} {
		var c Condition
		if err := json.Unmarshal([]byte(data), &c); err == nil {
			t.Errorf("%s became %+v", data, c)
		}
	}
}

// TestPageRuleJSON writes page rules as YAML has them.
func TestPageRuleJSON(t *testing.T) {
	for _, op := range PageOperators() {
		rule := PageRule{op, "https://shop.example/?a&b"}
		data, err := marshalPlain(rule)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "JSON", `{"`+string(op)+`":"https://shop.example/?a&b"}`, string(data))
		var read PageRule
		if err := json.Unmarshal(data, &read); err != nil || read != rule {
			t.Errorf("%s became %+v, error %v", data, read, err)
		}
	}
	for _, data := range []string{`{}`, `null`, `{"is":"a"}`, `{"contains":1}`, `{"contains":"a","matches":"b"}`} {
		var r PageRule
		if err := json.Unmarshal([]byte(data), &r); err == nil {
			t.Errorf("%s became %+v", data, r)
		}
	}
	if data, err := json.Marshal(PageRule{}); err == nil {
		t.Errorf("an empty rule became %s", data)
	}
}
