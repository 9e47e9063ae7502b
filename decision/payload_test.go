package decision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAttributesBelowAttributes: a name that is a value and has others below is the value,
// whatever order the map has.
func TestAttributesBelowAttributes(t *testing.T) {
	p, err := compilePayload(json.RawMessage(`"{{ attribute.user }}, {{ attribute.user.name }}, {{ attribute.a.b.c }}"`))
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		got, err := p.render(&Visitor{Known: Known{Request: Attributes{"user": Text("u"), "user.name": Text("n"), "user.name.first": Text("f"), "a.b.c": Int(7), "a.b": {}}}})
		if err != nil || string(got) != `"u, , 7"` {
			t.Fatalf("%s, %v", got, err)
		}
	}
}

// FuzzPayloadValues: whatever a value is, the payload is JSON with the same structure, and
// only the text with the placeholder differs.
func FuzzPayloadValues(f *testing.F) {
	const raw = `{"a":"{{ attribute.v }}","b":["<i>{{ attribute.v | url_decode }}</i>",1],"{{ attribute.v }}":null,` +
		`"c":{"d":"x{{ attribute.v | default: 'none' | upcase }}","e":"{% if attribute.v == 'a' %}a{% else %}b{% endif %}"}}`
	p, err := compilePayload(json.RawMessage(raw))
	if err != nil {
		f.Fatal(err)
	}
	for _, v := range []string{"", `"`, `\`, `","x":"`, "\x00", "\xff\xfe", "{{ attribute.v }}", "{% raw %}", "</script>", "\u2028", "%22%3C", "🙂", "'"} {
		f.Add(v, int64(0), uint8(0))
	}
	f.Add("", int64(math.MinInt64), uint8(1))
	f.Fuzz(func(t *testing.T, text string, number int64, kind uint8) {
		value := []Value{Text(text), Int(number), Float(math.Float64frombits(uint64(number))), Bool(number > 0), {}}[kind%5]
		out, err := p.render(&Visitor{Known: Known{Request: Attributes{"v": value}}})
		if err != nil {
			return
		}
		var got map[string]any
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%q: %s: %v", text, out, err)
		}
		b, _ := got["b"].([]any)
		c, _ := got["c"].(map[string]any)
		if len(got) != 4 || len(b) != 2 || b[1] != 1.0 || len(c) != 2 || c["e"] != "a" && c["e"] != "b" {
			t.Fatalf("%q: another structure: %s", text, out)
		}
		if _, ok := got["{{ attribute.v }}"]; !ok {
			t.Fatalf("%q: a key was changed: %s", text, out)
		}
		if markup, _ := b[0].(string); strings.ContainsAny(strings.TrimSuffix(strings.TrimPrefix(markup, "<i>"), "</i>"), `<>"'`) {
			t.Fatalf("%q: markup of the value in %s", text, out)
		}
		if bytes.ContainsAny(out, "<>&") {
			t.Fatalf("%q: not safe inside of HTML: %s", text, out)
		}
	})
}

// FuzzCheckPayload: a template is refused or can be rendered; it never panics.
func FuzzCheckPayload(f *testing.F) {
	for _, s := range []string{"{{ attribute.v }}", "{{ attribute.v | divided_by: 0 }}", "{% if a %}{% endif %}", "{{ 'a' | split: '' | first | slice: 0, 9 }}", "<{{ a }}{% raw %}",
		"{{ (1..attribute.v) | uniq }}", "{{ 99999999999999999999 }}", "{{ attribute.v | split: ',' | uniq | join: '..' }}", "{% case a %}{% when 1, 2 %}{% endcase %}"} {
		f.Add(s, "value")
	}
	f.Fuzz(func(t *testing.T, source, value string) {
		raw, err := json.Marshal([]string{source})
		if err != nil || len(source) > 1000 {
			return
		}
		p, err := compilePayload(raw)
		if err != nil {
			return
		}
		if out, err := p.render(&Visitor{Known: Known{Request: Attributes{"v": Text(value)}}}); err == nil && !json.Valid(out) {
			t.Fatalf("%q with %q: %s", source, value, out)
		}
	})
}

