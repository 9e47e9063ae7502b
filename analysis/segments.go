package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"readout/experiment"
)

// Limits of segments.
const (
	// mostSegments is how many values of a column are told apart: those with the most users.
	mostSegments = 20
	// leastPerVariant is how many users per variant, on average, a value needs to be told
	// apart. The rule looks at all users of a value and not at each arm's, so that it cannot
	// hide a value whose users are badly split.
	leastPerVariant = smallArm
)

// segments breaks the day's results down, or returns nil where nobody asked for that.
func (a *analyzer) segments(card *Scorecard) (*Segments, error) {
	if len(a.day.Segments) == 0 {
		return nil, nil
	}
	out := &Segments{Least: leastPerVariant * int64(len(a.in.Experiment.Variants)), Most: mostSegments}
	for _, column := range a.day.Segments {
		if a.tooWide(column) {
			continue
		}
		c := SegmentColumn{Column: column.Column, Segments: []Segment{}}
		for _, d := range pooledSegments(column.Segments, out.Least, out.Most) {
			s, err := a.segment(card, d)
			if err != nil {
				return nil, err
			}
			c.Segments = append(c.Segments, s)
		}
		out.Columns = append(out.Columns, c)
	}
	if len(out.Columns) == 0 {
		return nil, nil
	}
	alarmedSplits(out)
	out.Comparisons = adjustSegments(out)
	out.Sentence = segmentsSentence(a.in.Experiment.Statistics, out)
	return out, nil
}

// tooWide reports whether a column has so many values that no user is in any segment of it.
func (a *analyzer) tooWide(column DaySegments) bool {
	return len(column.Segments) == 0 && sum(a.day.Users) > 0
}

// pooledSegments returns the segments of a column in the order of the report: values by
// their bytes, then the missing one, then all others pooled. Told apart are, of the values
// with at least least users, the most with the most users; of as many users, those that
// come first in segments.
func pooledSegments(segments []DaySegment, least int64, most int) []DaySegment {
	var large []int
	for i, s := range segments {
		if s.Kind != SegmentOther && sum(s.Users) >= least {
			large = append(large, i)
		}
	}
	slices.SortStableFunc(large, func(i, j int) int { return cmp.Compare(sum(segments[j].Users), sum(segments[i].Users)) })
	large = large[:min(len(large), most)]
	var out []DaySegment
	other := DaySegment{Kind: SegmentOther}
	for i, s := range segments {
		if slices.Contains(large, i) {
			out = append(out, s)
		} else {
			other.merge(s)
		}
	}
	slices.SortStableFunc(out, func(s, o DaySegment) int {
		return cmp.Or(cmp.Compare(s.Kind.order(), o.Kind.order()), cmp.Compare(s.Value, o.Value))
	})
	if sum(other.Users)+sum(other.Several) > 0 {
		out = append(out, other)
	}
	return out
}

// order is the place of a kind among the segments of a column.
func (k SegmentKind) order() int {
	return slices.Index([]SegmentKind{SegmentValue, SegmentMissing, SegmentOther}, k)
}

// merge adds the users of o, whose metrics, phases and variants are the same.
func (s *DaySegment) merge(o DaySegment) {
	s.Users, s.Several = addCounts(s.Users, o.Users), addCounts(s.Several, o.Several)
	s.PhaseUsers = addPhases(s.PhaseUsers, o.PhaseUsers)
	s.PhaseSeveral = addPhases(s.PhaseSeveral, o.PhaseSeveral)
	if s.Metrics == nil {
		s.Metrics = make([][][]Arm, len(o.Metrics))
	}
	for i, phases := range o.Metrics {
		if s.Metrics[i] == nil && phases != nil {
			s.Metrics[i] = make([][]Arm, len(phases))
		}
		for p, arms := range phases {
			if s.Metrics[i][p] == nil {
				s.Metrics[i][p] = make([]Arm, len(arms))
			}
			for v, arm := range arms {
				s.Metrics[i][p][v].pool(arm)
			}
		}
	}
}

// pool adds the users of the same arm in another segment.
func (a *Arm) pool(o Arm) {
	a.Moments.Merge(o.Moments)
	a.Converted += o.Converted
	switch {
	case a.Values == nil:
		a.Values = o.Values
	case o.Values != nil:
		a.Values = a.Values.(SegmentValues).Pool(o.Values.(SegmentValues))
	}
}

// addCounts returns the sum of counts per variant; a nil one is all 0.
func addCounts(a, b []int64) []int64 {
	out := make([]int64, max(len(a), len(b)))
	for i := range a {
		out[i] += a[i]
	}
	for i := range b {
		out[i] += b[i]
	}
	return out
}

