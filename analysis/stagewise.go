package analysis

import (
	"math"
	"slices"

	"readout/sequential"
)

// largestScore is the largest score for which drifts are looked for; beyond, nothing about
// the effect is in doubt.
const largestScore = 1e5

// stagewise returns the inference by stage-wise ordering after a group-sequential test has
// ended at the last of the looks, for an effect that is the same at all of them. Their
// standard errors say what that is for their statistics: correlations alone do not where
// variances change, or users' values grow.
//
// The drifts δ that sequential gives are on the scale of the normal score; the effect that
// belongs to one is value − SE·T_df⁻¹(Φ(z − δ)), so that with a single look the interval is
// Welch's. A one-sided test bounds the effect only from the side it guards. The result is
// nil beyond [largestScore].
func (t test) stagewise(looks []Look) (*Stagewise, error) {
	process, err := processOf(looks)
	if err != nil {
		return nil, err
	}
	last := looks[len(looks)-1]
	d := sequential.Design{Process: process, Upper: criticals(looks), Shape: make([]float64, len(looks))}
	for i, l := range looks {
		d.Shape[i] = last.SE / l.SE
	}
	confidence := 1 - 2*t.alpha
	if t.sides == 2 {
		d.Lower = sequential.Mirror(d.Upper)
		confidence = 1 - t.alpha
	}
	z := t.statistic(last.Z)
	if math.Abs(z) > largestScore {
		return nil, nil
	}
	final, err := d.Stagewise(z, confidence)
	if err != nil {
		return nil, err
	}
	out := &Stagewise{
		Date: last.Date, Look: last.Number, P: Defined(max(final.P, floorP)),
		Estimate: t.effectAt(last, z, final.Median),
		Lo:       t.effectAt(last, z, final.Lo), Hi: t.effectAt(last, z, final.Hi),
	}
	if t.sides == 1 {
		out.P, out.Hi = Defined(max(final.PUpper, floorP)), Number{}
		if t.direction < 0 {
			out.Lo, out.Hi = Number{}, out.Lo
		}
	}
	return out, nil
}

// driftError is the error of the drifts of a stage-wise inference. An effect that is smaller, in
// standard errors, is no effect.
const driftError = 1e-8

// effectAt returns the effect at a drift of the statistic z of a look.
func (t test) effectAt(l Look, z, drift float64) Number {
	distance := l.SE * studentScore(z-drift, l.DF)
	if t.sides == 1 {
		distance *= t.direction
	}
	effect := l.Effect - distance
	if math.Abs(effect) < driftError*l.SE {
		return Defined(0)
	}
	return Defined(effect)
}

// setStagewise fills in the inference after the test of a primary comparison has ended: at
// its look of record, or at its last look when no more are to come. Under Holm's correction
// a comparison may have crossed its boundary and gone on, also to a later look of record; then
// the order of its stages is not the one that was tested, and there is none.
func (a *analyzer) setStagewise(c *Comparison, s scored, t test, final bool) error {
	if _, ok := t.procedure.(groupSequential); !ok || s.role != Primary || c.Look == 0 {
		return nil
	}
	looks := a.shownLooks(c, s)
	switch {
	case c.Record != nil:
		looks = looks[:c.Record.Look]
		if slices.ContainsFunc(looks[:len(looks)-1], crossed) {
			return nil
		}
	case !final && looks[len(looks)-1].Time < 1, slices.ContainsFunc(looks, crossed):
		return nil
	}
	var err error
	c.Stagewise, err = t.stagewise(looks)
	return err
}
