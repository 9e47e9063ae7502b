package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// root is where the pages are.
const root = "../.."

// TestCommandsPage holds that docs/commands.md is what the commands say of themselves.
func TestCommandsPage(t *testing.T) {
	var page strings.Builder
	page.WriteString("# Commands\n\nWhat `readout help`, `readout help COMMAND` and `readout-choose --help` print. " +
		"`go test ./cmd/readout -update` writes this page.\n")
	for _, args := range helpPages() {
		var out bytes.Buffer
		if status := run(context.Background(), args, &out, io.Discard, time.Now); status != exitOK {
			t.Fatalf("readout %s: exit status %d", strings.Join(args, " "), status)
		}
		page.WriteString("\n## " + strings.Join(append([]string{"readout"}, args[1:]...), " ") + "\n\n```\n" + out.String() + "```\n")
	}
	service, err := os.ReadFile(filepath.Join("..", "readout-choose", "testdata", "help.txt"))
	if err != nil {
		t.Fatal(err)
	}
	page.WriteString("\n## readout-choose\n\n```\n" + string(service) + "```\n")
	golden(t, filepath.Join(root, "docs", "commands.md"), page.String())
}

// helpPages returns the command lines that print the help of every command.
func helpPages() [][]string {
	pages := [][]string{{"help"}}
	a := &app{out: io.Discard, err: io.Discard}
	for _, c := range a.root().Commands() {
		pages = append(pages, []string{"help", c.Name()})
		for _, sub := range c.Commands() {
			pages = append(pages, []string{"help", c.Name(), sub.Name()})
		}
	}
	return pages
}

// golden compares a file with what it should be, or with -update makes it so.
func golden(t *testing.T, path, want string) {
	t.Helper()
	have, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if string(have) == want {
		return
	}
	if !*update {
		t.Errorf("%s is not up to date: run go test ./cmd/readout -update and read the difference", path)
		return
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDocComment holds that the comment of the package names every command, and that the
// commands that it shows behind "$ " print what stands below them.
func TestDocComment(t *testing.T) {
	data, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	comment := string(data)
	for _, c := range (&app{out: io.Discard, err: io.Discard}).root().Commands() {
		if !regexp.MustCompile(`\b` + c.Name() + `\b`).MatchString(comment) {
			t.Errorf("doc.go does not name readout %s", c.Name())
		}
	}
	shown := strings.Split(comment, "//\t$ readout ")[1:]
	if len(shown) == 0 {
		t.Error("doc.go shows no command")
	}
	for _, example := range shown {
		command, below, _ := strings.Cut(example, "\n")
		var out bytes.Buffer
		run(context.Background(), words.FindAllString(command, -1), &out, &out, time.Now)
		var want strings.Builder
		for line := range strings.Lines(out.String()) {
			want.WriteString("//\t" + line)
		}
		if !strings.HasPrefix(below, want.String()+"//\n") {
			t.Errorf("doc.go: readout %s prints\n%s", command, out.String())
		}
	}
}

// TestCommandsInPages holds that every readout command line in the pages has a command and
// flags that there are.
func TestCommandsInPages(t *testing.T) {
	pages := []string{filepath.Join(root, "README.md")}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, page := range slices.Concat(pages, more, methodPages(t)) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commandLines(string(data)) {
			lines++
			a := &app{out: io.Discard, err: io.Discard}
			if err := parses(a.root(), line); err != nil {
				t.Errorf("%s: %s: %v", page, line, err)
			}
		}
	}
	if lines < 10 {
		t.Errorf("only %d command lines were found", lines)
	}
}

// commandLines returns what follows readout in lines of code blocks that begin with it.
func commandLines(page string) []string {
	var out []string
	page = strings.ReplaceAll(page, "\\\n", " ")
	code := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		line = strings.TrimSpace(line)
		if i := strings.Index(line, "readout "); code && (i == 0 || strings.HasPrefix(line, "30 3 * * *")) {
			line, _, _ = strings.Cut(line[i+len("readout "):], " #")
			line, _, _ = strings.Cut(line, " >")
			if !strings.Contains(line, "[") {
				out = append(out, line)
			}
		}
	}
	return out
}

// words are the words of a command line; quotes keep one together.
var words = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)

// parses finds the command of a line and parses its flags and arguments, and runs nothing.
func parses(root *cobra.Command, line string) error {
	args := words.FindAllString(line, -1)
	if args[0] == "help" {
		return nil
	}
	c, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	return c.ValidateArgs(c.Flags().Args())
}
