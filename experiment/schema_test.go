package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// parsedSchema returns a schema as JSON values.
func parsedSchema(t testing.TB, name string) map[string]any {
	t.Helper()
	data, err := Schema(name)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// schemaOf returns the kind of a file of a project.
func schemaOf(file string) string {
	if file == "readout.yaml" {
		return "readout"
	}
	switch folder := path.Dir(file); folder {
	case "metrics":
		return folder
	default:
		return strings.TrimSuffix(folder, "s")
	}
}

// A validator checks values against the part of JSON Schema that we write.
type validator struct{ root map[string]any }

// valid says why a value does not fit, or returns nil. A keyword that it does
// not know is a mistake of the schema.
func (v validator) valid(schema map[string]any, value any) error {
	for _, keyword := range sortedKeys(schema) {
		if err := v.keyword(schema, keyword, schema[keyword], value); err != nil {
			return err
		}
	}
	return nil
}

func (v validator) keyword(schema map[string]any, keyword string, want, value any) error {
	object, isObject := value.(map[string]any)
	array, isArray := value.([]any)
	text, isText := value.(string)
	ok := true
	switch keyword {
	case "$schema", "$defs", "title":
	case "$ref":
		name := strings.TrimPrefix(want.(string), "#/$defs/")
		return v.valid(v.root["$defs"].(map[string]any)[name].(map[string]any), value)
	case "anyOf":
		var errs []error
		for _, s := range want.([]any) {
			err := v.valid(s.(map[string]any), value)
			if err == nil {
				return nil
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	case "type":
		types, several := want.([]any)
		if !several {
			types = []any{want}
		}
		ok = slices.Contains(types, any(typeOf(value)))
	case "enum":
		ok = slices.Contains(want.([]any), value)
	case "pattern":
		ok = !isText || regexp.MustCompile(want.(string)).MatchString(text)
	case "minLength":
		ok = !isText || utf8.RuneCountInString(text) >= int(want.(float64))
	case "maxLength":
		ok = !isText || utf8.RuneCountInString(text) <= int(want.(float64))
	case "minItems":
		ok = !isArray || len(array) >= int(want.(float64))
	case "minProperties":
		ok = !isObject || len(object) >= int(want.(float64))
	case "maxProperties":
		ok = !isObject || len(object) <= int(want.(float64))
	case "uniqueItems":
		for i := range array {
			ok = ok && !slices.ContainsFunc(array[:i], func(other any) bool { return reflect.DeepEqual(other, array[i]) })
		}
	case "items":
		for _, item := range array {
			if err := v.valid(want.(map[string]any), item); err != nil {
				return err
			}
		}
	case "required":
		for _, key := range want.([]any) {
			_, there := object[key.(string)]
			ok = ok && (there || !isObject)
		}
	case "propertyNames":
		for _, key := range sortedKeys(object) {
			if err := v.valid(want.(map[string]any), key); err != nil {
				return err
			}
		}
	case "properties":
		for key, s := range want.(map[string]any) {
			if property, there := object[key]; there {
				if err := v.valid(s.(map[string]any), property); err != nil {
					return fmt.Errorf("%s: %w", key, err)
				}
			}
		}
	case "additionalProperties":
		known, _ := schema["properties"].(map[string]any)
		for _, key := range sortedKeys(object) {
			if _, there := known[key]; there {
				continue
			}
			if want == false {
				return fmt.Errorf("unknown key %s", key)
			}
			if err := v.valid(want.(map[string]any), object[key]); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	default:
		return fmt.Errorf("unknown keyword %s", keyword)
	}
	if !ok {
		return fmt.Errorf("%s: want %v, got %v", keyword, want, value)
	}
	return nil
}

func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

// asJSON returns a YAML file as a JSON value.
func asJSON(t testing.TB, data []byte) any {
	t.Helper()
	var errs Errors
	root := readYAML(fstest.MapFS{"f": {Data: data}}, "f", &errs)
	if root == nil {
		t.Fatal(errs)
	}
	d := decoder{"f", &errs}
	var value any
	if err := json.Unmarshal(d.payload(root, "f"), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// An edit is one change inside a value.
type edit struct {
	where string
	value any // the whole after the edit
}

// edits returns the value with each key and item removed, each value replaced
// by one of another type, and an unknown key added to each mapping.
func edits(where string, value any) []edit {
	var all []edit
	add := func(where string, value any) { all = append(all, edit{where, value}) }
	switch v := value.(type) {
	case map[string]any:
		with := func(key string, value any) map[string]any {
			changed := make(map[string]any)
			for k, old := range v {
				changed[k] = old
			}
			changed[key] = value
			return changed
		}
		add(where+".zzz added", with("zzz", "zzz"))
		for _, key := range sortedKeys(v) {
			removed := with(key, nil)
			delete(removed, key)
			add(where+"."+key+" removed", removed)
			for _, other := range []any{nil, true, 1.5, "x y", []any{}, map[string]any{}, "50%", "7d"} {
				add(fmt.Sprintf("%s.%s = %v", where, key, other), with(key, other))
			}
			for _, inner := range edits(where+"."+key, v[key]) {
				add(inner.where, with(key, inner.value))
			}
		}
	case []any:
		for i := range v {
			add(fmt.Sprintf("%s[%d] twice", where, i), append(slices.Clone(v), v[i]))
			for _, inner := range edits(fmt.Sprintf("%s[%d]", where, i), v[i]) {
				changed := slices.Clone(v)
				changed[i] = inner.value
				add(inner.where, changed)
			}
		}
	}
	return all
}

// TestSchemas compares schemas and decoder: the complete project is valid,
// whatever the decoder takes after an edit is valid too, and an unknown key is
// unknown to both.
func TestSchemas(t *testing.T) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "load", "good_complete.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := archiveFS(t, archive)
	tried, refused := 0, 0
	for _, file := range sortedKeys(fsys) {
		if strings.HasPrefix(path.Base(file), "_") {
			continue
		}
		v := validator{parsedSchema(t, schemaOf(file))}
		original := fsys[file]
		value := asJSON(t, original.Data)
		if err := v.valid(v.root, value); err != nil {
			t.Errorf("%s is not valid: %v", file, err)
		}
		for _, edit := range edits("", value) {
			data, err := json.Marshal(edit.value)
			if err != nil {
				t.Fatal(err)
			}
			fsys[file] = &fstest.MapFile{Data: data}
			faults := faultsOf(fsys, file)
			invalid := v.valid(v.root, edit.value)
			tried++
			switch {
			case invalid != nil && len(faults) == 0:
				t.Errorf("%s%s: taken by the decoder, but not valid: %v", file, edit.where, invalid)
			case invalid == nil && strings.Contains(faults.Error(), `unknown key "zzz"`):
				t.Errorf("%s%s: valid, but refused by the decoder: %v", file, edit.where, faults)
			case invalid != nil:
				refused++
			}
		}
		fsys[file] = original
	}
	if tried < 1000 || refused < tried/2 {
		t.Errorf("%d of %d edits were refused by the schemas", refused, tried)
	}
}

// faultsOf loads a project and returns the faults of one file.
func faultsOf(fsys fstest.MapFS, file string) Errors {
	_, err := LoadFS(fsys)
	var all, own Errors
	_ = errors.As(err, &all)
	for _, fault := range all {
		if fault.File == file {
			own = append(own, fault)
		}
	}
	return own
}

// TestSchemaRefusals names what a schema must refuse by itself.
func TestSchemaRefusals(t *testing.T) {
	f := func(name, data string) {
		t.Helper()
		v := validator{parsedSchema(t, name)}
		if v.valid(v.root, asJSON(t, []byte(data))) == nil {
			t.Errorf("%s: %s is valid", name, data)
		}
	}
	f("experiment", "{}")
	f("experiment", "{name: a, variants: {control: {traffic: 100}}, schedule: {start: 2026-01-01}}")
	f("experiment", "{name: a, variants: {control: {trafic: 100}}, schedule: {end: 2026-01-01}}")
	f("experiment", "{name: a, variants: {control: {traffic: 100}}, schedule: {end: 2026-01-01}, audience: {any: [{attribute: a}]}}")
	f("readout", "{organization: a, project: b}")
	f("metrics", "{purchased: {event: purchase, window: 7}}")
	f("metrics", "{purchased: {event: purchase, aggregate: total}}")
	f("audience", "{attribute: a, is: 1, in: [1]}")
	f("audience", "{audience: other}")
	if _, err := Schema("metric"); err == nil || !strings.HasPrefix(err.Error(), `unknown schema "metric", did you mean "metrics"?`) {
		t.Errorf("error %v", err)
	}
}