// addPhases returns the sum of counts per phase and variant.
func addPhases(a, b [][]int64) [][]int64 {
	out := make([][]int64, max(len(a), len(b)))
	copy(out, a)
	for p := range b {
		out[p] = addCounts(out[p], b[p])
	}
	return out
}

// segment returns the results of one segment.
func (a *analyzer) segment(card *Scorecard, d DaySegment) (Segment, error) {
	day := &Day{Users: d.Users, Several: d.Several, PhaseUsers: d.PhaseUsers, PhaseSeveral: d.PhaseSeveral}
	planned := expected(a.splits(day, false))
	out := Segment{Kind: d.Kind, Value: d.Value, Split: a.segmentSplit(day), Metrics: []SegmentMetric{}}
	for i, v := range a.in.Experiment.Variants {
		out.Users = append(out.Users, SegmentUsers{
			Variant: v.Name, Users: d.Users[i], Planned: Defined(planned[i]), Several: d.Several[i],
		})
	}
	for i, s := range scoredMetrics(a.in.Experiment.Scorecard) {
		m, err := a.segmentMetric(s, card.Metrics[i].Reason, d.Metrics[i])
		if err != nil {
			return out, err
		}
		out.Metrics = append(out.Metrics, m)
	}
	return out, nil
}

// segmentMetric estimates a metric in a segment, whose arms are given per phase and
// variant; reason says why the whole scorecard could not.
//
// It is what the scorecard does with all users, CUPED's coefficients included, which are
// the segment's own.
func (a *analyzer) segmentMetric(s scored, reason string, phases [][]Arm) (SegmentMetric, error) {
	m := s.metric
	out := SegmentMetric{
		Name: m.Name, Role: s.role, Kind: string(m.Kind()), Goal: string(m.Goal), Reason: reason,
		Variants: []VariantResult{}, Comparisons: []SegmentComparison{},
	}
	if reason == "" && phases == nil {
		out.Reason = notComputed(nil)
	}
	t, err := a.test(m, a.in.Experiment.Statistics.Alpha())
	if err != nil {
		return out, fmt.Errorf("metric %s: %w", m.Name, err)
	}
	t.procedure = fixed{}
	if out.Reason != "" {
		for _, v := range a.treatments() {
			out.Comparisons = append(out.Comparisons, SegmentComparison{
				Variant: a.in.Experiment.Variants[v].Name, Alpha: Defined(t.alpha), Reason: out.Reason,
			})
		}
		return out, nil
	}
	phases = withQuantiles(m, phases)
	model, _ := modelOf(m, phases, a.in.Experiment.Statistics.Method)
	for v, variant := range a.in.Experiment.Variants {
		result, _ := armsResult(variant.Name, m, model, column(phases, v))
		out.Variants = append(out.Variants, result)
	}
	arms := a.fitPhases(model, phases, needOf(m, false))
	for _, v := range a.treatments() {
		c := SegmentComparison{Variant: a.in.Experiment.Variants[v].Name, Alpha: Defined(t.alpha)}
		c.Reason = tooFew(m, out.Variants[a.control], out.Variants[v])
		e, err := arms.effect(v)
		if err != nil {
			c.Reason = err.Error()
		}
		if c.Reason == "" {
			if err := c.setTest(t, e); err != nil {
				return out, fmt.Errorf("metric %s, variant %s: %w", m.Name, c.Variant, err)
			}
			if raw, err := arms.rawEffect(v); err == nil {
				c.Raw = raw.estimate()
			}
		}
		out.Comparisons = append(out.Comparisons, c)
	}
	return out, nil
}

// tooFew says why a comparison has too few users for the normal approximation; empty if it
// has enough.
func tooFew(m *experiment.Metric, arms ...VariantResult) string {
	for _, arm := range arms {
		switch {
		case arm.Users < smallArm:
			return fewInSegment(arm)
		case m.Kind() == experiment.KindQuantile && arm.Conversions < smallArm:
			return fewValuesInSegment(arm)
		case fewConverted(m.Kind(), arm):
			return fewConvertedInSegment(arm)
		}
	}
	return ""
}

// setTest fills in a single test of an effect, with its interval and lift.
func (c *SegmentComparison) setTest(t test, e effect) error {
	boundary, err := t.procedure.criticalAt(t, t.alpha, nil)
	if err != nil {
		return err
	}
	score := studentScore(boundary.Value, e.df)
	c.Effect = e.estimate()
	c.Lo, c.Hi = t.interval(e.value, e.se, score)
	l := t.lift(e, score)
	c.Lift, c.LiftLo, c.LiftHi = l.value, l.lo, l.hi
	c.LiftUnbounded, c.LiftReason = l.unbounded, l.reason
	c.LnP = Defined(t.singleLogP(normalScore(e.value/e.se, e.df)))
	c.P = shownP(c.LnP)
	return nil
}
