package daily

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"readout/analysis"
	"readout/experiment"
)

// Limits of a summary.
const (
	maxSummaryBytes = 256 << 20
	maxSummaryRows  = 1_000_000
	// maxSummaryName is the longest name of an experiment, variant or metric, in bytes.
	maxSummaryName = 200
	// maxLookNumber bounds looks that are numbered: a hundred years of days.
	maxLookNumber = 36_500
	// maxUsers is the largest count that a float64 holds exactly.
	maxUsers = 1 << 53
)

// summaryColumns are the columns of a summary, the first one optional.
var summaryColumns = [...]string{"experiment", "look", "variant", "metric", "n", "mean", "variance"}

// Positions in summaryColumns.
const (
	columnExperiment = iota
	columnLook
	columnVariant
	columnMetric
	columnN
	columnMean
	columnVariance
)

// Summary is aggregates per experiment, look, variant and metric, as they stood at the look.
type Summary struct {
	// place writes where a row is, for messages.
	place func(line int) string
	// name of the file, for messages.
	name string
	// numbered says that looks are whole numbers and not dates or times.
	numbered bool
	// rows by experiment, in the order of the file.
	rows map[string][]summaryRow
}

// summaryRow is one arm of one metric at one look.
type summaryRow struct {
	line            int
	variant, metric string
	// look is as it was written; number or at is what it says.
	look   string
	number int
	at     time.Time
	// users, and their mean and variance (divisor n − 1): 0 where there are too few for one.
	users          int64
	mean, variance float64
}

// summarySource gives the rows of a file one after the other, whatever its format.
type summarySource interface {
	// next returns the next row, valid until the call after; io.EOF after the last one. Other
	// errors say where they are.
	next() (*writtenRow, error)
	// place says where a row is: the file and the row's line.
	place(line int) string
}

// writtenRow is a row as it is in the file.
type writtenRow struct {
	line                        int
	hasExperiment               bool
	experiment, variant, metric string
	// look as text, instants with their offset.
	look              string
	n, mean, variance writtenNumber
}

// writtenNumber is what should be a number as it is in the file.
type writtenNumber struct {
	// text is what was written, for messages.
	text string
	// value is what it says; ok if it is a number and finite.
	value float64
	ok    bool
}

// ReadSummary reads a CSV or Parquet file, told apart by how it begins, or by the name where that
// says .parquet, so that a damaged one is not taken for CSV. It has the columns look,
// variant, metric, n, mean, variance, and experiment where there is one; others are ignored.
// Each row holds the cumulative count of users, and their mean and variance (divisor n − 1), of one
// variant and metric at one look. Looks are all whole numbers from 1 on, or all dates (their
// end, in zone) or times; rows may stand in any order. With one user the variance is not
// read, and with none neither is the mean. Errors say the file, and the line or row.
func ReadSummary(r io.Reader, name string, zone *time.Location) (*Summary, error) {
	source, err := summarySourceOf(r, name, zone)
	if err != nil {
		return nil, err
	}
	s := &Summary{name: name, place: source.place, rows: make(map[string][]summaryRow)}
	names := make(map[string]string)
	var first summaryRow
	for count := 0; ; count++ {
		written, err := source.next()
		switch {
		case errors.Is(err, io.EOF) && count == 0:
			return nil, fmt.Errorf("%s: there are no rows", name)
		case errors.Is(err, io.EOF):
			return s, nil
		case err != nil:
			return nil, err
		case count == maxSummaryRows:
			return nil, fmt.Errorf("%s: more than %d rows", source.place(written.line), maxSummaryRows)
		}
		row, err := written.parse(zone)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.place(written.line), err)
		}
		if count == 0 {
			first, s.numbered = row, row.number > 0
		} else if s.numbered != (row.number > 0) {
			return nil, fmt.Errorf("%s: look: %q after %q in %s: write all as numbers, or all as dates or times",
				source.place(row.line), row.look, first.look, source.place(first.line))
		}
		row.variant, row.metric, row.look = kept(names, row.variant), kept(names, row.metric), kept(names, row.look)
		experiment := kept(names, written.experiment)
		s.rows[experiment] = append(s.rows[experiment], row)
	}
}

