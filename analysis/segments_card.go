package analysis

// SegmentKind says what the users of a segment have in common.
type SegmentKind string

const (
	SegmentValue   SegmentKind = "value"   // a value of the column
	SegmentMissing SegmentKind = "missing" // no value: null, or empty text
	SegmentOther   SegmentKind = "other"   // any value that is not told apart
)

// DaySegments is an experiment at the end of a day by the values of one column, as they
// were on each user's first exposure.
type DaySegments struct {
	Column string
	// Segments are disjoint and hold all users; values in byte order. A column with too many
	// values has none.
	Segments []DaySegment
}

// DaySegment is a segment's part of a [Day]: the same counts and arms, of its users alone.
type DaySegment struct {
	Kind SegmentKind
	// Value is empty unless Kind is SegmentValue.
	Value                    string
	Users, Several           []int64
	PhaseUsers, PhaseSeveral [][]int64
	// Metrics are without the single values of quantiles.
	Metrics [][][]Arm
}

// Segments is a scorecard's results by segment. They are exploratory: every comparison is
// a single test of the day's data by itself, and no verdict or recommendation rests on them.
type Segments struct {
	// Sentence says how to read them.
	Sentence string `json:"sentence"`
	// Least is how many users a value needs to be told apart, Most how many values of a
	// column are.
	Least int64 `json:"least_users"`
	Most  int   `json:"most_segments"`
	// SplitLevel is the level at which the split of each segment is tested.
	SplitLevel Number `json:"split_level"`
	// Comparisons counts those with a p-value: the family of the q-values.
	Comparisons int `json:"comparisons"`
	// Columns has one entry per segment column, in the order of the configuration.
	Columns []SegmentColumn `json:"columns"`
}

// SegmentColumn is the results by the values of one column.
type SegmentColumn struct {
	Column string `json:"column"`
	// Segments are the values in byte order, then those without a value, then all others.
	Segments []Segment `json:"segments"`
}

// Segment is the results of the users with one value.
type Segment struct {
	Kind SegmentKind `json:"kind"`
	// Value is empty unless Kind is value.
	Value string `json:"value,omitempty"`
	// Users has one entry per variant.
	Users []SegmentUsers `json:"users"`
	Split SegmentSplit   `json:"split"`
	// Metrics are those of the scorecard, in its order.
	Metrics []SegmentMetric `json:"metrics"`
}

// SegmentUsers counts a segment's users in one variant.
type SegmentUsers struct {
	Variant string `json:"variant"`
	Users   int64  `json:"users"`
	// Planned is how many of the segment's users the plan gives to the variant; 0 where it
	// gets no traffic.
	Planned Number `json:"planned"`
	// Several counts the users seen first here and then in another variant too.
	Several int64 `json:"several"`
}

// SegmentSplit is the test of whether a segment's users are split as planned.
type SegmentSplit struct {
	// SequentialP is min(1, 1/E) of the day's e-value E, which may be looked at daily; LnE is
	// its logarithm. P is that of chi-square, for reference.
	SequentialP Number `json:"sequential_p"`
	LnE         Number `json:"ln_e_value"`
	P           Number `json:"p"`
	// LargestDeviation is the largest relative deviation of an arm from its planned users.
	LargestDeviation Number `json:"largest_deviation"`
	// Mismatch says that the split is not the planned one, at the level of all segments.
	Mismatch bool `json:"mismatch"`
	// Reason says why the split was not tested; empty otherwise.
	Reason string `json:"reason,omitempty"`
}

// SegmentMetric is one metric in a segment.
type SegmentMetric struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
	Kind string `json:"kind"`
	Goal string `json:"goal"`
	// Reason says why nothing could be computed; empty otherwise.
	Reason   string          `json:"reason,omitempty"`
	Variants []VariantResult `json:"variants"`
	// Comparisons has one entry per treatment, in the order of the variants.
	Comparisons []SegmentComparison `json:"comparisons"`
}

// SegmentComparison is one treatment against control in a segment: a single test of the
// day's data by itself. It says nothing of earlier looks and makes none.
type SegmentComparison struct {
	Variant string   `json:"variant"`
	Effect  Estimate `json:"effect"`
	// Raw is the effect without covariate adjustment; equal to Effect when there is none.
	Raw Estimate `json:"raw"`
	// Lo and Hi bound the effect at confidence 1 − Alpha, for one look at one comparison;
	// a one-sided test has one of them.
	Lo Number `json:"lo"`
	Hi Number `json:"hi"`
	// Lift is the effect over the control mean, with Fieller's interval.
	Lift          Number `json:"lift"`
	LiftLo        Number `json:"lift_lo"`
	LiftHi        Number `json:"lift_hi"`
	LiftUnbounded bool   `json:"lift_unbounded,omitempty"`
	LiftReason    string `json:"lift_reason,omitempty"`
	// P is Welch's p-value, never below 1e-300; LnP its natural logarithm without that
	// floor; Q the Benjamini–Hochberg q-value among all comparisons in segments.
	P   Number `json:"p"`
	LnP Number `json:"ln_p"`
	Q   Number `json:"q"`
	// Alpha is that of the interval.
	Alpha Number `json:"alpha"`
	// Reason says why there is no estimate; empty otherwise.
	Reason string `json:"reason,omitempty"`
}
