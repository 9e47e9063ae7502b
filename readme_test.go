package readout_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"readout/analysis"
	"readout/experiment"
)

// documents returns the paths of all pages for people.
func documents(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(found), err)
		}
		pages = append(pages, found...)
	}
	return pages
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinks holds that links between pages lead to files and headings that are there.
func TestLinks(t *testing.T) {
	for _, page := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(readText(t, page), -1) {
			target := match[1]
			if strings.Contains(target, "://") {
				continue
			}
			path, heading, _ := strings.Cut(target, "#")
			file := page
			if path != "" {
				file = filepath.Join(filepath.Dir(page), filepath.FromSlash(path))
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: link to %s: %v", page, target, err)
				continue
			}
			if heading != "" && !slices.Contains(headings(readText(t, file)), heading) {
				t.Errorf("%s: link to %s: no such heading", page, target)
			}
		}
	}
}

var notInHeading = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// headings returns the anchors of a page's headings.
func headings(page string) []string {
	var out []string
	for line := range strings.Lines(page) {
		if title := strings.TrimLeft(line, "#"); title != line {
			anchor := notInHeading.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			out = append(out, strings.ReplaceAll(anchor, " ", "-"))
		}
	}
	return out
}

// TestDecisionsAreNumbered holds that decisions have a number each, in their name and title.
func TestDecisionsAreNumbered(t *testing.T) {
	pages, err := filepath.Glob("docs/decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, page := range pages {
		number := fmt.Sprintf("%03d", i+1)
		if !strings.HasPrefix(filepath.Base(page), number+"-") || !strings.HasPrefix(readText(t, page), "# "+number+" ") {
			t.Errorf("%s: want number %s in its name and title", page, number)
		}
	}
}

// TestImportTable holds that docs/architecture.md shows mayImport.
func TestImportTable(t *testing.T) {
	page := readText(t, "docs/architecture.md")
	for _, name := range slices.Sorted(maps.Keys(mayImport)) {
		allowed := "nothing"
		if list := mayImport[name]; slices.Equal(list, []string{"*"}) {
			allowed = "everything"
		} else if len(list) > 0 {
			allowed = "`" + strings.Join(list, "`, `") + "`"
		}
		if row := fmt.Sprintf("| `%s` | %s |\n", name, allowed); !strings.Contains(page, row) {
			t.Errorf("docs/architecture.md: want the row %s", row)
		}
	}
	table := page[strings.Index(page, "| package | may import |"):]
	table = table[:strings.Index(table, "\n\n")]
	if rows := strings.Count(table, "\n") - 1; rows != len(mayImport) {
		t.Errorf("docs/architecture.md: %d packages may import, want %d", rows, len(mayImport))
	}
}

// TestKeysAreDocumented holds that docs/configuration.md names every key that the decoder
// knows, and every allowed name.
func TestKeysAreDocumented(t *testing.T) {
	page := readText(t, "docs/configuration.md")
	keys := decoderKeys(t)
	if len(keys) < 70 {
		t.Fatalf("only %d keys were found in the decoder", len(keys))
	}
	for _, names := range [][]string{
		keys, texts(experiment.Types()), texts(experiment.Aggregates()), texts(experiment.Goals()),
		texts(experiment.AllSides()), texts(experiment.ImmaturePolicies()),
		texts(experiment.SeveralVariantsPolicies()), texts(experiment.Methods()),
		texts(experiment.Procedures()), texts(experiment.Corrections()), texts(experiment.Futilities()),
		texts(experiment.Displays()), texts(experiment.AllDevices()), texts(experiment.Hashes()),
		texts(experiment.ExcludedPolicies()), texts(experiment.Operators()), texts(experiment.PageOperators()),
	} {
		for _, name := range names {
			if !strings.Contains(page, "`"+name+"`") {
				t.Errorf("docs/configuration.md does not name `%s`", name)
			}
		}
	}
	for _, name := range experiment.SpendingNames() {
		if !strings.Contains(page, string(name)) {
			t.Errorf("docs/configuration.md does not name the spending function %s", name)
		}
	}
}

