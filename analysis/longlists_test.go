package analysis

import (
	"strings"
	"testing"
)

// TestLongLists: of many names a sentence has the first, and says how many more there are.
func TestLongLists(t *testing.T) {
	unknown := func(n int) string {
		return unknownSentence([]LeftOut{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}, {Name: "f"}, {Name: "g"}}[:n])
	}
	mismatch := func(n int) string {
		found := make([]segmentMismatch, n)
		for i := range found {
			found[i].segment.Value = "DE"
		}
		return segmentRatioAlarmSentence(found)
	}
	for _, c := range []struct{ got, ends string }{
		{unknown(5), `"d" (0 users), "e" (0 users).`},
		{unknown(7), `"d" (0 users), "e" (0 users), and 2 more.`},
		{firstOf(3, []string{"a", "b", "c"}), "a, b, c"},
		{firstOf(3, []string{"a", "b", "c", "d", "e"}), "a, b, c and 2 more"},
	} {
		if !strings.HasSuffix(c.got, c.ends) {
			t.Errorf("%q does not end with %q", c.got, c.ends)
		}
	}
	for n, want := range map[int]int{3: 3, 5: 3} {
		if got := strings.Count(mismatch(n), "largest deviation"); got != want || strings.Contains(mismatch(n), "; and 2 more)") != (n > want) {
			t.Errorf("%d segments: %s", n, mismatch(n))
		}
	}
}
