package analysis

import (
	"encoding/json"
	"time"
)

// Severity of a check.
type Severity string

const (
	OK      Severity = "ok"      // looked at and as it should be
	Info    Severity = "info"    // worth knowing, nothing to do
	Warning Severity = "warning" // somebody should look at it
	Alarm   Severity = "alarm"   // to be explained before any result is believed
)

// Check is one finding about the data. Name is stable.
type Check struct {
	Name     string        `json:"name"`
	Severity Severity      `json:"severity"`
	Sentence string        `json:"sentence"`
	Numbers  []CheckNumber `json:"numbers,omitempty"`
}

// CheckNumber is a figure behind a check.
type CheckNumber struct {
	Name  string `json:"name"`
	Value Number `json:"value"`
}

// DataRead says what was read and what was left out, with counts.
type DataRead struct {
	// Of a summary, which has no tables, the rows of this experiment that were used; otherwise 0.
	SummaryRows int64     `json:"summary_rows,omitempty"`
	Exposures   TableRead `json:"exposures"`
	Conversions TableRead `json:"conversions"`
	// Of this experiment's rows, those that took no part.
	LeftOut []LeftOut `json:"left_out"`
}

// MarshalJSON leaves out the tables of a summary.
func (d DataRead) MarshalJSON() ([]byte, error) {
	if d.SummaryRows > 0 {
		return json.Marshal(struct {
			SummaryRows int64     `json:"summary_rows"`
			LeftOut     []LeftOut `json:"left_out"`
		}{d.SummaryRows, d.LeftOut})
	}
	type tables DataRead
	return json.Marshal(tables(d))
}

// TableRead is one table as far as its times lie before Through.
type TableRead struct {
	// Files counts those with such rows.
	Files int64 `json:"files"`
	Rows  int64 `json:"rows"`
	// First and Last are the times of the earliest and the latest row; zero, and not in the JSON,
	// if there is none.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	// SinceStart counts the rows from the experiment's start on; LeftOut is about those.
	SinceStart int64 `json:"rows_since_start"`
	// Dates says that the table has dates and no times of day, WallClock that it has times without
	// a zone, which were read in Input.Location: in some files at least.
	Dates     bool      `json:"dates,omitempty"`
	WallClock bool      `json:"-"`
	LeftOut   []LeftOut `json:"left_out,omitempty"`
}
