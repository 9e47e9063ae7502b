package experiment

import (
	"testing"
	"testing/fstest"
)

// TestYAMLText reads templates whose texts the YAML parser would quietly change, or give to
// another key.
func TestYAMLText(t *testing.T) {
	f := func(file, payload, fault string) {
		t.Helper()
		p, err := LoadFS(fstest.MapFS{
			projectFile: {Data: []byte(
				"organization: a\nproject: p\ndata: {exposures: {path: e}, conversions: {path: c}}\n")},
			"templates/t.yaml": {Data: []byte(file)},
		})
		switch {
		case fault != "":
			if err == nil || err.Error() != "templates/t.yaml:"+fault {
				t.Errorf("%q: got %v, want %s", file, err, fault)
			}
		case err != nil:
			t.Errorf("%q: %v", file, err)
		case string(p.Templates[0].Payload) != payload:
			t.Errorf("%q: got %s, want %s", file, p.Templates[0].Payload, payload)
		}
	}
	const tab = `tab inside text without quotes: use a space, or double quotes and \t`
	f("a: 5\t0\n", "", "1:5: "+tab)
	f("one: ü\n  two\tthree\n", "", "2:6: "+tab)
	f("a: [b\tc]\n", "", "1:6: "+tab)
	f("a\tb: c\n", "", "1:2: "+tab)
	f("a:\tb\t# c\td\n", `{"a":"b"}`, "")
	f("a: 'b\tc'\n", `{"a":"b\tc"}`, "")
	f("a: |\n  b\tc\n", `{"a":"b\tc\n"}`, "")

	const item = "the list item above has no value: write null, or indent what belongs to it"
	f("a:\n- x\n-\nb: 1\n", "", "4:1: "+item)
	f("a:\n- x\n-\n{b: 1}\n", "", "4:1: "+item)
	f("a:\n  - x\n  -\nb: 1\n", `{"a":["x",null],"b":1}`, "")
	f("a:\n-\n  b: 1\n- c: 1\n", `{"a":[{"b":1},{"c":1}]}`, "")

	f("a: \"x\r\n\r\n  y\"\r\nb: |\r\n  z\r\n", `{"a":"x\ny","b":"z\n"}`, "")
}
