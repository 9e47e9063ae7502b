package reports

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every column of the record is explained where the files are described, and no other.
func TestColumnsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/data.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(page), "### Columns of the scorecard\n")
	if !ok {
		t.Fatal("docs/data.md has no section about the columns")
	}
	explained := make(map[string]bool)
	for _, line := range regexp.MustCompile(`(?m)^\| (`+"`"+`[^|]*) \|`).FindAllStringSubmatch(section, -1) {
		for name := range strings.SplitSeq(line[1], ", ") {
			explained[strings.Trim(name, "`")] = true
		}
	}
	for _, c := range recordColumns() {
		if !explained[c.name] {
			t.Errorf("docs/data.md does not explain the column %s", c.name)
		}
		delete(explained, c.name)
	}
	for name := range explained {
		t.Errorf("docs/data.md explains %s, which is no column", name)
	}
}
