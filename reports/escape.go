package reports

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// nameWidth is how many characters of a name text and pages show.
const nameWidth = 60

// visible returns s as it may be sent to a terminal or shown on a page: every character that does not print,
// among them line breaks, escape sequences and marks that reverse the direction of
// writing, and every byte that is not UTF-8, appears as an escape such as \x1b or \u202e.
func visible(s string) string {
	if printable(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 || !strconv.IsPrint(r) {
			quoted := strconv.Quote(s[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// Visible is how reports write names and sentences, for what is printed beside them.
func Visible(s string) string { return visible(s) }

// printable reports whether every character of s prints.
func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}

// shortName is visible for a name, cut to nameWidth characters.
func shortName(s string) string {
	s = visible(s)
	n := 0
	for i := range s {
		if n == nameWidth-3 && utf8.RuneCountInString(s[i:]) > 3 {
			return s[:i] + "..."
		}
		n++
	}
	return s
}
