package daily

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
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
	// name of the file, for messages.
	name string
	// numbered says that looks are whole numbers and not dates or times.
	numbered bool
	rows     []summaryRow
}

// summaryRow is one arm of one metric at one look.
type summaryRow struct {
	line                        int
	experiment, variant, metric string
	// look is as it was written; number or at is what it says.
	look   string
	number int
	at     time.Time
	arm    analysis.Arm
}

// ReadSummary reads a CSV file with a header and the columns look, variant, metric, n,
// mean, variance, and experiment where there is one; others are ignored. Each row holds
// the cumulative count of users, and their mean and variance (divisor n − 1), of one
// variant and metric at one look. Looks are all whole numbers from 1 on, or all dates (their
// end, in zone) or times; rows may stand in any order. Errors begin with name:line.
func ReadSummary(r io.Reader, name string, zone *time.Location) (*Summary, error) {
	limited := &io.LimitedReader{R: r, N: maxSummaryBytes + 1}
	in := csv.NewReader(limited)
	in.ReuseRecord = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty", name)
	}
	if err != nil {
		return nil, csvError(name, err)
	}
	positions, err := summaryPositions(header)
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	s := &Summary{name: name}
	for {
		record, err := in.Read()
		if limited.N == 0 {
			return nil, fmt.Errorf("%s: larger than %d MiB", name, maxSummaryBytes>>20)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		line, _ := in.FieldPos(0)
		if len(s.rows) == maxSummaryRows {
			return nil, fmt.Errorf("%s:%d: more than %d rows", name, line, maxSummaryRows)
		}
		row, err := parseSummaryRow(record, positions, zone)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		row.line = line
		if len(s.rows) == 0 {
			s.numbered = row.number > 0
		} else if s.numbered != (row.number > 0) {
			return nil, fmt.Errorf("%s:%d: look: %q after %q in line %d: write all as numbers, or all as dates or times",
				name, line, row.look, s.rows[0].look, s.rows[0].line)
		}
		s.rows = append(s.rows, row)
	}
	if len(s.rows) == 0 {
		return nil, fmt.Errorf("%s: there are no rows below the header", name)
	}
	return s, nil
}

// csvError says where a file is not CSV.
func csvError(name string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s:%d: not CSV: %w", name, parse.Line, parse.Err)
	}
	return fmt.Errorf("read %s: %w", name, err)
}

// summaryPositions returns where each of summaryColumns stands, −1 where it does not.
func summaryPositions(header []string) ([len(summaryColumns)]int, error) {
	var out [len(summaryColumns)]int
	var missing []string
	for i, want := range summaryColumns {
		out[i] = -1
		for j, have := range header {
			if j == 0 {
				have = strings.TrimPrefix(have, "\ufeff")
			}
			switch {
			case have != want:
			case out[i] >= 0:
				return out, fmt.Errorf("column %q is there twice", want)
			default:
				out[i] = j
			}
		}
		if out[i] < 0 && i != columnExperiment {
			missing = append(missing, want)
		}
	}
	if len(missing) > 0 {
		return out, fmt.Errorf("no column %s: want a header with look, variant, metric, n, mean and variance, separated by commas",
			strings.Join(missing, ", "))
	}
	return out, nil
}

func parseSummaryRow(record []string, positions [len(summaryColumns)]int, zone *time.Location) (summaryRow, error) {
	var r summaryRow
	for _, c := range []struct {
		column int
		target *string
	}{{columnExperiment, &r.experiment}, {columnVariant, &r.variant}, {columnMetric, &r.metric}} {
		if positions[c.column] < 0 {
			continue
		}
		text := record[positions[c.column]]
		if text == "" || len(text) > maxSummaryName || !utf8.ValidString(text) {
			return r, fmt.Errorf("%s: want a name of 1 to %d bytes in UTF-8, got %.40q", summaryColumns[c.column], maxSummaryName, text)
		}
		*c.target = text
	}
	if err := r.parseLook(record[positions[columnLook]], zone); err != nil {
		return r, err
	}
	n, err := parseUsers(record[positions[columnN]])
	if err != nil {
		return r, err
	}
	if n == 0 {
		r.arm = armOf(0, 0, 0)
		return r, nil
	}
	mean, ok := parseFinite(record[positions[columnMean]])
	if !ok {
		return r, fmt.Errorf("mean: want a number, got %.40q", record[positions[columnMean]])
	}
	variance, ok := parseFinite(record[positions[columnVariance]])
	if !ok || variance < 0 {
		return r, fmt.Errorf("variance: want a number of 0 or more, got %.40q", record[positions[columnVariance]])
	}
	r.arm = armOf(n, mean, variance)
	if !r.arm.Moments.Finite() {
		return r, fmt.Errorf("variance: %g of %d users is too large", variance, n)
	}
	return r, nil
}

// armOf returns an arm of one column, of n users with the given mean and variance (divisor
// n − 1); an arm without users has 0 of each.
func armOf(n int64, mean, variance float64) analysis.Arm {
	var arm analysis.Arm
	arm.Moments.N = n
	arm.Moments.Mean = []float64{mean}
	arm.Moments.C = []float64{variance * float64(max(n, 1)-1)}
	return arm
}

// parseLook reads a whole number, a date or a time.
func (r *summaryRow) parseLook(text string, zone *time.Location) error {
	r.look = text
	if k, err := strconv.Atoi(text); err == nil {
		if k < 1 || k > maxLookNumber {
			return fmt.Errorf("look: want a number from 1 to %d, got %.40q", maxLookNumber, text)
		}
		r.number = k
		return nil
	}
	at, _, err := experiment.ParseInstant(text, zone, true)
	if err != nil {
		return fmt.Errorf("look: want a whole number, a date or a time, got %.40q", text)
	}
	r.at = at
	return nil
}

// parseUsers reads a whole number; one written with a fraction of 0 is one too.
func parseUsers(text string) (int64, error) {
	v, ok := parseFinite(text)
	if !ok || v < 0 || v > maxUsers || v != math.Trunc(v) {
		return 0, fmt.Errorf("n: want a whole number of users, got %.40q", text)
	}
	return int64(v), nil
}

// parseFinite reads a number that is neither NaN nor infinite.
func parseFinite(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// Experiments returns the names of the experiments in order; a file without that column has
// one, whose name is empty.
func (s *Summary) Experiments() []string {
	return distinct(s.rows, func(r *summaryRow) (string, bool) { return r.experiment, true })
}

// Variants returns the names of an experiment's variants in order.
func (s *Summary) Variants(experiment string) []string {
	return distinct(s.rows, func(r *summaryRow) (string, bool) { return r.variant, r.experiment == experiment })
}

// Metrics returns the names of an experiment's metrics in order.
func (s *Summary) Metrics(experiment string) []string {
	return distinct(s.rows, func(r *summaryRow) (string, bool) { return r.metric, r.experiment == experiment })
}

// distinct returns the different names of rows, sorted.
func distinct(rows []summaryRow, name func(*summaryRow) (string, bool)) []string {
	seen := make(map[string]bool)
	var out []string
	for i := range rows {
		if n, ok := name(&rows[i]); ok && !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}
