package ingest

import (
	"context"
	"strconv"
	"time"

	"readout/experiment"
	"readout/moments"
)

// Engine turns exposures and conversions into moments. Every engine gives the same answer
// to the same query: exactly equal counts, moments equal to 1e-12 or better.
type Engine interface {
	Run(ctx context.Context, q Query, progress Progress) (*Result, error)
	// Times returns when the rows of both tables are from; of the query, it goes by the tables
	// and the location alone.
	Times(ctx context.Context, q Query, progress Progress) (exposures, conversions Times, err error)
}

// Progress is told how far a run has come, done of all there is in the step named: bytes of
// the files of "exposures" and of "conversions", then parts of the "users". It may be called
// from several goroutines at once. A nil Progress is not called.
type Progress func(step string, done, total int64)

// Query says what to compute. It knows columns, windows and policies, no statistics.
type Query struct {
	Exposures   ExposureTable
	Conversions ConversionTable
	// Location is the zone of times that carry none, and of dates.
	Location *time.Location
	// Looks are the instants at which moments are wanted, ascending. A look sees the
	// rows whose time is before it.
	Looks []time.Time
	// ReadAt are further instants, in any order and none after the last look, for which
	// only Result.ReadAt is wanted.
	ReadAt      []time.Time
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
	// Segments are further columns to break results down by; their values are read as
	// text. A user belongs to the values of the first exposure row; of several at the same
	// instant and with the same variant, to those that sort first, null before all others. In
	// files that lack the column it is null; one at least has it.
	Segments []string
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
	// CrossLooks asks for Cell.Previous.
	CrossLooks bool
}

// Column is one number per user, from the conversions with Event for which all filters
// hold and whose time lies in [first exposure + From, first exposure + To), or until the
// experiment's End where To is 0. A user without such conversions has 0.
type Column struct {
	Event     string
	Aggregate Aggregate
	From, To  time.Duration
	// Where compares columns of the conversions, which must then be in every file, by type:
	// the number 1 equals 1.0, and not the text "1". is_not and not_in hold for null.
	Where []experiment.Filter
	// Cap, if not nil, limits the numbers of users, and their covariates by the same
	// bounds. It is about numbers that are not 0, unless ZeroUsers says all: others are
	// neither raised nor lowered nor part of a percentile. Percentiles are taken at each
	// look, over the users of all phases and variants who then count, by linear
	// interpolation (definition 7 of Hyndman and Fan).
	Cap *experiment.Cap
}

// Capping is what a column's cap came to at a look.
type Capping struct {
	// Lower and Upper are the bounds; nil where there is none, or none yet for lack of
	// numbers.
	Lower, Upper *float64
	// Problem says why the cap was not applied.
	Problem CapProblem
}

// CapProblem says why a cap was not applied.
type CapProblem int

const (
	CapApplied CapProblem = iota // it was
	// CapIsZero: a percentile is 0 although there are numbers beyond it: most users have 0,
	// and the cap would leave nothing of the metric.
	CapIsZero
	// CapBoundsCross: the lower bound is above the upper one.
	CapBoundsCross
)

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
	// Each keeps the single values, for quantiles: see Cell.Values. The user's number is how
	// many values there are. It goes with no denominator, cap or look-back.
	Each
)

var aggregateNames = [...]string{"any", "count", "sum", "max", "min", "first", "last", "distinct_days", "each"}

// String returns the aggregate's name as in a project's metrics.
func (a Aggregate) String() string {
	if a < 0 || int(a) >= len(aggregateNames) {
		return "aggregate " + strconv.Itoa(int(a))
	}
	return aggregateNames[a]
}

// NeedsValue reports whether the aggregate reads the value column.
func (a Aggregate) NeedsValue() bool { return a >= Sum && a <= LastValue || a == Each }

