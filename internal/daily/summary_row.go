package daily

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"readout/analysis"
	"readout/experiment"
)

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

// shared returns a copy of a name that all rows which have it share.
func shared(names map[string]string, name string) string {
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