// summarySourceOf tells by the first bytes, and for what has none of Parquet's by the name, how
// a file is to be read.
func summarySourceOf(r io.Reader, name string, zone *time.Location) (summarySource, error) {
	in := bufio.NewReader(r)
	head, err := in.Peek(4)
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: the file is empty", name)
	case len(head) == 0:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case string(head) == "PAR1", strings.EqualFold(path.Ext(name), ".parquet"):
		return newParquetSummary(in, name, zone)
	}
	return newCSVSummary(in, name)
}

// kept returns a copy of a name that is shared by all rows that have it.
func kept(names map[string]string, name string) string {
	have, ok := names[name]
	if !ok {
		have = strings.Clone(name)
		names[have] = have
	}
	return have
}

// parse checks a row.
func (w *writtenRow) parse(zone *time.Location) (summaryRow, error) {
	r := summaryRow{line: w.line, variant: w.variant, metric: w.metric}
	for _, c := range []struct {
		column int
		text   string
		wanted bool
	}{{columnExperiment, w.experiment, w.hasExperiment}, {columnVariant, w.variant, true}, {columnMetric, w.metric, true}} {
		if c.wanted && (c.text == "" || len(c.text) > maxSummaryName || !utf8.ValidString(c.text)) {
			return r, fmt.Errorf("%s: want a name of 1 to %d bytes in UTF-8, got %.40q", summaryColumns[c.column], maxSummaryName, c.text)
		}
	}
	if err := r.parseLook(w.look, zone); err != nil {
		return r, err
	}
	n := w.n.value
	if !w.n.ok || n < 0 || n > maxUsers || n != math.Trunc(n) {
		return r, fmt.Errorf("n: want a whole number of users, got %.40q", w.n.text)
	}
	r.users = int64(n)
	if r.users == 0 {
		return r, nil
	}
	if !w.mean.ok {
		return r, fmt.Errorf("mean: want a number, got %.40q", w.mean.text)
	}
	r.mean = w.mean.value
	if r.users == 1 {
		return r, nil
	}
	if !w.variance.ok || w.variance.value < 0 {
		return r, fmt.Errorf("variance: want a number of 0 or more, got %.40q", w.variance.text)
	}
	r.variance = w.variance.value
	if !r.arm().Moments.Finite() {
		return r, fmt.Errorf("variance: %g of %d users is too large", r.variance, r.users)
	}
	return r, nil
}

// parseLook reads a whole number, a date or a time.
func (r *summaryRow) parseLook(written string, zone *time.Location) error {
	r.look = written
	if k, err := strconv.Atoi(r.look); err == nil {
		if k < 1 || k > maxLookNumber {
			return fmt.Errorf("look: want a number from 1 to %d, got %.40q", maxLookNumber, r.look)
		}
		r.number = k
		return nil
	}
	at, _, err := experiment.ParseInstant(r.look, zone, true)
	if err != nil {
		return fmt.Errorf("look: want a whole number, a date or a time, got %.40q", r.look)
	}
	r.at = at
	return nil
}

// arm returns the row as an arm of one column.
func (r *summaryRow) arm() analysis.Arm {
	arm := noArm()
	arm.Moments.N = r.users
	arm.Moments.Mean[0] = r.mean
	arm.Moments.C[0] = r.variance * float64(max(r.users, 1)-1)
	return arm
}

// noArm returns an arm of one column without users.
func noArm() analysis.Arm {
	var arm analysis.Arm
	arm.Moments.Mean, arm.Moments.C = make([]float64, 1), make([]float64, 1)
	return arm
}

// Experiments returns the names of the experiments in order; a file without that column has
// one, whose name is empty.
func (s *Summary) Experiments() []string { return slices.Sorted(maps.Keys(s.rows)) }

// Variants returns the names of an experiment's variants in order.
func (s *Summary) Variants(experiment string) []string {
	return distinct(s.rows[experiment], func(r *summaryRow) string { return r.variant })
}

// Metrics returns the names of an experiment's metrics in order.
func (s *Summary) Metrics(experiment string) []string {
	return distinct(s.rows[experiment], func(r *summaryRow) string { return r.metric })
}

// distinct returns the different names of rows, sorted.
func distinct(rows []summaryRow, name func(*summaryRow) string) []string {
	seen := make(map[string]bool)
	for i := range rows {
		seen[name(&rows[i])] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
