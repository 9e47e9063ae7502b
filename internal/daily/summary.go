package daily

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
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

// summarySource gives the rows of a file one after the other, whatever its format.
type summarySource interface {
	// next returns the next row, valid until the call after; io.EOF after the last one. Other
	// errors say where they are.
	next() (*writtenRow, error)
	// place says where a row is: the file and the row's line.
	place(line int) string
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
		row.variant, row.metric, row.look = shared(names, row.variant), shared(names, row.metric), shared(names, row.look)
		experiment := shared(names, written.experiment)
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
