package ingest

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"readout/experiment"
	"readout/ingest/tables"
)

// check reports what is wrong with a query, all of it at once.
func (q *Query) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(q.Looks) == 0 {
		fault("no looks")
	}
	for i := 1; i < len(q.Looks); i++ {
		if !q.Looks[i].After(q.Looks[i-1]) {
			fault("look %v does not come after %v", q.Looks[i], q.Looks[i-1])
		}
	}
	for _, t := range q.ReadAt {
		if len(q.Looks) > 0 && t.After(q.Looks[len(q.Looks)-1]) {
			fault("what is read at %v cannot be told: the last look is before", t)
		}
	}
	if len(q.Experiments) > math.MaxUint16 {
		fault("%d experiments, at most %d are possible", len(q.Experiments), math.MaxUint16)
	}
	if q.Exposures.Experiment == "" && len(q.Experiments) != 1 {
		fault("%d experiments, but no column that tells them apart", len(q.Experiments))
	}
	var names []string
	for i := range q.Experiments {
		e := &q.Experiments[i]
		if slices.Contains(names, e.Name) {
			fault("experiment %q is there twice", e.Name)
		}
		names = append(names, e.Name)
		if err := e.check(q); err != nil {
			fault("experiment %q: %w", e.Name, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return nil
}

// check reports what is wrong with an experiment of a query.
func (e *Experiment) check(q *Query) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(e.Variants) > math.MaxUint16 {
		fault("%d variants, at most %d are possible", len(e.Variants), math.MaxUint16)
	}
	sorted := slices.Sorted(slices.Values(e.Variants))
	for i, name := range sorted {
		if name == "" {
			fault("a variant without a name")
		} else if i > 0 && name == sorted[i-1] {
			fault("variant %q is there twice", name)
		}
	}
	if !e.Start.IsZero() && !e.End.IsZero() && e.End.Before(e.Start) {
		fault("end %v is before start %v", e.End, e.Start)
	}
	for i := 1; i < len(e.Phases); i++ {
		if !e.Phases[i].After(e.Phases[i-1]) {
			fault("phase %v does not come after %v", e.Phases[i], e.Phases[i-1])
		}
	}
	for i := range e.Metrics {
		if err := e.Metrics[i].check(q); err != nil {
			fault("metric %q: %w", e.Metrics[i].Name, err)
		}
	}
	return errors.Join(faults...)
}

// check reports what is wrong with a metric.
func (m *Metric) check(q *Query) error {
	var faults []error
	if m.Lookback < 0 || m.MatureAfter < 0 {
		faults = append(faults, errors.New("look-back and time to maturity must not be negative"))
	}
	for _, c := range m.outcomes() {
		faults = append(faults, c.check(q))
		if c.Aggregate == Each && (m.Denominator != nil || c.Cap != nil || m.Lookback != 0) {
			faults = append(faults, errors.New("single values go with no denominator, cap or look-back"))
		}
	}
	return errors.Join(faults...)
}

// outcomes returns the columns of a metric that are not covariates.
func (m *Metric) outcomes() []*Column {
	if m.Denominator == nil {
		return []*Column{&m.Value}
	}
	return []*Column{&m.Value, m.Denominator}
}

// check reports what is wrong with a column; what it needs comes first, and the rest at once.
func (c *Column) check(q *Query) error {
	switch {
	case q.Conversions.Path == "":
		return errors.New("no conversions to compute it from")
	case c.Event == "":
		return errors.New("no event")
	case c.Aggregate < Any || c.Aggregate > Each:
		return fmt.Errorf("unknown aggregate %d", c.Aggregate)
	case c.Aggregate.NeedsValue() && q.Conversions.Value == "":
		return fmt.Errorf("%v needs a value column", c.Aggregate)
	case c.From < 0 || c.To < 0 || c.To > 0 && c.To <= c.From:
		return fmt.Errorf("bad window [%v, %v)", c.From, c.To)
	}
	faults := []error{checkCap(c.Cap)}
	for _, f := range c.Where {
		if f.Column == "" {
			faults = append(faults, errors.New("where: no column"))
		} else if err := tables.CheckFilter(f); err != nil {
			faults = append(faults, fmt.Errorf("where: column %q: %w", f.Column, err))
		}
	}
	return errors.Join(faults...)
}

// checkCap reports what is wrong with a cap, if there is one.
func checkCap(c *experiment.Cap) error {
	if c == nil {
		return nil
	}
	var faults []error
	for _, b := range []*experiment.CapBound{c.Lower, c.Upper} {
		switch {
		case b == nil:
		case b.IsPercentile && !(b.Percentile > 0 && b.Percentile < 1):
			faults = append(faults, fmt.Errorf("cap: the percentile %v is not between 0 and 1", b.Percentile))
		case math.IsNaN(b.Value) || math.IsInf(b.Value, 0):
			faults = append(faults, fmt.Errorf("cap: the bound %v is not finite", b.Value))
		}
	}
	if c.Lower == nil && c.Upper == nil {
		faults = append(faults, errors.New("cap: no bound"))
	}
	return errors.Join(faults...)
}
