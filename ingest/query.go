package ingest

import (
	"context"
	"strconv"
	"time"

	"readout/moments"
)

// Engine turns exposures and conversions into moments. Every engine gives the same answer
// to the same query: exactly equal counts, moments equal to 1e-12 or better.
type Engine interface {
	Run(ctx context.Context, q Query, progress Progress) (*Result, error)
}

// Progress is told how far a run has come: bytes done of bytes in all, of the step named.
// It may be called from several goroutines at once. A nil Progress is not called.
type Progress func(step string, done, total int64)

// Query says what to compute. It knows columns, windows and policies, no statistics.
type Query struct {
	Exposures   ExposureTable
	Conversions ConversionTable
	// Location is the zone of times that carry none, and of dates.
	Location *time.Location
	// Looks are the instants at which moments are wanted, ascending. A look sees the
	// rows whose time is before it.
	Looks       []time.Time
	Experiments []Experiment
	// Seed keys the hash by which user ids are matched.
	Seed uint64
}

// ExposureTable names the exposures and their columns.
type ExposureTable struct {
	Path                string
	User, Variant, Time string
	// Experiment is the column with the experiment's name. Empty: every row belongs to
	// the one experiment of the query.
	Experiment string
}

// ConversionTable names the conversions and their columns.
type ConversionTable struct {
	Path              string
	User, Event, Time string
	// Value is read only for aggregates that need it.
	Value string
}

// SeveralVariants says what becomes of a user seen in more than one variant.
type SeveralVariants int

const (
	// Exclude leaves such a user out everywhere, from the first look that saw the second variant.
	Exclude SeveralVariants = iota
	// First keeps such a user in the variant seen first; of two at the same instant, the
	// one whose name sorts first.
	First
)

// Experiment is what is to be computed for one experiment.
type Experiment struct {
	// Name as it stands in the experiment column.
	Name string
	// Variants are the names known; rows with another are left out and counted by name.
	Variants []string
	// Exposures in [Start, End) count; a zero time is no bound. Conversions of an open
	// column count before End.
	Start, End      time.Time
	SeveralVariants SeveralVariants
	// Phases are the instants at which the second and later phases of traffic begin,
	// ascending. A user belongs to the phase of the first exposure.
	Phases  []time.Time
	Metrics []Metric
}

// Metric is one set of columns per user, whose joint moments are wanted.
type Metric struct {
	Name  string
	Value Column
	// Denominator makes the metric a ratio; nil otherwise.
	Denominator *Column
	// Lookback, if positive, adds covariates: the same columns over [first exposure −
	// Lookback, first exposure).
	Lookback time.Duration
	// MatureAfter, if positive, counts a user only at looks at or after the first exposure
	// plus this long. Otherwise every user counts, with what has happened before the look.
	MatureAfter time.Duration
}

// Column is one number per user, from the conversions with Event whose time lies in
// [first exposure + From, first exposure + To), or until the experiment's End where To is
// 0. A user without such conversions has 0.
type Column struct {
	Event     string
	Aggregate Aggregate
	From, To  time.Duration
}

// Aggregate says how a user's conversions become one number.
type Aggregate int

const (
	Any          Aggregate = iota // 1 if there is at least one, else 0
	Count                         // how many
	Sum                           // sum of their values
	Max                           // largest value
	Min                           // smallest value
	FirstValue                    // value of the earliest
	LastValue                     // value of the latest
	DistinctDays                  // days, in the query's zone, with at least one
)

var aggregateNames = [...]string{"any", "count", "sum", "max", "min", "first", "last", "distinct_days"}

// String returns the aggregate's name as in a project's metrics.
func (a Aggregate) String() string {
	if a < 0 || int(a) >= len(aggregateNames) {
		return "aggregate " + strconv.Itoa(int(a))
	}
	return aggregateNames[a]
}

// NeedsValue reports whether the aggregate reads the value column.
func (a Aggregate) NeedsValue() bool { return a >= Sum && a <= LastValue }

// Result answers a Query.
type Result struct {
	// Exposures and Conversions say, per look, what was read of each table.
	Exposures, Conversions []TableRead
	// ExposureDates and ConversionDates report that a table's times are dates only.
	ExposureDates, ConversionDates bool
	// HistoryStart is the start of the day, in the query's zone, of the earliest
	// conversion row that the last look sees; zero if there is none. Look-backs that reach
	// further back are missing, not zero, and so are those of users first exposed before
	// any conversion.
	HistoryStart time.Time
	Experiments  []ExperimentResult
}

// TableRead counts the rows of a table that a look sees. A row without a time belongs to
// the earliest time of its row group, or to all looks where there is none.
//
// Conversions so early that no experiment's start and look-back reach them, with two days
// to spare, count as rows and nothing else. Where statistics tell that a row group holds
// only such rows, it is not read.
type TableRead struct {
	Files, Rows int64
	// First and Last are the times of the earliest and the latest row; zero if none.
	First, Last time.Time
	// Rows left out, by reason; a row counts under the first that holds. Empty text is as
	// good as none.
	NoUser, NoTime, NoExperiment, NoVariant, NoEvent int64
}

// ExperimentResult holds one entry per look of the query.
type ExperimentResult struct {
	Looks []LookResult
}

// LookResult is an experiment as it stood at one look.
type LookResult struct {
	// Users counts, per variant, the users whose first exposure was seen, without those
	// excluded.
	Users []int64
	// Several counts users seen in more than one variant, by the variant seen first.
	Several []int64
	Left    LeftOut
	// Metrics holds, per metric of the query, per phase, per variant, the moments.
	Metrics [][][]Cell
}

// LeftOut counts an experiment's rows that took no part, and why.
type LeftOut struct {
	// Exposure rows of this experiment with user, time and variant, and those outside
	// [Start, End).
	ExposureRows, BeforeStart, AfterEnd int64
	// UnknownVariants, of rows inside [Start, End), by name in byte order; names beyond the
	// first thousand are counted together under "other names".
	UnknownVariants []UnknownVariant
	// Conversion rows with user, time and an event of one of the metrics, and of those:
	// by users never exposed, before the user's first exposure, and, whoever's and
	// whenever, without the number that an aggregate needs (null, NaN or infinite).
	ConversionRows, NeverExposed, BeforeExposure, NoValue int64
}

// UnknownVariant counts what came with a variant name that the experiment does not have.
//
// Under "other names" a user counts once for each of them.
type UnknownVariant struct {
	Name        string
	Rows, Users int64
}

// Cell is one variant's moments of one metric in one phase.
type Cell struct {
	// Moments over users of the columns value, denominator (ratios), and with a
	// look-back: value's covariate, denominator's covariate (ratios), and 1 for users
	// whose look-back reaches before HistoryStart, else 0. Where that last one is 1 the
	// covariates are 0. Moments.Finite is false where values are so large that their sums
	// or squares leave the range of float64.
	Moments moments.Set
	// Converted counts users with at least one conversion in the value column.
	Converted int64
}
