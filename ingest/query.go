package ingest

import (
	"context"
	"slices"
	"strconv"
	"time"

	"readout/experiment"
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
// the files of "exposures" and of "conversions" ("inspect exposures" for Embedded.Inspect), then
// parts of the "users". It may be called from several goroutines at once. A nil Progress is not
// called.
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
	// CrossLooks asks for the columns of Cell.Previous.
	CrossLooks bool
}

// Wants returns the names of the metrics that read a column of the conversions which others do without:
// that of values, or one that filters compare.
func (x Experiment) Wants(t ConversionTable, column string) []string {
	if column == t.User || column == t.Event || column == t.Time {
		return nil
	}
	var names []string
	for _, m := range x.Metrics {
		if m.Value.wants(t, column) || m.Denominator != nil && m.Denominator.wants(t, column) {
			names = append(names, m.Name)
		}
	}
	return names
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

func (c Column) wants(t ConversionTable, column string) bool {
	return c.Aggregate.NeedsValue() && column == t.Value ||
		slices.ContainsFunc(c.Where, func(f experiment.Filter) bool { return f.Column == column })
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

// step returns what tells of one step; nil if nobody is to be told.
func (p Progress) step(name string) func(done, total int64) {
	if p == nil {
		return nil
	}
	return func(done, total int64) { p(name, done, total) }
}
