package daily

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// csvSummary reads a summary from CSV with a header.
type csvSummary struct {
	name    string
	limited *io.LimitedReader
	in      *csv.Reader
	// positions of summaryColumns in a record, −1 where there is none.
	positions [len(summaryColumns)]int
	row       writtenRow
}

// newCSVSummary reads the header.
func newCSVSummary(r io.Reader, name string) (*csvSummary, error) {
	s := &csvSummary{name: name, limited: &io.LimitedReader{R: r, N: maxSummaryBytes + 1}}
	s.in = csv.NewReader(s.limited)
	s.in.ReuseRecord = true
	header, err := s.in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty", name)
	}
	if err != nil {
		return nil, s.fault(err)
	}
	if s.positions, err = summaryPositions(header); err != nil {
		return nil, fmt.Errorf("%s: %w", s.place(1), err)
	}
	return s, nil
}

func (s *csvSummary) place(line int) string { return fmt.Sprintf("%s:%d", s.name, line) }

func (s *csvSummary) next() (*writtenRow, error) {
	record, err := s.in.Read()
	switch {
	case s.limited.N == 0:
		return nil, fmt.Errorf("%s: larger than %d MiB", s.name, maxSummaryBytes>>20)
	case errors.Is(err, io.EOF):
		return nil, err
	case err != nil:
		return nil, s.fault(err)
	}
	r := &s.row
	r.line, _ = s.in.FieldPos(0)
	if at := s.positions[columnExperiment]; at >= 0 {
		r.hasExperiment, r.experiment = true, record[at]
	}
	r.variant, r.metric = record[s.positions[columnVariant]], record[s.positions[columnMetric]]
	r.look = record[s.positions[columnLook]]
	r.n, r.mean = csvNumber(record[s.positions[columnN]]), csvNumber(record[s.positions[columnMean]])
	r.variance = csvNumber(record[s.positions[columnVariance]])
	return r, nil
}

// fault says where a file is not CSV.
func (s *csvSummary) fault(err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("%s: not CSV: %w", s.place(parse.Line), parse.Err)
	}
	return fmt.Errorf("read %s: %w", s.name, err)
}

// csvNumber reads a number that is neither NaN nor infinite.
func csvNumber(text string) writtenNumber {
	v, err := strconv.ParseFloat(text, 64)
	return writtenNumber{text: text, value: v, ok: err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)}
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
