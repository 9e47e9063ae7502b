package reports

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/analysis"
)

func TestJSONGolden(t *testing.T) {
	var b bytes.Buffer
	if err := writeJSON(&b, []analysis.Scorecard{full()}); err != nil {
		t.Fatal(err)
	}
	golden(t, "full.json", b.Bytes())
	cards, err := readJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]analysis.Scorecard{full()}, cards); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// What was read is written again with the same bytes.
func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var first, second bytes.Buffer
		if err := writeJSON(&first, few(t, "cards", randomCard)); err != nil {
			t.Fatal(err)
		}
		cards, err := readJSON(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := writeJSON(&second, cards); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.String(), second.String()); diff != "" {
			t.Errorf("written again (-first +second):\n%s", diff)
		}
	})
}

func TestReadJSONRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`{`:                               "read scorecard 1: not JSON: unexpected EOF",
		`[]`:                              "read scorecard 1: json: cannot unmarshal array into Go value of type struct { Schema *int \"json:\\\"schema\\\"\" }",
		`{"experiment": "a"}`:             "read scorecard 1: no schema version: this is not a scorecard",
		`{"schema": 99, "x": 1}`:          "read scorecard 1: schema version 99, this program reads 1: run the day again",
		`{"schema": 1, "x": 1}`:           `read scorecard 1: json: unknown field "x"`,
		`{"schema": 1}`:                   "read scorecard 1: no experiment",
		`{"schema": 1, "experiment":"a"}`: `read scorecard 1: date "": want YYYY-MM-DD`,
		`{"schema": 1, "experiment":"a", "date": "2026-01-20"} x`: "read scorecard 2: not JSON: invalid character 'x' looking for beginning of value",
	} {
		_, err := readJSON(strings.NewReader(in))
		if err == nil || err.Error() != want {
			t.Errorf("readJSON(%s):\n got %v\nwant %s", in, err, want)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	var b bytes.Buffer
	if err := writeJSON(&b, []analysis.Scorecard{full(), hostile()}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"schema": 1, "experiment":"a", "date": "2026-01-20", "metrics": [{"comparisons": [null]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		cards, err := readJSON(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, format := range Formats() {
			var b bytes.Buffer
			if err := format.Write(&b, cards); err != nil {
				t.Fatalf("%s: %v", format.Name, err)
			}
		}
	})
}
