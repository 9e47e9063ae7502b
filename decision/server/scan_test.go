package server

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParseChoose(f *testing.F) {
	for _, seed := range []string{
		`{"identification":{"userId":"u-1","profileId":"p-1","sourceId":"1234567890123456789"},"names":["checkout_cta"],"device":"all","sessionId":"s-42"}`,
		`{"identification":{"sourceId":1234567890123456789,"userId":-1.5e+3},"name":"a","groups":null,"attributes":{"a":{"b":[1,{}]},"c":null,"d":1e999}}`,
		`{"exposure":false,"explain":true,"url":"\ud83d\udc9a\u0000","optimizationType":"experiment"}`, ` [1, true , false,null,"\\\"" ] `, `{"a":1,}`, `01`, "\"\xff\"", `{"":`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := &scanner{data: body}
		err := s.skip()
		if err == nil {
			err = s.end()
		}
		if deep := err == errDepth; !deep && (err == nil) != json.Valid(body) {
			t.Fatalf("%q: %v, and encoding/json says %v", body, err, json.Valid(body))
		}
		r, err := parseChoose(body)
		if err != nil {
			if err.Error() == "" || !utf8.ValidString(err.Error()) {
				t.Errorf("%q: %q", body, err)
			}
			return
		}
		if !json.Valid(body) || r.unit() == "" || len(r.unit()) > maxIDBytes || !utf8.ValidString(r.unit()) || len(r.names)+len(r.groups) > maxNames {
			t.Errorf("%q: %+v", body, r)
		}
		for name, v := range r.attributes.known {
			if !utf8.ValidString(name) || !utf8.ValidString(v.String()) {
				t.Errorf("%q: attribute %q is %q", body, name, v)
			}
		}
	})
}

func FuzzParseFlag(f *testing.F) {
	f.Add([]byte(`{"context":{"targetingKey":"u-1","plan":"premium","url":"https://x.test/a?b=1","n":{"m":true}}}`))
	f.Add([]byte(`{"context":null,"x":[[]]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseFlag(body)
		if err != nil {
			return
		}
		if !json.Valid(body) {
			t.Errorf("%q is no JSON", body)
		}
		if code, err := r.check(); (code == "") != (err == nil) {
			t.Errorf("%q: %q %v", body, code, err)
		}
	})
}

// FuzzText compares texts with those of encoding/json.
func FuzzText(f *testing.F) {
	for _, seed := range []string{
		`""`, `"a"`, `"a\"b"`, `"\u0041\n\/\b\f\r\t\\"`, `"Ünï💚"`, `"\ud83d\udc9a"`, `"\uD83D\uDC9A"`, `"\ud83d"`, `"\ud83d\ud83d\udc9a"`, `"\ud83d\n"`, `"\udc9a\ud83d"`,
		"\"\xff\xfe\"", "\"\xe2\x82\\n\"", `"\x"`, `"\u12"`, `"\u12g4"`, `"\ud83d\u"`, `"a`, "\"a\nb\"", "\"\\\n\"", `"\`, `"\"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, literal []byte) {
		s := &scanner{data: literal}
		got, err := s.text()
		if err == nil {
			err = s.end()
		}
		var want string
		wantErr := json.Unmarshal(literal, &want)
		if ours := len(literal) > 0 && literal[0] == '"'; ours && ((err == nil) != (wantErr == nil) || string(got) != want && err == nil) {
			t.Errorf("%q: %q %v want %q %v", literal, got, err, want, wantErr)
		}
	})
}

// TestAttributesHaveNamesJoinedByDots holds what becomes of a context.
func TestAttributesHaveNamesJoinedByDots(t *testing.T) {
	r, err := parseFlag([]byte(`{"context":{"targetingKey":"u","device":"tv","a":{"b":{"c":1.50}},"d":true,"e":null,"f":[1],"g":"","big":9007199254740993,"h":1,"h":2}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a.b.c": "1.50", "d": "true", "e": "", "f": "", "g": "", "big": "9007199254740993", "h": "2"}
	for name, text := range want {
		if got := r.attributes.known[name]; got.String() != text || got.Present() != !strings.Contains("e f", name) {
			t.Errorf("%s is %q, %v", name, got, got.Present())
		}
	}
	if len(r.attributes.known) != len(want) {
		t.Errorf("%v", r.attributes)
	}
}

// TestTheLastOfTheSameFieldCounts holds that whoever repeats a field gets what other readers of
// JSON give.
func TestTheLastOfTheSameFieldCounts(t *testing.T) {
	r, err := parseChoose([]byte(`{"names":["a","b"],"identification":{"userId":"u"},"names":["c"],"identification":{"profileId":"p"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.names, []string{"c"}) || r.userID != "" || r.profileID != "p" {
		t.Errorf("names %q, user %q, profile %q", r.names, r.userID, r.profileID)
	}
}

func TestDepth(t *testing.T) {
	for levels, want := range map[int]error{maxDepth: nil, maxDepth + 1: errDepth} {
		for begin, end := range map[string]string{"[": "]", `{"a":`: "}"} {
			s := &scanner{data: []byte(strings.Repeat(begin, levels) + "1" + strings.Repeat(end, levels))}
			if err := s.skip(); err != want {
				t.Errorf("%d levels of %s: %v, want %v", levels, begin, err, want)
			}
		}
	}
}
