package experiment

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	f := func(text string, want time.Duration) {
		t.Helper()
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q = %s, error %v, want %s", text, got, err, want)
		}
	}
	f("7d", 168*time.Hour)
	f("168h", 168*time.Hour)
	f("2w", 14*24*time.Hour)
	f("90m", 90*time.Minute)
	f("1w2d3h4m", (9*24+3)*time.Hour+4*time.Minute)
	f("3660d", maxDuration)

	g := func(text, want string) {
		t.Helper()
		if got, err := ParseDuration(text); err == nil || err.Error() != want {
			t.Errorf("%q = %s, error %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "7", "d", "7 d", "7D", "1h2d", "-7d", "1.5d", "7s", "1000000000000d"} {
		g(text, `"`+text+`": `+durationForms)
	}
	g("3661d", "3661d is longer than ten years")
	g("3660d1m", "3660d1m is longer than ten years")
	g("999999999w", "999999999w is longer than ten years")
}
