package analysis

import "time"

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
	// Of a summary, which has no tables, the rows of this experiment that were used.
	SummaryRows int64     `json:"summary_rows,omitempty"`
	Exposures   TableRead `json:"exposures,omitzero"`
	Conversions TableRead `json:"conversions,omitzero"`
	// Of this experiment's rows, those that took no part.
	LeftOut []LeftOut `json:"left_out"`
}

// TableRead is one table as far as its times lie before Through.
type TableRead struct {
	Files int64     `json:"files"`
	Rows  int64     `json:"rows"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// SinceStart counts the rows from the experiment's start on; LeftOut is about those.
	SinceStart int64 `json:"rows_since_start"`
	// Dates says that the table has dates and no times of day.
	Dates   bool      `json:"dates,omitempty"`
	LeftOut []LeftOut `json:"left_out,omitempty"`
}

// IsZero reports whether there is no such table: then the JSON has no key for it.
func (t TableRead) IsZero() bool {
	return t.Files == 0 && t.Rows == 0 && t.First.IsZero() && t.Last.IsZero() && t.SinceStart == 0 && !t.Dates && len(t.LeftOut) == 0
}
