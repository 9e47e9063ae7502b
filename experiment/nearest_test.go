package experiment

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	known := []string{"window", "where", "aggregate", "goal"}
	f := func(name, want string) {
		t.Helper()
		if got, _ := Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
	f("windw", "window")
	f("Window", "window")
	f("wnidow", "window")
	f("agregate", "aggregate")
	f("wher", "where")
	f("goals", "goal")
	f("windw_hours", "")
	f("", "")
	f("x", "")
}

// Of many names only the first are listed, but the nearest is named wherever it stands.
func TestUnknownOfMany(t *testing.T) {
	var known []string
	for i := range 250 {
		known = append(known, fmt.Sprintf("experiment-%03d", i))
	}
	got := Unknown("experiment", "experimnt-249", known)
	if want := `unknown experiment "experimnt-249", did you mean "experiment-249"?; known: experiment-000, `; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want it to begin with %q", got, want)
	}
	if want := "experiment-023 and 226 more"; !strings.HasSuffix(got, want) {
		t.Errorf("%q, want it to end with %q", got, want)
	}
}

func TestEditDistance(t *testing.T) {
	f := func(a, b string, want int) {
		t.Helper()
		if got := editDistance(a, b); got != want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", a, b, got, want)
		}
	}
	f("", "", 0)
	f("", "abc", 3)
	f("kitten", "sitting", 3)
	f("ab", "ba", 1)
	f("größe", "grösse", 2)
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abcä")), 0, 8, -1)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := editDistance(a, b)
		la, lb := len([]rune(a)), len([]rune(b))
		if d != editDistance(b, a) || d < max(la-lb, lb-la) || d > max(la, lb) || (d == 0) != (a == b) {
			t.Fatalf("editDistance(%q, %q) = %d", a, b, d)
		}
	})
}