// TestTemplateWithoutAttributes: a template that needs an attribute is refused with what to write.
func TestTemplateWithoutAttributes(t *testing.T) {
	const needs, does = `"{{ 10 | divided_by: attribute.n }}"`, `"{% assign n = attribute.n | default: 1 %}{{ 10 | divided_by: n }}"`
	const advice = "for a visitor without attributes: give what it needs a default, as in {% assign n = attribute.n | default: 1 %}"
	if err := CheckPayload([]byte(needs)); err == nil || !strings.HasSuffix(err.Error(), advice) {
		t.Errorf("error %v", err)
	}
	if err := CheckPayload([]byte(does)); err != nil {
		t.Error(err)
	}
}

func TestPayload(t *testing.T) {
	known := Known{Request: Attributes{
		"name": Text(`O'Neil "x" <b>&`), "user.first_name": Text("Ann"), "age": Int(41), "vip": Bool(true), "n": Number("9007199254740993"),
		"coded": Text("%3Cscript%3E"), "tag": Text("<i>\n"),
	}}
	for _, c := range []struct{ raw, want string }{
		{`{"a":1,"b":"x"}`, `{"a":1,"b":"x"}`},
		{`{"text":"Hi {{ attribute.user.first_name | default: 'there' }}","n":1.50}`, `{"text":"Hi Ann","n":1.50}`},
		{`"{{ attribute.nobody }}"`, `""`},
		{`"{{ attribute.nobody | default: 'x' }}"`, `"x"`},
		{`["{{ attribute.name }}"]`, `["O'Neil \"x\" \u003cb\u003e\u0026"]`},
		{`["<p>{{ attribute.name }}</p>"]`, `["\u003cp\u003eO\u0026#39;Neil \u0026#34;x\u0026#34; \u0026lt;b\u0026gt;\u0026amp;\u003c/p\u003e"]`},
		{`"<p>{{ attribute.nobody }}|{{ attribute.age }}|{{ attribute.vip }}</p>"`, `"\u003cp\u003e|41|true\u003c/p\u003e"`},
		{`"<p>{{ attribute.coded | url_decode }}</p>"`, `"\u003cp\u003e\u0026lt;script\u0026gt;\u003c/p\u003e"`},
		{`"<p>{{ attribute.tag | escape | newline_to_br }}</p>"`, `"\u003cp\u003e\u0026lt;i\u0026gt;\u003cbr /\u003e\u003c/p\u003e"`},
		{`"<p>{{- attribute.tag | slice: 0, 3 -}} </p>"`, `"\u003cp\u003e\u0026lt;i\u0026gt;\u003c/p\u003e"`},
		{`"<p>{% assign x = attribute.tag %}{{ x }}{% raw %}{{ y }}{% endraw %}</p>"`, `"\u003cp\u003e\u0026lt;i\u0026gt;\n{{ y }}\u003c/p\u003e"`},
		{`"<p>{% if attribute.name contains '<b>&' %}yes{% endif %}</p>"`, `"\u003cp\u003eyes\u003c/p\u003e"`},
		{`"{{ attribute.tag | replace: '|', 'x' }}"`, `"\u003ci\u003e\n"`},
		{"{ \"a\" : \"{{ attribute.age }}\" ,\n \"{{ k }}\" : 2 }", `{"a":"41","{{ k }}":2}`},
		{`"{{ attribute.age | plus: 1 }} {{ attribute.n }}"`, `"42 9007199254740993"`},
		{`"{% if attribute.vip %}vip{% else %}no{% endif %}"`, `"vip"`},
		{`{"{{ key }}":"v"}`, `{"{{ key }}":"v"}`},
		{`{"a":"\"{{ attribute.age }}\\"}`, `{"a":"\"41\\"}`},
		{`"{{ 'a-b-c' | replace: '-', '+' | replace_first: '+', '=' | append: ')' | prepend: '(' }}"`, `"(a=b+c)"`},
		{`"{{ 'a b c' | split: ' ' | join: ', ' }} {{ 'a b' | split: ' ' | join }} {{ 'a' | json }} {{ 'a&b' | url_encode }}"`, `"a, b, c a b \"a\" a%26b"`},
		{`"{{ 'Bob' | slice: 5, 3 }}|{{ 'Bob' | slice: 3 }}|{{ 'Bob' | slice: 2, 9 }}|{{ 'Bob' | slice: -2, 1 }}|{{ 'Bob' | slice: -4 }}|{{ 'Bob' | slice: 0, -1 }}"`, `"||b|o||"`},
		{`"{{ 'b,a,b,,a,b' | split: ',' | uniq | join: '-' }}"`, `"b-a-"`},
		{`"{{ 'abcdef' | truncate: 5 }}|{{ 'abcde' | truncate: 5 }}|{{ 'äöü' | truncate: 2, '' }}|{{ 'abcdef' | truncate: 1 }}|{{ 'ab' | truncate: 2000 }}|{{ 'abc' | truncate: 2, '$0' }}"`,
			`"ab...|abcde|äö|...|ab|$0"`},
		{`"{{ 'a b c' | truncatewords: 2 }}|{{ 'a b c' | truncatewords: 3 }}|{{ 'abc' | truncatewords: 2 }}|{{ 'a b' | truncatewords: 1, '!' }}"`, `"a b...|a b c|abc|a!"`},
	} {
		p, err := compilePayload(json.RawMessage(c.raw))
		if err != nil {
			t.Errorf("%s: %v", c.raw, err)
			continue
		}
		got, err := p.render(&Visitor{Known: known})
		if err != nil || string(got) != c.want || !json.Valid(got) {
			t.Errorf("%s: got %s, %v, want %s", c.raw, got, err, c.want)
		}
	}
	for _, bad := range []string{
		`"{{ attribute.name "`, `"{{ attribute.name | nofilter }}"`, `"{% for i in (1..10) %}x{% endfor %}"`, `"{% include 'x' %}"`,
		`"{% if attribute.name %}"`, `"{{ }"`, `"{{ }}"`, `"{{ attribute\n.name }}"`, `{"a":`,
		`"{% if attribute.vip %}{{ attribute.name | nofilter }}{% endif %}"`, `"{{ 'now' | date: '%Y' }}"`, `"{% if a | inspect %}x{% endif %}"`,
	} {
		if err := CheckPayload(json.RawMessage(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		} else {
			t.Log(err)
		}
	}
}

// TestLongestText: a text of 256 KiB is the longest that a payload may hold.
func TestLongestText(t *testing.T) {
	p, err := compilePayload(json.RawMessage(`"x{{ attribute.v }}"`))
	if err != nil {
		t.Fatal(err)
	}
	render := func(length int) ([]byte, error) {
		return p.render(&Visitor{Known: Known{Request: Attributes{"v": Text(strings.Repeat("y", length-1))}}})
	}
	if out, err := render(maxRendered); err != nil || len(out) != maxRendered+len(`""`) {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	if out, err := render(maxRendered + 1); err == nil || !strings.Contains(err.Error(), "256 KiB") {
		t.Errorf("a byte more: %d bytes, %v", len(out), err)
	}
}

// TestNullPayloadIsNone: whoever asks gets the default, as without a payload.
func TestNullPayloadIsNone(t *testing.T) {
	p, err := compilePayload(json.RawMessage(" null\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.render(&Visitor{Known: Known{}}); err != nil || got != nil {
		t.Errorf("got %q, %v, want no payload", got, err)
	}
}

// TestGrowingTexts: a short template makes no text beyond all bounds, whatever comes of it in the
// end.
func TestGrowingTexts(t *testing.T) {
	const word = "{% assign a = '<&> %24 $0 b' %}"
	for _, grow := range []string{
		"a | append: a", "a | prepend: a", "a | replace: 'b', a", "a | replace_first: 'b', a", "a | split: '' | join: a", "a | json | append: 'b'",
		"a | truncatewords: 1, a | append: ' b b'", "a | escape | append: a", "a | url_encode | append: a",
	} {
		raw, err := json.Marshal(word + strings.Repeat("{% assign a = "+grow+" %}", 200) + "{{ a | size }}")
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckPayload(raw); err == nil || !strings.Contains(err.Error(), "a text of more than 256 KiB") {
			t.Errorf("%s: error %v", grow, err)
		}
	}
}

// TestTemplatesThatHang: what takes all memory or time, or makes the library panic, is a fault of the
// template.
func TestTemplatesThatHang(t *testing.T) {
	for source, want := range map[string]string{
		"{{ (1..1000000000000) | reverse | first }}":                                  `a range (..) is not allowed in "{{ (1..1000000000000) | reverse | first }}"`,
		"{% assign all = (1..attribute.n) %}{{ all | uniq | size }}":                  "a range (..) is not allowed in ",
		"{{ 99999999999999999999 }}":                                                  `template "{{ 99999999999999999999 }}": the number "99999999999999999999" is too large`,
		"{% if a %}{{ a | plus: 99999999999999999999 }}{% endif %}":                   `the number "99999999999999999999" is too large`,
		"{% case a %}{% when 1" + strings.Repeat(", 1", 100_000) + " %}{% endcase %}": "a placeholder of 300012 bytes in ",
	} {
		raw, err := json.Marshal(source)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckPayload(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, want %s", source, err, want)
		}
	}
	if err := CheckPayload([]byte(`"{{ 'a..b' | append: \"..\" }} (1..9)"`)); err != nil {
		t.Errorf("dots in texts: %v", err)
	}
}

// TestManyDifferent: a visitor who sends a long list of different texts costs no more than one with
// a list of the same.
func TestManyDifferent(t *testing.T) {
	p, err := compilePayload([]byte(`"{{ attribute.v | default: '' | split: ',' | uniq | size }}"`))
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for i := range 150_000 {
		list.WriteString(strconv.Itoa(i) + ",")
	}
	begin := time.Now()
	out, err := p.render(&Visitor{Known: Known{Request: Attributes{"v": Text(list.String())}}})
	if took := time.Since(begin); err != nil || string(out) != `"150000"` || took > 10*time.Second {
		t.Errorf("%s, %v, after %v", out, err, took)
	}
	nested := map[string]any{"a": 1.0}
	if got := different([]any{nil, 1, nested, "1", map[string]any{"a": 1.0}, 1, nil, map[string]any{"a": 2.0}}); len(got) != 5 {
		t.Errorf("members of all kinds: %v", got)
	}
}

// TestFiltersThatPanic: what a filter of the library cannot take is a fault of the template for
// that visitor.
func TestFiltersThatPanic(t *testing.T) {
	if _, err := renderText(nil, nil); err == nil {
		t.Error("no error")
	}
}

// TestAttributesOfAVisitorAreTakenApartOnce: many experiments with placeholders ask about one visitor.
func TestAttributesOfAVisitorAreTakenApartOnce(t *testing.T) {
	p, err := compilePayload(json.RawMessage(`"{{ attribute.a }}"`))
	if err != nil {
		t.Fatal(err)
	}
	v := &Visitor{Known: Known{Request: Attributes{"a": Text("b")}}}
	for i := range 1000 {
		v.Known.Request[fmt.Sprintf("n%d.m", i)] = Int(1)
	}
	// AllocsPerRun runs once before it counts.
	if n := testing.AllocsPerRun(1, func() {
		if got, err := p.render(v); err != nil || string(got) != `"b"` {
			t.Errorf("%s %v", got, err)
		}
	}); n > 500 {
		t.Errorf("%v allocations", n)
	}
}
