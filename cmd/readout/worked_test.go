package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamplesInPages holds that the pages about methods show what Go examples print: the
// block behind a comment "<!-- example: FILE NAME -->" is the output of the example of that
// name, which go test compares in its own package. -update writes it there.
func TestExamplesInPages(t *testing.T) {
	shown := 0
	for _, path := range methodPages(t) {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		var want string
		inBlock := false
		for line := range strings.Lines(string(page)) {
			if words := strings.Fields(line); len(words) == 5 && words[0] == "<!--" && words[1] == "example:" {
				want = exampleOutput(t, words[2], words[3])
				shown++
			}
			switch {
			case want != "" && !inBlock && line == "```\n":
				inBlock = true
				out.WriteString(line + want)
			case inBlock && line != "```\n":
			default:
				if inBlock {
					inBlock, want = false, ""
				}
				out.WriteString(line)
			}
		}
		if want != "" {
			t.Errorf("%s: the example %q has no block that ends", path, want)
			continue
		}
		golden(t, path, out.String())
	}
	if shown < 5 {
		t.Errorf("only %d examples were found", shown)
	}
}

// exampleOutput returns what an example of a file prints, by its comment.
func exampleOutput(t *testing.T, file, name string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(file)), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range doc.Examples([]*ast.File{f}...) {
		if "Example"+e.Name == name && e.Output != "" {
			return e.Output
		}
	}
	t.Fatalf("%s has no %s with an output", file, name)
	return ""
}

// TestDemoInPages holds that the pages about methods quote the scorecards of the demo: the
// lines of a block behind a comment "<!-- demo -->" are lines of these, in their order. It
// stands behind TestScripts, which rewrites them with -update.
func TestDemoInPages(t *testing.T) {
	printed := demoScorecards(t)
	quoted := 0
	for _, path := range methodPages(t) {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n, block := range strings.Split(string(page), "<!-- demo -->\n```\n") {
			if n == 0 {
				continue
			}
			block, _, _ = strings.Cut(block, "```\n")
			rest := "\n" + printed
			for line := range strings.Lines(block) {
				quoted++
				var ok bool
				if _, rest, ok = strings.Cut(rest, "\n"+line); !ok {
					t.Errorf("%s: the demo does not print, or not here: %s", path, line)
					break
				}
				rest = "\n" + rest
			}
		}
	}
	if quoted < 5 {
		t.Errorf("only %d lines were found", quoted)
	}
}

// TestMethodPages holds that every page about a method says what it assumes, its formula,
// when to use it, an example and its sources, and that docs/statistics.md leads to it.
func TestMethodPages(t *testing.T) {
	overview, err := os.ReadFile(filepath.Join(root, "docs", "statistics.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range methodPages(t) {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(overview), "](methods/"+filepath.Base(path)+")") {
			t.Errorf("docs/statistics.md has no link to %s", path)
		}
		for _, part := range []string{"Assumes", "Formula", "When to use it", "Worked example", "Sources"} {
			if !strings.Contains(string(page), fmt.Sprintf("\n## %s\n", part)) {
				t.Errorf("%s has no section %q", path, part)
			}
		}
	}
}
