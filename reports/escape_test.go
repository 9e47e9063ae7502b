package reports

import (
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":                "",
		"plain, Größe 大小": "plain, Größe 大小",
		"\x1b[2J":         `\x1b[2J`,
		"a\nb\tc\rd":      `a\nb\tc\rd`,
		"\u009b1m":        `\u009b1m`,
		"\u202eabc":       `\u202eabc`,
		"\xff\xfe":        `\xff\xfe`,
		"\ufffd":          "\ufffd",
		"\U000e0041":      `\U000e0041`,
		"\x7f\x00":        `\x7f\x00`,
		`say "hi" \o/`:    `say "hi" \o/`,
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestShortName(t *testing.T) {
	for in, want := range map[string]string{
		"big":                     "big",
		strings.Repeat("ä", 60):   strings.Repeat("ä", 60),
		strings.Repeat("ä", 61):   strings.Repeat("ä", 57) + "...",
		strings.Repeat("x", 1e6):  strings.Repeat("x", 57) + "...",
		strings.Repeat("\x1b", 9): strings.Repeat(`\x1b`, 9),
	} {
		if got := shortName(in); got != want {
			t.Errorf("shortName(%.20q) = %s, want %s", in, got, want)
		}
	}
}
