package experiment

import "time"

// A Metric says which numbers per user it needs and how they are judged.
// It is a mean (or share) of one column, a ratio of two, or a quantile.
type Metric struct {
	Name        string
	Description string
	File        string // where it is defined
	Line        int
	Numerator   Column  // the only column of a metric that is not a ratio
	Denominator *Column // nil unless the metric is a ratio
	Quantile    float64 // in (0, 1); 0 unless the metric is a quantile of single values
	Goal        Goal
	Sides       Sides
	Immature    Immature
	Lookback    time.Duration // span before a user's first exposure that feeds the CUPED covariate
}

// A Kind is what a metric is an estimate of.
type Kind string

// The kinds of metrics.
const (
	KindProportion Kind = "proportion" // share of users with at least one event
	KindMean       Kind = "mean"       // mean per user of a number
	KindRatio      Kind = "ratio"      // sum of one column over the sum of another
	KindQuantile   Kind = "quantile"   // quantile of the values of all events
)

// Kind returns what the metric is an estimate of.
func (m *Metric) Kind() Kind {
	switch {
	case m.Quantile > 0:
		return KindQuantile
	case m.Denominator != nil:
		return KindRatio
	case m.Numerator.Aggregate == AggregateAny:
		return KindProportion
	}
	return KindMean
}

// Columns returns the columns per user that the metric needs: one, or two for a ratio.
func (m *Metric) Columns() []Column {
	if m.Denominator == nil {
		return []Column{m.Numerator}
	}
	return []Column{m.Numerator, *m.Denominator}
}

// Window returns the span that must be over for a user to be mature: from the
// earliest beginning to the latest end of the windows of all columns. It is
// open when one of them is.
func (m *Metric) Window() Window {
	w := m.Numerator.Window
	if m.Denominator == nil {
		return w
	}
	d := m.Denominator.Window
	w.From = min(w.From, d.From)
	w.Open = w.Open || d.Open
	w.To = max(w.To, d.To)
	if w.Open {
		w.To = 0
	}
	return w
}

// A Column is one number per user: an aggregate of the user's events of one
// name inside a window that begins at the user's first exposure.
type Column struct {
	Event     string
	Aggregate Aggregate // empty for a quantile, which needs the single values
	Window    Window
	Where     []Filter // all must hold
	Cap       *Cap     // nil for none
}

// A Window is the span [From, To) after a user's first exposure in which
// events count. An open window has no end and To is 0.
type Window struct {
	From, To time.Duration
	Open     bool
}

// A Filter keeps the conversion rows whose column compares as wanted.
type Filter struct {
	Column   string
	Operator Operator
	Values   []Scalar
}

// A Cap limits the numbers of users; users are never dropped by it.
type Cap struct {
	Lower, Upper *CapBound // nil for no bound on that side
	ZeroUsers    bool      // percentiles over all users instead of those with a non-zero number
}

// A CapBound is a fixed value or a percentile over the users of all arms.
type CapBound struct {
	Value        float64 // the limit itself; 0 when Percentile is set
	Percentile   float64 // in (0, 1)
	IsPercentile bool
}
