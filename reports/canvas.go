package reports

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// style is how a piece of text looks where colour is asked for.
type style string

const (
	regular style = ""
	strong  style = "1"
	faint   style = "2"
	red     style = "31"
	green   style = "32"
	yellow  style = "33"
)

// canvas collects the lines of a text report.
type canvas struct {
	strings.Builder
	width int
	color bool
}

// paint returns s in a style. It does not go through go-pretty's colours, which depend on
// the environment of the process.
func (c *canvas) paint(s string, look style) string {
	if !c.color || look == regular || s == "" {
		return s
	}
	return "\x1b[" + string(look) + "m" + s + "\x1b[0m"
}

// line writes s behind an indent, wrapped at spaces to the width; lines after the first
// are indented by two more. A word that is longer than a line stays whole.
func (c *canvas) line(indent int, s string, look style) {
	for i, part := range wrap(s, c.width-indent) {
		margin := indent
		if i > 0 {
			margin += 2
		}
		c.WriteString(strings.Repeat(" ", margin) + c.paint(part, look) + "\n")
	}
}

// blank writes an empty line.
func (c *canvas) blank() { c.WriteByte('\n') }

// wrap splits s at single spaces into lines of at most width columns, of which lines after
// the first leave two free. A width below 20 means no wrapping.
func wrap(s string, width int) []string {
	if width < 20 {
		return []string{s}
	}
	var lines []string
	line, used := "", 0
	for i, word := range strings.Split(s, " ") {
		w := text.StringWidthWithoutEscSequences(word)
		switch {
		case i == 0:
			line, used = word, w
		case used+1+w > width:
			lines = append(lines, line)
			line, used = word, w+2
		default:
			line, used = line+" "+word, used+1+w
		}
	}
	return append(lines, line)
}

// widest returns the columns that the longest line of s takes.
func widest(s string) int { return text.LongestLineLen(s) }
