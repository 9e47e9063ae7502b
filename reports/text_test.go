package reports

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"readout/analysis"
)

var update = flag.Bool("update", false, "write the golden files in testdata anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got), -update writes it anew:\n%s", path, diff)
	}
}

func textOf(t *testing.T, o TextOptions, cards ...analysis.Scorecard) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, cards, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTextGolden(t *testing.T) {
	for name, card := range samples() {
		golden(t, name+".txt", textOf(t, TextOptions{}, card))
		golden(t, name+"-80.txt", textOf(t, TextOptions{Width: 80}, card))
	}
	golden(t, "color.txt", textOf(t, TextOptions{Color: true}, full(), empty()))
}

func TestTextKeepsWidth(t *testing.T) {
	for width := 70; width < 200; width++ {
		for line := range strings.SplitSeq(string(textOf(t, TextOptions{Width: width}, full())), "\n") {
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("width %d: %d columns: %s", width, n, line)
			}
		}
	}
}

// Colour adds nothing but escape sequences of colour, and without it there are none.
func TestTextColorOnlyPaints(t *testing.T) {
	paint := regexp.MustCompile("\x1b\\[(0|1|2|31|32|33)m")
	for name, card := range samples() {
		plain := textOf(t, TextOptions{}, card)
		painted := textOf(t, TextOptions{Color: true}, card)
		if bytes.ContainsRune(plain, 0x1b) {
			t.Errorf("%s: escape sequences without colour", name)
		}
		if !paint.Match(painted) {
			t.Errorf("%s: no colour", name)
		}
		if diff := cmp.Diff(string(plain), paint.ReplaceAllString(string(painted), "")); diff != "" {
			t.Errorf("%s: (-plain +painted without paint):\n%s", name, diff)
		}
	}
}

func TestTextHasEveryMetricInOrder(t *testing.T) {
	card := full()
	card.Metrics = append(card.Metrics, metric("odd_role", "exploratory", "mean", "increase"))
	for _, width := range []int{0, 80} {
		out := string(textOf(t, TextOptions{Width: width}, card))
		at := 0
		for _, m := range card.Metrics {
			i := strings.Index(out[at:], "\n  "+m.Name)
			if i < 0 {
				t.Fatalf("width %d: %s is missing or out of order:\n%s", width, m.Name, out)
			}
			at += i
		}
	}
}

// The reader finds a reason for every dash.
func TestTextSaysReasons(t *testing.T) {
	out := string(textOf(t, TextOptions{}, full()))
	for _, want := range []string{
		"refunds: column refund is missing in the conversions",
		"order_value, big: one user has no variance",
		"big has one user: there is no standard error",
		"lift: the control mean is not clearly different from 0",
	} {
		if strings.Count(out, want) != 1 {
			t.Errorf("%q stands %d times, want once", want, strings.Count(out, want))
		}
	}
}

// Figures are follow-up to a decision only after its day.
func TestTextFollowUp(t *testing.T) {
	card := full()
	const followUp = "p 0.00310; the figures above are follow-up"
	if out := string(textOf(t, TextOptions{}, card)); !strings.Contains(out, followUp) {
		t.Errorf("nine looks later: no %q:\n%s", followUp, out)
	}
	card.Metrics[1].Comparisons[0].Record.Look = card.Metrics[1].Comparisons[0].Look
	if out := string(textOf(t, TextOptions{}, card)); strings.Contains(out, "follow-up") {
		t.Errorf("at the last look, some days ago: follow-up:\n%s", out)
	}
}

func TestTextLimitsNamesFromData(t *testing.T) {
	card := full()
	for i := range 1000 {
		card.Data.LeftOut = append(card.Data.LeftOut, analysis.LeftOut{Name: fmt.Sprint("variant", i), Rows: 1, Text: "exposures to a variant that the experiment does not have"})
	}
	out := string(textOf(t, TextOptions{}, card))
	if !strings.Contains(out, "  and 983 more kinds\n") || strings.Contains(out, "variant999") {
		t.Errorf("names are not limited:\n%s", out)
	}
}

func TestZone(t *testing.T) {
	midnight := time.Date(2026, 2, 1, 23, 0, 0, 0, time.UTC) // 2026-02-02 00:00 in Berlin
	for _, tt := range []struct {
		zone, end, minute string
	}{
		{"Europe/Berlin", "the end of 2026-02-01", "2026-02-02 00:00"},
		{"UTC", "2026-02-01 23:00", "2026-02-01 23:00"},
		{"", "2026-02-01 23:00", "2026-02-01 23:00"},
		{"Local", "2026-02-01 23:00 UTC", "2026-02-01 23:00 UTC"},
		{"Mars/Phobos", "2026-02-01 23:00 UTC", "2026-02-01 23:00 UTC"},
	} {
		z := zoneOf(tt.zone)
		if got := z.end(midnight); got != tt.end {
			t.Errorf("%q: end %s, want %s", tt.zone, got, tt.end)
		}
		if got := z.minute(midnight); got != tt.minute {
			t.Errorf("%q: minute %s, want %s", tt.zone, got, tt.minute)
		}
	}
}

func ExampleText() {
	card := analysis.Scorecard{
		Schema: analysis.SchemaVersion, Experiment: "checkout-button", Date: "2026-01-05", TimeZone: "UTC",
		Recommendation: analysis.Recommendation{Action: "keep-running", Sentence: "Keep running: there is nothing to see yet."},
		Variants:       []analysis.Variant{{Name: "control", Control: true, Traffic: 0.5}, {Name: "big", Traffic: 0.5}},
	}
	if err := Text(os.Stdout, []analysis.Scorecard{card}, TextOptions{Width: 80}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// checkout-button
	// data through 2026-01-05 (UTC)
	//
	// Keep running: there is nothing to see yet.
	// No data yet: no user has been counted in any variant.
	// This scorecard has no metrics.
	//
	// Users: control 0 (50% planned), big 0 (50% planned)
	//
	// Checks: none
	// Data read: exposures 0 rows, 0 files; conversions 0 rows, 0 files.
	// Left out: nothing.
}

// TestTextTitle: an experiment without a title of its own is named once.
func TestTextTitle(t *testing.T) {
	card := full()
	for title, want := range map[string]string{card.Experiment: card.Experiment + "\n", "A button": card.Experiment + ": A button\n"} {
		card.Title = title
		if out := string(textOf(t, TextOptions{}, card)); !strings.HasPrefix(out, want) {
			t.Errorf("title %q: %.60q", title, out)
		}
	}
}
