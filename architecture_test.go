package readout_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the table of docs/architecture.md: for each package, those of ours that it
// may import. The files are parsed here and now, so that no test cache can answer.
var mayImport = map[string][]string{
	"moments":               {},
	"sequential":            {},
	"cuped":                 {"moments"},
	"power":                 {},
	"internal/atomicfile":   {},
	"internal/parallel":     {},
	"internal/digits":       {},
	"internal/compact":      {},
	"internal/snappy":       {},
	"internal/exposure":     {"internal/atomicfile"},
	"experiment":            {"internal/atomicfile"},
	"ingest/tables":         {"experiment", "internal/compact", "internal/snappy"},
	"ingest/exact":          {},
	"ingest/raw":            {"ingest/exact", "moments"},
	"ingest/scatter":        {},
	"ingest":                {"ingest/tables", "ingest/scatter", "ingest/raw", "experiment", "moments", "internal/atomicfile"},
	"analysis":              {"experiment", "moments", "sequential", "cuped", "internal/digits"},
	"reports":               {"analysis", "experiment", "internal/atomicfile", "internal/digits", "internal/parallel"},
	"decision":              {"experiment", "internal/exposure"},
	"decision/sticky":       {"decision"},
	"decision/exposurelog":  {"decision", "internal/exposure"},
	"decision/profiles":     {"decision", "experiment", "internal/compact"},
	"decision/feed":         {"decision", "decision/profiles", "experiment", "internal/atomicfile"},
	"decision/server":       {"decision", "experiment"},
	"internal/daily":        {"experiment", "ingest", "ingest/tables", "analysis", "reports", "internal/atomicfile", "internal/digits", "internal/parallel"},
	"internal/servicebench": {},
	"internal/benchdata":    {"internal/parallel"},
	"internal/enginebench":  {"ingest", "moments", "internal/benchdata"},
	"internal/goldentest":   {},
	"internal/fractions":    {"moments"},
	"internal/fixedseed":    {},
	"internal/redistest":    {},
	"internal/crashtest":    {},
	"internal/simulate":     {"experiment", "moments", "sequential", "analysis", "internal/digits"},
	"internal/casetest":     {},
	"clients":               {},
	"cmd/readout":           {"*"},
	"cmd/readout-choose":    {"decision", "decision/sticky", "decision/exposurelog", "decision/feed", "decision/server", "experiment", "internal/exposure"},
}

// testsMayImport adds what only the tests of a package may import.
var testsMayImport = map[string][]string{
	"sequential":     {"internal/goldentest"},
	"cuped":          {"internal/goldentest"},
	"power":          {"internal/goldentest", "moments", "sequential"},
	"ingest/raw":     {"internal/fractions"},
	"ingest":         {"internal/fractions", "internal/goldentest"},
	"analysis":       {"internal/goldentest", "power"},
	"reports":        {"moments"},
	"internal/daily": {"internal/exposure"},

	"decision/sticky":      {"internal/exposure", "internal/redistest"},
	"decision/exposurelog": {"decision/sticky"},
	"internal/casetest":    {"experiment", "ingest", "ingest/tables", "moments", "sequential", "power", "analysis", "reports", "internal/daily"},
	"internal/crashtest":   {"experiment", "internal/redistest"},
	"internal/enginebench": {"experiment"},
}

// onlyIn names modules that may be imported from one place only.
var onlyIn = map[string]string{
	"github.com/spf13/cobra":            "cmd/readout",
	"github.com/robfig/cron/v3":         "cmd/readout",
	"github.com/schollz/progressbar/v3": "cmd/readout",
	"github.com/apache/arrow/go/v17":    "reports",
	"gonum.org/v1/plot":                 "reports",
	"github.com/goccy/go-yaml":          "experiment",
}

