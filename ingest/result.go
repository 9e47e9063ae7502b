package ingest

import (
	"time"

	"readout/moments"
)

// Result answers a Query.
type Result struct {
	// Exposures and Conversions say, per look, what was read of each table.
	Exposures, Conversions []TableRead
	// ReadAt says the same for the instants of Query.ReadAt.
	ReadAt []TablesRead
	// HistoryStart is the start of the day, in the query's zone, of the earliest
	// conversion row that the last look sees; zero if there is none. Of look-backs that reach
	// further back a part is missing, and all of those of users first exposed before any
	// conversion.
	HistoryStart time.Time
	// Files are the files of both tables that have rows with a time, in path order of each table.
	// There are none where no rows are kept.
	Files       []File
	Experiments []ExperimentResult
}

// File tells a version of a file from others, and which days it is about.
type File struct {
	Table, Path string // the table is exposures or conversions
	Version     string
	First, Last time.Time // of its rows
	Rows        []RowsBefore
}

// RowsBefore counts the rows before an instant of the query that lie not before the next earlier
// one. The instants are the looks, Query.ReadAt and the starts of experiments.
type RowsBefore struct {
	Before time.Time
	Rows   int64
}

// TablesRead is what was read of both tables.
type TablesRead struct{ Exposures, Conversions TableRead }

// TableRead counts the rows of a table that a look sees, and the files that have such rows. A row
// without a time belongs to the earliest time of its row group, or to all looks where there is none.
//
// Exposures more than seven days before the first start, and conversions so early that no
// experiment's start and look-back reach them, with two days to spare, count as rows and nothing
// else. Where statistics tell that a row group holds only such rows, it is not read.
type TableRead struct {
	Files, Rows int64
	// First and Last are the times of the earliest and the latest row; zero if none.
	First, Last time.Time
	// Dates says that some files have dates for times, WallClock that some have times without a
	// zone, which are read in the query's.
	Dates, WallClock bool
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
	// Conversion rows since Start with user, time and an event that one of the metrics counts
	// and whose filters they pass, and of those:
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
	// Previous links this look, from the second on, with the one before in the query, whenever
	// that was; nil in segments. It covers the users who count at both looks: not those who
	// begin to count at this one, nor those left out from this one on because it saw them in a
	// second variant. Where Metric.CrossLooks asks for it, it holds the joint moments of the
	// columns at the look before and then of the same columns at this look; else it has no
	// columns, and says how many users these are. Where caps are applied, columns at either
	// look have the bounds of that look.
	//
	// Users are independent, so with m users at the look before and n at this one the
	// covariance of means at the two looks is Previous.N · Cov(x_i, y_j) / (m n).
	Previous *moments.Set
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