func texts[T ~string](names []T) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = string(name)
	}
	return out
}

// decoderKeys returns the first element of every literal of type field, or of a list of
// these, in the files of package experiment: the keys that it decodes.
func decoderKeys(t *testing.T) []string {
	t.Helper()
	var keys []string
	add := func(literal *ast.CompositeLit) {
		if len(literal.Elts) == 0 {
			return
		}
		if text, ok := literal.Elts[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
			key, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key)
		}
	}
	files, err := filepath.Glob("experiment/decode*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			switch typ := literal.Type.(type) {
			case *ast.Ident:
				if typ.Name == "field" {
					add(literal)
				}
			case *ast.ArrayType:
				if name, ok := typ.Elt.(*ast.Ident); ok && name.Name == "field" {
					for _, e := range literal.Elts {
						if inner, ok := e.(*ast.CompositeLit); ok {
							add(inner)
						}
					}
				}
			}
			return true
		})
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// TestNamesAreDocumented holds that the pages name every check and every reason for which
// rows are left out.
func TestNamesAreDocumented(t *testing.T) {
	for _, c := range []struct{ file, prefix, page string }{
		{"analysis/checks.go", "Check", "docs/statistics.md"},
		{"analysis/leftout.go", "Left", "docs/data.md"},
	} {
		page := readText(t, c.page)
		names := constants(t, c.file, c.prefix)
		if len(names) < 10 {
			t.Errorf("%s: only %d names were found", c.file, len(names))
		}
		for _, name := range names {
			if !strings.Contains(page, "| `"+name+"` |") {
				t.Errorf("%s has no row for `%s`", c.page, name)
			}
		}
	}
}

// TestStateIsDocumented holds that docs/state.md has a row for every key of the files that it
// describes.
func TestStateIsDocumented(t *testing.T) {
	page := readText(t, "docs/state.md")
	var firsts strings.Builder
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "| `") {
			firsts.WriteString(line)
		}
	}
	rows := firsts.String()
	for _, value := range []any{
		experiment.Entry{}, experiment.Definition{}, experiment.VariantTraffic{}, analysis.Look{}, analysis.LookArm{},
		analysis.Conversions{}, experiment.Published{}, experiment.PublishedExperiment{}, experiment.PublishedVariant{}, experiment.Phase{},
	} {
		of := reflect.TypeOf(value)
		for i := range of.NumField() {
			key, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if key != "" && key != "-" && !strings.Contains(rows, "`"+key+"`") {
				t.Errorf("docs/state.md has no row for `%s` of %s", key, of)
			}
		}
	}
}

// constants returns the values of a file's text constants whose names begin with prefix.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == token.STRING {
			text, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, text)
		}
		return true
	})
	return out
}

// TestDependenciesAreDocumented holds that docs/dependencies.md has a row for every module
// that go.mod requires directly, and for its tools.
func TestDependenciesAreDocumented(t *testing.T) {
	page := readText(t, "docs/dependencies.md")
	for line := range strings.Lines(readText(t, "go.mod")) {
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.HasPrefix(line, "\t") {
			continue
		}
		if !strings.Contains(page, "| "+fields[0]+" |") {
			t.Errorf("docs/dependencies.md has no row for %s", fields[0])
		}
	}
}

// TestCommandsOfREADME holds that README.md shows the two commands to begin with, and that
// CI runs the same.
func TestCommandsOfREADME(t *testing.T) {
	readme, ci := readText(t, "README.md"), readText(t, ".ci/run")
	for _, command := range []string{"go run ./cmd/readout demo", "go test ./..."} {
		if !strings.Contains(readme, "\n"+command+"\n") {
			t.Errorf("README.md does not show %q", command)
		}
		if !strings.Contains(ci, "\n"+command) {
			t.Errorf(".ci/run does not run %q", command)
		}
	}
}
