package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConsoleBlocks runs docs/first-steps.md and the pages of docs/methods as a reader would
// who pastes them line by line, and compares what is printed with what they show; -update
// writes it there.
//
// Lines of a console block that begin with "$ " are commands, run one by one in one
// directory, which cd changes; the lines behind one are its output, standard error
// included. The block behind a comment "<!-- file: PATH -->" is what the file of that path
// holds from there on.
func TestConsoleBlocks(t *testing.T) {
	t.Setenv("USER", "ana")
	pages := methodPages(t)
	pages = append(pages, filepath.Join(root, "docs", "first-steps.md"))
	commands := 0
	for _, path := range pages {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		commands += strings.Count(string(page), "\n$ ")
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := &console{t: t, dir: t.TempDir()}
			for line := range strings.Lines(string(page)) {
				c.line(strings.TrimSuffix(line, "\n"))
			}
			if c.block != "" {
				t.Fatalf("%s: the last block has no end", path)
			}
			golden(t, path, c.page.String())
		})
	}
	if commands < 40 {
		t.Errorf("the pages have only %d commands", commands)
	}
}

// methodPages returns the paths of the pages about methods.
func methodPages(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "methods", "*.md"))
	if err != nil || len(pages) < 10 {
		t.Fatalf("docs/methods: %d pages, %v", len(pages), err)
	}
	return pages
}

// console is a page that is being run.
type console struct {
	t   *testing.T
	dir string
	// page is the page as it should be.
	page strings.Builder
	// block is the opening line of the block that the next line is in, or empty.
	block string
	// file is the path that the next block, or this one, is to be written to.
	file, content string
}

// line takes the next line of the page.
func (c *console) line(line string) {
	c.t.Helper()
	command, isCommand := strings.CutPrefix(line, "$ ")
	switch {
	case c.block == "":
		if name, ok := strings.CutPrefix(line, "<!-- file: "); ok {
			c.file = strings.TrimSuffix(name, " -->")
		}
		if strings.HasPrefix(line, "```") {
			c.block = line
		}
	case line == "```":
		c.block = ""
		c.write()
	case c.block == "```console" && isCommand:
		c.page.WriteString(line + "\n" + c.run(command))
		return
	case c.block == "```console":
		return
	case c.file != "":
		c.content += line + "\n"
	}
	c.page.WriteString(line + "\n")
}

// write writes the file whose block has ended.
func (c *console) write() {
	c.t.Helper()
	if c.file == "" || c.content == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(c.dir, c.file), []byte(c.content), 0o644); err != nil {
		c.t.Fatal(err)
	}
	c.file, c.content = "", ""
}

// run runs a command and returns what it prints, without the spaces that end lines.
func (c *console) run(command string) string {
	c.t.Helper()
	if dir, ok := strings.CutPrefix(command, "cd "); ok {
		c.dir = filepath.Join(c.dir, dir)
		return ""
	}
	shell := exec.Command("sh", "-c", command)
	shell.Dir = c.dir
	// Some of the commands are mistakes: what they print is compared, their status is in it.
	printed, err := shell.CombinedOutput()
	if err != nil && len(printed) == 0 {
		c.t.Fatalf("$ %s: %v", command, err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(printed)) {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return out.String()
}
