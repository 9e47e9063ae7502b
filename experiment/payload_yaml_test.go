package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

func TestPayloadYAML(t *testing.T) {
	f := func(payload, want string) {
		t.Helper()
		got, err := PayloadYAML([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		same(t, payload, want, string(got))
	}
	f(`"Buy now"`, "Buy now\n")
	f(`null`, "null\n")
	f(`"null"`, "\"null\"\n")
	f(`1.50`, "1.50\n")
	f(`{}`, "{}\n")
	f(`{"size":"large","on":true,"style":{"color":"#f00","sizes":[1,[2,3],{"a":1,"b":[]}]}}`, `size: large
"on": true
style:
  color: "#f00"
  sizes:
    - 1
    - - 2
      - 3
    - a: 1
      b: []
`)
	if _, err := PayloadYAML([]byte(`{"a":`)); err == nil {
		t.Error("half a payload was written")
	}
}

// TestPayloadYAMLReadsBack gives every payload back.
func TestPayloadYAMLReadsBack(t *testing.T) {
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		scalar := rapid.OneOf(
			rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Int().AsAny(),
			rapid.SampledFrom([]string{"no", "1", " a", "a: b", "- a", "#", "\u0085", "\U0001f600", "é", "", "a\nb", "~", "{", "1e3"}).AsAny(),
			rapid.SampledFrom([]json.Number{"1.0", "-0", "1e400", "12345678901234567890"}).AsAny(),
		)
		if depth == 0 {
			return scalar
		}
		return rapid.OneOf(scalar,
			rapid.SliceOfN(value(depth-1), 0, 3).AsAny(),
			rapid.MapOfN(rapid.StringMatching(`[ -~é]{1,8}`), value(depth-1), 0, 3).AsAny())
	}
	rapid.Check(t, func(t *rapid.T) {
		payload, err := marshalPlain(value(3).Draw(t, "payload"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := PayloadYAML(payload)
		if err != nil {
			t.Fatal(err)
		}
		var errs Errors
		root := readYAML(fstest.MapFS{"a.yaml": {Data: text}}, "a.yaml", &errs)
		if root == nil {
			t.Fatalf("%v\n%s", errs, text)
		}
		d := decoder{"a.yaml", &errs}
		if got := d.payload(root, "payload"); !bytes.Equal(got, payload) {
			t.Fatalf("%s became %s, %v\n%s", payload, got, errs, text)
		}
	})
}

// TestLoadWith checks a file before it is written.
func TestLoadWith(t *testing.T) {
	dir := t.TempDir()
	base := checkoutFiles(t)
	for _, name := range sortedKeys(base) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, base[name].Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text := []byte("name: other\nvariants: {control: {traffic: 50}, big: {traffic: 50, template: button}}\nschedule: {end: 2026-02-01}\n")
	p, err := LoadWith(dir, map[string][]byte{"experiments/other.yaml": text, "templates/button.yaml": []byte("size: large\n")})
	if err != nil || len(p.Experiments) != 2 {
		t.Fatalf("project %+v, error %v", p, err)
	}
	_, err = LoadWith(dir, map[string][]byte{"experiments/checkout.yaml": text})
	same(t, "replaced", `experiments/checkout.yaml:2:65: unknown template "button"; there is none; templates are the files templates/NAME.yaml`, err.Error())
	if _, err := (overlayFS{os.DirFS(dir), nil}).ReadDir("nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// checkoutFiles are the files of the project with the experiment checkout.
func checkoutFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "lifecycle.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return archiveFS(t, archive)
}
