package casetest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// nameKeys are the keys by which objects of a list are told apart.
var nameKeys = []string{"name", "variant", "reason"}

// subset returns where got, any JSON, lacks what want says, as "path: what is wrong".
//
//   - an object must have the keys of want, with what want says of each;
//   - a list is equal in length and entry by entry, or, where want is an object, has an
//     entry per key of it that has this name, variant or reason;
//   - a number differs by at most tolerance times the one wanted, or tolerance itself
//     where that one is 0;
//   - a text is the same; one that begins or ends with ... may have anything there;
//   - null is null, or not there at all.
func subset(want, got any, tolerance float64) []string {
	var out []string
	compare("", want, got, tolerance, &out)
	return out
}

func compare(path string, want, got any, tolerance float64, out *[]string) {
	wrong := func() { *out = append(*out, fmt.Sprintf("%s: got %s, want %s", path, show(got), show(want))) }
	switch want := want.(type) {
	case map[string]any:
		for _, key := range sortedKeys(want) {
			value, ok := member(got, key)
			if !ok && want[key] != nil {
				*out = append(*out, fmt.Sprintf("%s.%s: not there, want %s", path, key, show(want[key])))
				continue
			}
			compare(path+"."+key, want[key], value, tolerance, out)
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			wrong()
			return
		}
		for i := range want {
			compare(fmt.Sprintf("%s[%d]", path, i), want[i], list[i], tolerance, out)
		}
	case float64:
		v, ok := got.(float64)
		limit := tolerance * math.Abs(want)
		if want == 0 {
			limit = tolerance
		}
		if !ok || !(math.Abs(v-want) <= limit) {
			wrong()
		}
	case string:
		v, ok := got.(string)
		if !ok || !matches(want, v) {
			wrong()
		}
	default:
		if want != got {
			wrong()
		}
	}
}

// member returns what stands under a key of an object, or the entry of a list by its name.
func member(v any, key string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		value, ok := v[key]
		return value, ok
	case []any:
		for _, entry := range v {
			object, _ := entry.(map[string]any)
			for _, name := range nameKeys {
				if object[name] == key {
					return entry, true
				}
			}
		}
	}
	return nil, false
}

func matches(want, got string) bool {
	open, closed := strings.HasPrefix(want, "..."), strings.HasSuffix(want, "...")
	want = strings.TrimSuffix(strings.TrimPrefix(want, "..."), "...")
	switch {
	case open && closed:
		return strings.Contains(got, want)
	case open:
		return strings.HasSuffix(got, want)
	case closed:
		return strings.HasPrefix(got, want)
	}
	return got == want
}

func show(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestSubset(t *testing.T) {
	for _, c := range []struct {
		want, got string
		faults    int
	}{
		{`{"a":1}`, `{"a":1,"b":2}`, 0},
		{`{"a":1}`, `{"a":1.0000001}`, 0},
		{`{"a":1}`, `{"a":1.00001}`, 1},
		{`{"a":0}`, `{"a":1e-7}`, 0},
		{`{"a":0}`, `{"a":1e-5}`, 1},
		{`{"a":1}`, `{"a":null}`, 1},
		{`{"a":1}`, `{}`, 1},
		{`{"a":null}`, `{}`, 0},
		{`{"a":null}`, `{"a":0}`, 1},
		{`{"a":true,"b":"x"}`, `{"a":false,"b":"y"}`, 2},
		{`{"t":{"n":2}}`, `[{"name":"s","n":3},{"name":"t","n":2}]`, 0},
		{`{"t":{"n":2}}`, `[{"variant":"t","n":3}]`, 1},
		{`{"t":{"n":2}}`, `[{"variant":"t"}]`, 1},
		{`{"t":{"n":2}}`, `null`, 1},
		{`{"u":{}}`, `[{"name":"t"}]`, 1},
		{`{"u":null}`, `[{"name":"t"}]`, 0},
		{`[{"a":1}]`, `[{"a":1},{"a":1}]`, 1},
		{`[{"a":1},{"a":2}]`, `[{"a":1},{"a":3}]`, 1},
		{`"...no..."`, `"there is none"`, 0},
		{`"there..."`, `"there is none"`, 0},
		{`"...none"`, `"there is none"`, 0},
		{`"there"`, `"there is none"`, 1},
		{`"...some..."`, `"there is none"`, 1},
	} {
		var want, got any
		for text, target := range map[string]*any{c.want: &want, c.got: &got} {
			if err := json.Unmarshal([]byte(text), target); err != nil {
				t.Fatal(err)
			}
		}
		if faults := subset(want, got, 1e-6); len(faults) != c.faults {
			t.Errorf("%s in %s: %d faults, want %d: %v", c.want, c.got, len(faults), c.faults, faults)
		}
	}
}
