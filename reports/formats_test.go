package reports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"readout/analysis"
)

func write(t interface {
	Helper()
	Fatalf(string, ...any)
}, f Format, cards ...analysis.Scorecard) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, cards); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return b.Bytes()
}

// notANumber finds what fmt and strconv print for NaN and infinities.
var notANumber = regexp.MustCompile(`NaN|Inf`)

func TestFormatsOfRandomScorecards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cards := few(t, "cards", randomCard)
		for _, f := range Formats() {
			out := write(t, f, cards...)
			if !bytes.Equal(out, write(t, f, cards...)) {
				t.Errorf("%s: the same scorecards give other bytes", f.Name)
			}
			if f.Name == "parquet" || f.Name == "arrow" {
				continue // read back in the tests of the record
			}
			if found := notANumber.Find(out); found != nil {
				t.Errorf("%s: holds %s:\n%s", f.Name, found, out)
			}
			checkShowable(t, f.Name, string(out))
		}
		var narrow bytes.Buffer
		if err := Text(&narrow, cards, TextOptions{Width: rapid.IntRange(-1, 200).Draw(t, "width"), Color: true}); err != nil {
			t.Fatal(err)
		}
		plain := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(narrow.String(), "")
		checkShowable(t, "text in colour", plain)
	})
}

// checkShowable fails when s holds a character that a terminal acts on.
func checkShowable(t *rapid.T, name, s string) {
	t.Helper()
	for line := range strings.SplitSeq(s, "\n") {
		if !printable(line) {
			t.Errorf("%s: does not print: %q", name, line)
		}
	}
}

func TestFormatNamed(t *testing.T) {
	for _, f := range Formats() {
		if got, err := FormatNamed(f.Name); err != nil || got.Extension != f.Extension {
			t.Errorf("FormatNamed(%q) = %v, %v", f.Name, got.Extension, err)
		}
	}
	_, err := FormatNamed("html")
	if want := `unknown format "html": want one of text, json, csv, parquet, arrow`; err == nil || err.Error() != want {
		t.Errorf("FormatNamed(html): %v, want %s", err, want)
	}
}

// failing is a writer that fails after a number of bytes.
type failing int

var errFull = errors.New("disk is full")

func (f *failing) Write(b []byte) (int, error) {
	if *f -= failing(len(b)); *f < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestFormatsOnFailingWriter(t *testing.T) {
	for _, f := range Formats() {
		for _, room := range []failing{0, 3, 500} {
			if err := f.Write(&room, []analysis.Scorecard{full()}); !errors.Is(err, errFull) {
				t.Errorf("%s: %v, want %v", f.Name, err, errFull)
			}
		}
	}
}

func TestFormatsOfNothing(t *testing.T) {
	for _, f := range Formats() {
		write(t, f)
		write(t, f, empty())
	}
}

func TestTablesRefuseBadDate(t *testing.T) {
	card := full()
	card.Date = "20.01.2026"
	for _, name := range []string{"csv", "parquet", "arrow"} {
		f, err := FormatNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		err = f.Write(io.Discard, []analysis.Scorecard{card})
		if want := `scorecard of "checkout-button": date "20.01.2026": want YYYY-MM-DD`; err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestCSVGolden(t *testing.T) {
	csvFormat, err := FormatNamed("csv")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "full.csv", write(t, csvFormat, full()))
	golden(t, "hostile.csv", write(t, csvFormat, hostile()))
	for _, card := range samples() {
		records, err := csv.NewReader(bytes.NewReader(write(t, csvFormat, card))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records[1:] {
			for i, cell := range record {
				if number := regexp.MustCompile(`^-[0-9]`); strings.ContainsAny(cell[:min(1, len(cell))], "=+@\t\r") || strings.HasPrefix(cell, "-") && !number.MatchString(cell) {
					t.Errorf("column %s: %q is a formula", records[0][i], cell)
				}
			}
		}
	}
}

func TestCSVNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.1: "0.1", 1234567: "1234567", 1e-300: "1e-300", -0.00022: "-0.00022", 1e-7: "1e-07", 1e21: "1e+21", 1.0 / 3: "0.3333333333333333"} {
		if got := csvNumber(v); got != want {
			t.Errorf("csvNumber(%v) = %s, want %s", v, got, want)
		}
	}
}
