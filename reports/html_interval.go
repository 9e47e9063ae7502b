package reports

import (
	"fmt"
	"math"
	"strconv"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/digits"
)

// barHalf is how far a drawn interval reaches to each side of 0, in units of its picture.
const barHalf = 110

// An intervalBar is an interval drawn around 0; coordinates are ready for SVG.
type intervalBar struct {
	// Lo and Size are the interval's left end and length, Point the estimate, Margin the
	// guardrail's margin. An empty one is not drawn.
	Lo, Size, Point, Margin string
	// OpenLo and OpenHi mark ends without a limit.
	OpenLo, OpenHi bool
	// Class is that of the verdict.
	Class string
	Alt   string
}

// span is what is drawn of one comparison: an estimate and its interval.
type span struct {
	value, lo, hi analysis.Number
	margin        analysis.Number
	unbounded     bool
}

// barAxis is the scale that the comparisons of a metric share, from −far to +far: of the
// lift, or of the effect where a lift is not defined.
type barAxis struct {
	far   float64
	lift  bool
	scale float64
	unit  string
}

// axisOf returns the scale of a metric's comparisons, or false when there is nothing to draw.
func axisOf(m *analysis.MetricResult) (barAxis, bool) {
	a := barAxis{lift: true, scale: 100, unit: "%"}
	for i := range m.Comparisons {
		c := &m.Comparisons[i]
		_, effect := c.Effect.Value.Get()
		if _, lift := c.Lift.Get(); effect && !lift {
			a = barAxis{scale: 1}
			if m.Kind == kindProportion {
				a = barAxis{scale: 100, unit: " " + labelPoints}
			}
		}
	}
	drawn := false
	for i := range m.Comparisons {
		s := a.span(m, &m.Comparisons[i])
		if _, ok := s.value.Get(); ok {
			drawn = true
		}
		for _, n := range []analysis.Number{s.value, s.lo, s.hi, s.margin} {
			a.far = math.Max(a.far, 1.1*math.Abs(n.Or(0)))
		}
	}
	return a, drawn && drawable(-a.far, a.far)
}

// span returns what is drawn of a comparison.
func (a barAxis) span(m *analysis.MetricResult, c *analysis.Comparison) span {
	if !a.lift {
		return span{value: c.Effect.Value, lo: c.Lo, hi: c.Hi}
	}
	s := span{value: c.Lift, lo: c.LiftLo, hi: c.LiftHi, unbounded: c.LiftUnbounded}
	if v, ok := c.Margin.Get(); ok {
		if m.Goal != string(experiment.GoalDecrease) {
			v = -v
		}
		s.margin = analysis.Defined(v)
	}
	return s
}

// describe says from where to where the scale reaches.
func (a barAxis) describe() string {
	format := barScaleEffect
	if a.lift {
		format = barScaleLift
	}
	return fmt.Sprintf(format, a.label(-a.far), a.label(a.far))
}

// label writes a value of the scale.
func (a barAxis) label(v float64) string {
	v = digits.Finite(v * a.scale)
	return sign(digits.Fixed(v, digits.Decimals(v, 2))) + a.unit
}

// at returns the place of a value.
func (a barAxis) at(v float64) float64 {
	return math.Max(-barHalf, math.Min(v/a.far*barHalf, barHalf))
}

// bar draws a comparison, or returns nil when it has no estimate.
func (a barAxis) bar(m *analysis.MetricResult, c *analysis.Comparison) *intervalBar {
	s := a.span(m, c)
	value, ok := s.value.Get()
	if !ok {
		return nil
	}
	b := &intervalBar{Point: coordinate(a.at(value))}
	if v, ok := s.margin.Get(); ok {
		b.Margin = coordinate(a.at(v))
	}
	from, to := labelNoLimit, labelNoLimit
	left, right := -float64(barHalf), float64(barHalf)
	lo, hasLo := s.lo.Get()
	hi, hasHi := s.hi.Get()
	if hasLo {
		left, from = a.at(lo), a.label(lo)
	}
	if hasHi {
		right, to = a.at(hi), a.label(hi)
	}
	if hasLo || hasHi || s.unbounded {
		b.OpenLo, b.OpenHi = !hasLo, !hasHi
		b.Lo, b.Size = coordinate(left), coordinate(math.Max(1, right-left))
	}
	b.Alt = fmt.Sprintf(barAlt, a.label(value), from, to)
	return b
}

// coordinate writes a place with one decimal.
func coordinate(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
