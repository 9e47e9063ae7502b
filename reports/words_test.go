package reports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"readout/analysis"
	"readout/experiment"
)

// constants returns the texts of the constants of a package whose names begin like that and that
// have the type, all that there are, so that a new one without words is not overlooked.
func constants(t *testing.T, dir, prefix, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
				return true
			}
			has := ""
			if name, ok := spec.Type.(*ast.Ident); ok {
				has = name.Name
			}
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING || has != kind {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, text)
			return true
		})
	}
	if len(out) < 2 {
		t.Fatalf("%s has %d constants %s… of type %q", dir, len(out), prefix, kind)
	}
	return out
}

// Every name that programs use has its words, and is none that a newer version would have written.
func TestEveryNameHasWords(t *testing.T) {
	f := func(what string, names []string, words func(string) string) {
		t.Helper()
		for _, name := range names {
			if got, unknown := words(name), words(name+"?"); got == "" || strings.ReplaceAll(unknown, "?", "") == got {
				t.Errorf("%s %s has no words of its own: %q", what, name, got)
			}
		}
	}
	f("verdict", constants(t, "../analysis", "", "Verdict"), func(s string) string { return verdictWords(analysis.Verdict(s)).Text })
	f("verdict", constants(t, "../analysis", "", "Verdict"), func(s string) string { return verdictWords(analysis.Verdict(s)).Mark })
	f("severity", constants(t, "../analysis", "", "Severity"), func(s string) string {
		w := severityWords(analysis.Severity(s))
		return list(" ", w.Text, w.Class)
	})
	f("kind of metric", constants(t, "../experiment", "", "Kind"), kindWords)
	f("goal", constants(t, "../experiment", "", "Goal"), betterWhen)
	f("devices", constants(t, "../experiment", "", "Devices"), func(s string) string { return devicesWords(experiment.Devices(s)) })
	f("aggregate", constants(t, "../experiment", "", "Aggregate"), func(s string) string {
		return columnWords(experiment.Column{Event: "purchase", Aggregate: experiment.Aggregate(s)})
	})
	for _, status := range constants(t, "../experiment", "", "Status") {
		if g := groupOf(experiment.Status(status)); groups()[g].statuses == nil {
			t.Errorf("status %s is in the group of what belongs nowhere", status)
		}
	}
	for _, role := range constants(t, "../analysis", "", "Role") {
		if isOtherRole(analysis.Role(role)) {
			t.Errorf("role %s has no table", role)
		}
	}
}

// What is asked of an attribute or a column reads as a sentence, whatever the operator.
func TestConditionsInWords(t *testing.T) {
	text := experiment.Scalar{Kind: experiment.ScalarText, Text: "a"}
	number := experiment.Scalar{Kind: experiment.ScalarNumber, Text: "1"}
	yes, no := experiment.Scalar{Kind: experiment.ScalarBool, Text: "true"}, experiment.Scalar{Kind: experiment.ScalarBool, Text: "false"}
	seen := make(map[experiment.Operator]bool)
	f := func(op experiment.Operator, want string, values ...experiment.Scalar) {
		t.Helper()
		seen[op] = true
		if got := comparisonWords("x", op, values); got != want {
			t.Errorf("%s: %q, want %q", op, got, want)
		}
	}
	f(experiment.OpIs, `x is "a"`, text)
	f(experiment.OpIsNot, `x is not "a"`, text)
	f(experiment.OpIn, `x is one of "a", 1`, text, number)
	f(experiment.OpNotIn, `x is none of "a", 1`, text, number)
	f(experiment.OpAtLeast, `x at least 1`, number)
	f(experiment.OpAtMost, `x at most 1`, number)
	f(experiment.OpMoreThan, `x more than 1`, number)
	f(experiment.OpLessThan, `x less than 1`, number)
	f(experiment.OpContains, `x contains "a"`, text)
	f(experiment.OpStartsWith, `x starts with "a"`, text)
	f(experiment.OpEndsWith, `x ends with "a"`, text)
	f(experiment.OpMatches, `x matches the pattern "a"`, text)
	f(experiment.OpExists, `x is known`, yes)
	f(experiment.OpExists, `x is not known`, no)
	for _, op := range experiment.Operators() {
		if !seen[op] {
			t.Errorf("operator %s: nobody knows how it reads", op)
		}
	}
}
