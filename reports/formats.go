package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

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
	// writeRecord does so from the Arrow record of the scorecards, where the format is made of
	// one; nil for others.
	writeRecord func(w io.Writer, record arrow.Record) error
}

// tabular returns the format that write makes of an Arrow record.
func tabular(name, extension string, write func(w io.Writer, record arrow.Record) error) Format {
	whole := func(w io.Writer, cards []analysis.Scorecard) error {
		record, err := arrowRecord(cards)
		if err != nil {
			return err
		}
		defer record.Release()
		return write(w, record)
	}
	return Format{Name: name, Extension: extension, Write: whole, writeRecord: write}
}

func jsonFormat() Format { return Format{Name: "json", Extension: ".json", Write: writeJSON} }

func parquetFormat() Format { return tabular("parquet", ".parquet", writeParquet) }

func arrowFormat() Format { return tabular("arrow", ".arrow", writeArrow) }

// Formats returns all formats.
func Formats() []Format {
	return []Format{
		{Name: "text", Extension: ".txt", Write: writeText},
		jsonFormat(),
		tabular("csv", ".csv", writeCSV),
		parquetFormat(),
		arrowFormat(),
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
