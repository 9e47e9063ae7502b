package analysis

import "time"

// SchemaVersion is the version of the Scorecard's JSON.
const SchemaVersion = 1

// Scorecard is everything known about one experiment at the end of one day. Its JSON is
// the stored form. Probabilities and shares are in [0, 1]; what is not defined is null and
// has a reason in words beside it.
type Scorecard struct {
	Schema       int    `json:"schema"`
	Organization string `json:"organization,omitempty"`
	Project      string `json:"project,omitempty"`
	Experiment   string `json:"experiment"`
	Title        string `json:"title,omitempty"`
	Hypothesis   string `json:"hypothesis,omitempty"`
	Owner        string `json:"owner,omitempty"`
	// Date is the last day of data, in TimeZone; Through is the instant at which it ends.
	Date     string    `json:"date"`
	TimeZone string    `json:"time_zone"`
	Through  time.Time `json:"through"`
	// Status is the lifecycle state as of Through.
	Status string `json:"status,omitempty"`
	// Start and End bound enrolment, End exclusive; Final is when the last metric is final.
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Final    time.Time `json:"final"`
	DaysLeft int       `json:"days_left"`
	// Progress towards End, in [0, 1].
	Progress float64 `json:"progress"`

	Plan PlanLine `json:"plan"`
	// Recommendation is what to do, by a fixed order of rules.
	Recommendation Recommendation `json:"recommendation"`
	Variants       []Variant      `json:"variants"`
	Metrics        []MetricResult `json:"metrics"`
	// Segments are the metrics by segment; nil where the data are not broken down.
	Segments *Segments `json:"segments,omitempty"`
	Checks   []Check   `json:"checks"`
	Data     DataRead  `json:"data"`
	// History holds the users at the end of every day so far, Date included.
	History []DayUsers `json:"history,omitempty"`
}

// DayUsers is how many users each variant had at the end of a day, in the order of the
// scorecard's variants.
type DayUsers struct {
	Date  string  `json:"date"`
	Users []int64 `json:"users"`
	// Planned is how many of them each variant would have, had the users of every phase been
	// split as planned for it. It is nil while there is one phase: then the planned traffic
	// of the variants says it.
	Planned []float64 `json:"planned,omitempty"`
}

// PlanLine is the test as it was fixed in advance.
type PlanLine struct {
	Method     string  `json:"method"`
	Procedure  string  `json:"procedure"`
	Confidence float64 `json:"confidence"`
	Power      float64 `json:"power"`
	MDE        Number  `json:"mde"`
	Spending   string  `json:"spending,omitempty"`
	Correction string  `json:"correction"`
	// Family lists the comparisons that share alpha, "metric: variant".
	Family []string `json:"family"`
	// AlphaEach is alpha of one comparison of the family.
	AlphaEach Number `json:"alpha_each"`
	// Sentence is the method line of every report.
	Sentence string `json:"sentence"`
	// ConfigHash identifies the definition.
	ConfigHash string `json:"config_hash,omitempty"`
}

// Variant is one arm and its users.
type Variant struct {
	Name    string `json:"name"`
	Control bool   `json:"control"`
	// Traffic is the planned share of new users by the end of the day, in [0, 1]; of a stopped
	// variant, that until the stop.
	Traffic float64 `json:"traffic"`
	Users   int64   `json:"users"`
	// Several counts the users seen first here and then in another variant too; of a summary
	// that is unknown.
	Several Count `json:"several"`
	// Stopped is when the variant was stopped; absent while it is not.
	Stopped time.Time `json:"stopped,omitzero"`
}

// Recommendation is what the scorecard advises.
type Recommendation struct {
	// Action is investigate, stop-for-harm, ship, stop-for-futility, keep-running,
	// inconclusive, or none where there is no primary metric.
	Action   string `json:"action"`
	Variant  string `json:"variant,omitempty"`
	Sentence string `json:"sentence"`
}