// Result answers a Query.
type Result struct {
	// Exposures and Conversions say, per look, what was read of each table.
	Exposures, Conversions []TableRead
	// ReadAt says the same for the instants of Query.ReadAt.
	ReadAt []TablesRead
	// ExposureDates and ConversionDates report that a table's times are dates only.
	ExposureDates, ConversionDates bool
	// HistoryStart is the start of the day, in the query's zone, of the earliest
	// conversion row that the last look sees; zero if there is none. Of look-backs that reach
	// further back a part is missing, and all of those of users first exposed before any
	// conversion.
	HistoryStart time.Time
	// CorrectedFrom is the time of the earliest row in files of past days that have come, changed
	// or gone since rows were kept: looks that end after it may have seen something else before.
	// It is zero if there are none, and where no rows were kept. Files of past days are those
	// all of whose rows lie before the day of the last look, which begins with the look before it.
	CorrectedFrom time.Time
	Experiments   []ExperimentResult
}

// TablesRead is what was read of both tables.
type TablesRead struct{ Exposures, Conversions TableRead }

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
	// OpenNoUser and OpenNoTime are what rows without a time have added to NoUser and NoTime
	// of which nobody can say that they are of before the look: their row group goes on after
	// it, or has no time at all.
	OpenNoUser, OpenNoTime int64
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
	// PhaseUsers and PhaseSeveral are the same by phase of the first exposure.
	PhaseUsers, PhaseSeveral [][]int64
	Left                     LeftOut
	// Metrics holds, per metric of the query, per phase, per variant, the moments.
	Metrics [][][]Cell
	// Caps holds, per metric of the query, what the caps of value and denominator came to;
	// nil for metrics without a cap.
	Caps [][]Capping
	// Segments holds, per column of ExposureTable.Segments, the segments told apart: values
	// by their bytes, null first, and last, if it has users, all the rest as one. Told apart
	// are the 50 values with most users at this look, of those with at least 100. The caps
	// are those of the whole, and nothing links a segment with the look before. A column of
	// 4,096 values or more, or columns of a million combinations, have no segments.
	Segments [][]Segment
}

// Segment is the part of an experiment's users who had a value in a segment column.
type Segment struct {
	Value string
	// Null says that the value is null, or empty; Other that this is all users whose value
	// is not told apart.
	Null, Other bool
	// Users and Several count per variant, PhaseUsers and PhaseSeveral by phase of the first
	// exposure too, as of the whole.
	Users, Several           []int64
	PhaseUsers, PhaseSeveral [][]int64
	Metrics                  [][][]Cell
}

// LeftOut counts an experiment's rows that took no part, and why.
type LeftOut struct {
	// Exposure rows of this experiment with user, time and variant, and those outside
	// [Start, End). Rows more than seven days before Start are not counted.
	ExposureRows, BeforeStart, AfterEnd int64
	// UnknownVariants, of rows inside [Start, End), by name in byte order; names beyond the
	// first thousand are counted together under "other names".
	UnknownVariants []UnknownVariant
	// Conversion rows with user, time and an event that one of the metrics counts and whose
	// filters they pass, and of those:
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
	// covariates are of what history there is. Moments.Finite is false where values are so large that their sums
	// or squares leave the range of float64.
	Moments moments.Set
	// Converted counts users with at least one conversion in the value column.
	Converted int64
	// Capped counts users whose number a cap changed, of value and denominator; nil for
	// metrics without a cap.
	Capped []int64
	// Values are the single values where the aggregate is Each, of all users together no
	// more than 134 million; nil otherwise, and in segments.
	Values *Values
	// Previous holds, where Metric.CrossLooks asks for it and from the second look on, the
	// joint moments of the columns at the look before in the query, whenever that was, and
	// then of the same columns at this look. It covers the users who count at both looks:
	// not those who begin to count at this one, nor those left out from this one on because
	// it saw them in a second variant. Where caps are applied, columns at either look have
	// the bounds of that look.
	//
	// Users are independent, so with m users at the look before and n at this one the
	// covariance of means at the two looks is Previous.N · Cov(x_i, y_j) / (m n).
	Previous *moments.Set
}

// step returns what tells of one step; nil if nobody is to be told.
func (p Progress) step(name string) func(done, total int64) {
	if p == nil {
		return nil
	}
	return func(done, total int64) { p(name, done, total) }
}
