package reports

import (
	"fmt"
	"io"
	"strings"

	"readout/analysis"
)

// A Format is a way to write scorecards.
type Format struct {
	// Name is what people ask for.
	Name string
	// Extension ends the names of its files, with the dot.
	Extension string
	// Write writes the scorecards, in their order. The same scorecards give the same bytes.
	Write func(w io.Writer, cards []analysis.Scorecard) error
}

// Formats returns all formats.
func Formats() []Format {
	return []Format{
		{"text", ".txt", writeText},
		{"json", ".json", writeJSON},
		{"csv", ".csv", writeCSV},
		{"parquet", ".parquet", writeParquet},
		{"arrow", ".arrow", writeArrow},
	}
}

// FormatNamed returns the format of a name. The error names those there are.
func FormatNamed(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown format %q: want one of %s", name, strings.Join(names, ", "))
}
