package reports

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"readout/analysis"
	"readout/internal/digits"
)

// lookShape is one look of a comparison as it is drawn.
type lookShape struct {
	day, effect float64
	lo, hi      analysis.Number
}

// boundary returns what the effect must lie below on the one side, or above on the other, to be
// significant: half the interval. A one-sided test has only one of them.
func (l lookShape) boundary() (below, above analysis.Number) {
	if lo, ok := l.lo.Get(); ok {
		above = analysis.Defined(l.effect - lo)
	}
	if hi, ok := l.hi.Get(); ok {
		below = analysis.Defined(l.effect - hi)
	}
	return below, above
}

// effectPlot draws the effect of a comparison at each look with its repeated interval as a
// band, and as dashed lines the boundaries around no difference. It reports whether a part
// of them lies outside of the picture. There is no picture of looks that cannot be drawn.
func effectPlot(c *analysis.Comparison, scale float64) (drawing picture, cut, ok bool, err error) {
	looks := lookShapes(c, scale)
	lo, hi, cut := effectRange(looks)
	if len(looks) == 0 || !drawable(lo, hi) {
		return picture{}, false, false, nil
	}
	from, to := looks[0].day, looks[len(looks)-1].day
	if from == to {
		from, to = from-1, to+1
	}
	p := newPlot(from, to, lo, hi, func(v float64, decimals int) string { return sign(digits.Fixed(v, decimals)) })
	for _, s := range intervals(looks) {
		addInterval(p, s, lo, hi)
	}
	for _, side := range []bool{true, false} {
		var bound plotter.XYs
		for _, l := range looks {
			below, above := l.boundary()
			if side {
				below = above
			}
			if v, ok := below.Get(); ok {
				bound = append(bound, plotter.XY{X: l.day, Y: v})
			}
		}
		for _, part := range inside(bound, lo, hi) {
			addLine(p, part, paintText, 1.25, 4, 3)
		}
	}
	addLine(p, plotter.XYs{{X: from, Y: 0}, {X: to, Y: 0}}, paintZero, 1)
	var effects plotter.XYs
	for _, l := range looks {
		effects = append(effects, plotter.XY{X: l.day, Y: l.effect})
	}
	addLine(p, effects, seriesPaint(0), 2)
	addMarks(p, effects[len(effects)-1:], seriesPaint(0), draw.CircleGlyph{}, 4)
	if c.Record != nil && c.Record.Look > 0 && c.Record.Look <= len(c.Looks) {
		addRecord(p, looks, c.Looks[c.Record.Look-1].Date)
	}
	drawing, err = drawPlot(p)
	return drawing, cut, err == nil, err
}

// lookShapes returns the looks that have a date and an effect, multiplied by scale.
func lookShapes(c *analysis.Comparison, scale float64) []lookShape {
	var out []lookShape
	for _, l := range c.Looks {
		d, isDate := dayNumber(l.Date)
		effect, defined := l.Effect.Get()
		if !isDate || !defined || len(out) > 0 && d <= out[len(out)-1].day {
			continue
		}
		out = append(out, lookShape{day: d, effect: effect * scale, lo: scaled(l.Lo, scale), hi: scaled(l.Hi, scale)})
	}
	return out
}

// scaled returns a number multiplied by scale.
func scaled(n analysis.Number, scale float64) analysis.Number {
	v, ok := n.Get()
	if !ok {
		return analysis.Number{}
	}
	return analysis.Defined(v * scale)
}

// effectRange returns the values that a picture of the looks shows: no difference, all
// effects, and the interval and the boundaries of the last look with half as much again.
// The first intervals are many times as wide and would leave nothing to see of the rest;
// cut says that something lies outside.
func effectRange(looks []lookShape) (lo, hi float64, cut bool) {
	var far float64
	for i, l := range looks {
		lo, hi = math.Min(lo, l.effect), math.Max(hi, l.effect)
		if i < len(looks)-1 {
			continue
		}
		below, above := l.boundary()
		for _, n := range []analysis.Number{l.lo, l.hi, below, above} {
			far = math.Max(far, math.Abs(n.Or(0)))
			lo, hi = math.Min(lo, 1.5*n.Or(0)), math.Max(hi, 1.5*n.Or(0))
		}
	}
	if lo == hi {
		lo, hi = -1, 1
	}
	margin := (hi - lo) / 20
	lo, hi = lo-margin, hi+margin
	for _, l := range looks {
		below, above := l.boundary()
		for _, n := range []analysis.Number{l.lo, l.hi, below, above} {
			cut = cut || n.Or(lo) < lo || n.Or(hi) > hi
		}
	}
	return lo, hi, cut
}

// intervals returns the runs of neighbouring looks that have an interval.
func intervals(looks []lookShape) [][]lookShape {
	var out [][]lookShape
	open := false
	for _, l := range looks {
		_, hasLo := l.lo.Get()
		_, hasHi := l.hi.Get()
		switch {
		case !hasLo && !hasHi:
			open = false
			continue
		case !open:
			out = append(out, nil)
			open = true
		}
		out[len(out)-1] = append(out[len(out)-1], l)
	}
	return out
}

// addInterval draws a run of intervals as a band, and a single one as a line. Where an end
// is open it reaches to the edge.
func addInterval(p *plot.Plot, looks []lookShape, lo, hi float64) {
	var lower, upper plotter.XYs
	for _, l := range looks {
		lower = append(lower, plotter.XY{X: l.day, Y: l.lo.Or(lo)})
		upper = append(upper, plotter.XY{X: l.day, Y: l.hi.Or(hi)})
	}
	lower, upper = clip(lower, lo, hi), clip(upper, lo, hi)
	if len(looks) == 1 {
		addLine(p, plotter.XYs{lower[0], upper[0]}, paintBand, 8)
		return
	}
	addBand(p, lower, upper, paintBand)
}

// inside returns the parts of a line that lie between lo and hi.
func inside(line plotter.XYs, lo, hi float64) []plotter.XYs {
	var parts []plotter.XYs
	var part plotter.XYs
	for i, p := range line {
		if i > 0 {
			for _, c := range crossings(line[i-1], p, lo, hi) {
				part = append(part, c)
				if len(part) > 1 {
					parts, part = append(parts, part), nil
				}
			}
		}
		if p.Y >= lo && p.Y <= hi {
			part = append(part, p)
		}
	}
	return append(parts, part)
}

// addRecord marks the look at which the comparison was decided.
func addRecord(p *plot.Plot, looks []lookShape, date string) {
	d, ok := dayNumber(date)
	if !ok {
		return
	}
	for _, l := range looks {
		if l.day == d {
			addMarks(p, plotter.XYs{{X: l.day, Y: l.effect}}, paintZero, draw.RingGlyph{}, 6)
		}
	}
}