// TestImports holds the arrows between packages: there are those of the tables and no others,
// and the tables have none that is not there.
func TestImports(t *testing.T) {
	seen := make(map[string]bool)
	type arrow struct {
		from, to string
		ofTest   bool
	}
	arrows := make(map[arrow]bool)
	for _, file := range goFiles(t) {
		dir := filepath.ToSlash(filepath.Dir(file))
		if dir == "." {
			continue
		}
		seen[dir] = true
		allowed, known := mayImport[dir]
		if !known {
			t.Errorf("%s: package %s is not in the table of imports", file, dir)
			continue
		}
		ofTest := strings.HasSuffix(file, "_test.go")
		if ofTest {
			allowed = append(slices.Clone(allowed), testsMayImport[dir]...)
			allowed = append(allowed, "internal/fixedseed")
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if ours, ok := strings.CutPrefix(path, "readout/"); ok {
				arrows[arrow{dir, ours, ofTest}] = true
				if ours != dir && !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
					t.Errorf("%s: %s may not import %s", file, dir, ours)
				}
				continue
			}
			for module, place := range onlyIn {
				if (path == module || strings.HasPrefix(path, module+"/")) && dir != place && !ofTest {
					t.Errorf("%s: only %s imports %s", file, place, module)
				}
			}
		}
	}
	for ofTest, table := range map[bool]map[string][]string{false: mayImport, true: testsMayImport} {
		for dir, allowed := range table {
			if !seen[dir] {
				t.Errorf("no files of package %s were found", dir)
			}
			for _, ours := range allowed {
				if ours != "*" && !arrows[arrow{dir, ours, ofTest}] {
					t.Errorf("%s may import %s and does not, tests: %v", dir, ours, ofTest)
				}
			}
		}
	}
}

// TestSeeds holds that property tests draw the same cases in every run.
func TestSeeds(t *testing.T) {
	draws, fixed := make(map[string]bool), make(map[string]bool)
	for _, file := range goFiles(t) {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			switch dir := filepath.Dir(file); spec.Path.Value {
			case `"pgregory.net/rapid"`:
				draws[dir] = true
			case `"readout/internal/fixedseed"`:
				fixed[dir] = true
			}
		}
	}
	for dir := range draws {
		if dir != filepath.Join("internal", "fixedseed") && !fixed[dir] {
			t.Errorf("tests of %s draw other cases in every run: import readout/internal/fixedseed", dir)
		}
	}
}

// TestPackageComments holds that every package has a doc.go with a comment, that the files which
// that names are there, and that it names all of our packages where it says which are imported.
func TestPackageComments(t *testing.T) {
	dirs := make(map[string]bool)
	for _, file := range goFiles(t) {
		if dir := filepath.Dir(file); dir != "." && !strings.HasSuffix(file, "_test.go") {
			dirs[dir] = true
		}
	}
	for dir := range dirs {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "doc.go"), nil, parser.ParseComments|parser.PackageClauseOnly)
		switch {
		case err != nil:
			t.Errorf("%s: %v", dir, err)
		case f.Doc == nil || len(f.Doc.Text()) < 100:
			t.Errorf("%s/doc.go does not say what the package is for", dir)
		default:
			checkComment(t, filepath.ToSlash(dir), f.Doc.Text())
		}
	}
}

// goFile finds the names and patterns of files in a package comment.
var goFile = regexp.MustCompile(`[a-z0-9_]+\*?[a-z0-9_]*\.go\b`)

// checkComment checks what a package comment names.
func checkComment(t *testing.T, dir, comment string) {
	t.Helper()
	for _, name := range goFile.FindAllString(comment, -1) {
		if found, err := filepath.Glob(filepath.Join(dir, name)); err != nil || len(found) == 0 {
			t.Errorf("%s/doc.go names %s, which is not there", dir, name)
		}
	}
	if _, list, says := strings.Cut(strings.Join(strings.Fields(comment), " "), "it may import "); says {
		for _, ours := range mayImport[dir] {
			if !slices.Contains(strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' || r == '.' }), ours) {
				t.Errorf("%s/doc.go does not say that it may import %s", dir, ours)
			}
		}
	}
}

// goFiles returns all Go files of the module, tests included. A folder with a go.mod is another
// module.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || ofAnotherModule(path)):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".go"):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		wd, _ := os.Getwd()
		t.Fatalf("no Go files in %s", wd)
	}
	return files
}

// ofAnotherModule reports whether a folder below ours is a module of its own.
func ofAnotherModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
