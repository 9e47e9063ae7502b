package daily

import (
	"slices"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
)

// analysisDays turns what the engine found about the i-th subject into the days of its
// analysis: those that end after its start, up to the last one wanted, which alone is broken
// down by segment.
func analysisDays(s subject, a answer, i int, looks []Day, last Day) []analysis.Day {
	var out []analysis.Day
	for _, d := range looks {
		if k, ok := a.at(d.Through); ok && d.Through.After(s.start) && !d.Through.After(last.Through) {
			out = append(out, analysisDay(s, a, i, k, d))
			if d.Through.Equal(last.Through) {
				out[len(out)-1].Segments = segmentsOf(a, &a.result.Experiments[i].Looks[k], s.phasesBegun(d))
			}
		}
	}
	return out
}

// analysisDay is one of them, look k of the engine's result.
func analysisDay(s subject, a answer, i, k int, d Day) analysis.Day {
	look := &a.result.Experiments[i].Looks[k]
	begun := s.phasesBegun(d)
	out := analysis.Day{
		Date: d.Date, Through: d.Through, Users: look.Users, Several: look.Several,
		PhaseUsers: look.PhaseUsers[:begun], PhaseSeveral: look.PhaseSeveral[:begun],
		Data: dataRead(s, a, look, k),
	}
	for i := range s.experiment.Scorecard.Metrics() {
		out.Caps = append(out.Caps, capsOf(look, i))
	}
	out.Metrics = metricArms(look.Metrics, look.Caps, begun)
	if k > 0 {
		link(out.Metrics, look, &a.result.Experiments[i].Looks[k-1], a.looks[k-1])
	}
	return out
}

// segmentsOf returns a look by segment, of the phases begun by then.
func segmentsOf(a answer, look *ingest.LookResult, begun int) []analysis.DaySegments {
	var out []analysis.DaySegments
	for i, segments := range look.Segments {
		of := analysis.DaySegments{Column: a.segments[i]}
		for _, x := range segments {
			of.Segments = append(of.Segments, analysis.DaySegment{
				Kind: segmentKind(x), Value: x.Value, Users: x.Users, Several: x.Several,
				PhaseUsers: x.PhaseUsers[:begun], PhaseSeveral: x.PhaseSeveral[:begun],
				Metrics: metricArms(x.Metrics, look.Caps, begun),
			})
		}
		out = append(out, of)
	}
	return out
}

// metricArms turns cells into arms per metric, of the phases begun by then. A metric whose
// cap was not applied has none.
func metricArms(metrics [][][]ingest.Cell, caps [][]ingest.Capping, begun int) [][][]analysis.Arm {
	var out [][][]analysis.Arm
	for i := range metrics {
		if unapplied(caps[i]) {
			out = append(out, nil)
			continue
		}
		phases := make([][]analysis.Arm, begun)
		for p, cells := range metrics[i][:begun] {
			for _, cell := range cells {
				arm := analysis.Arm{Moments: cell.Moments, Converted: cell.Converted}
				if cell.Values != nil {
					arm.Values = singleValues{cell.Values}
				}
				phases[p] = append(phases[p], arm)
			}
		}
		out = append(out, phases)
	}
	return out
}

// link links the arms of a look with those of the look before, which ended at an instant.
func link(metrics [][][]analysis.Arm, now, before *ingest.LookResult, at time.Time) {
	for i, phases := range metrics {
		for p, arms := range phases {
			for v := range arms {
				if both := now.Metrics[i][p][v].Previous; both != nil {
					arms[v].Previous = &analysis.Joint{Through: at, Moments: *both, Earlier: before.Metrics[i][p][v].Moments}
				}
			}
		}
	}
}

// singleValues are the engine's, as the analysis pools those of segments.
type singleValues struct{ *ingest.Values }

func (v singleValues) Pool(more analysis.SegmentValues) analysis.SegmentValues {
	return singleValues{v.Values.Pool(more.(singleValues).Values)}
}

// segmentKind says what the users of a segment have in common.
func segmentKind(s ingest.Segment) analysis.SegmentKind {
	switch {
	case s.Other:
		return analysis.SegmentOther
	case s.Null:
		return analysis.SegmentMissing
	}
	return analysis.SegmentValue
}

// unapplied reports whether the cap of a column could not be applied: the numbers without
// it are not those that were asked for.
func unapplied(caps []ingest.Capping) bool {
	return slices.ContainsFunc(caps, func(c ingest.Capping) bool { return c.Problem != ingest.CapApplied })
}

// capsOf says what the caps of a metric came to, and how many users they changed.
func capsOf(look *ingest.LookResult, metric int) []analysis.Cap {
	var out []analysis.Cap
	for i, c := range look.Caps[metric] {
		if c.Lower == nil && c.Upper == nil && c.Problem == ingest.CapApplied {
			continue
		}
		of := analysis.Cap{Of: "value", Problem: capProblems[c.Problem]}
		if i == 1 {
			of.Of = "denominator"
		}
		if c.Lower != nil {
			of.Lower = analysis.Defined(*c.Lower)
		}
		if c.Upper != nil {
			of.Upper = analysis.Defined(*c.Upper)
		}
		for _, cells := range look.Metrics[metric] {
			for _, cell := range cells {
				if i < len(cell.Capped) {
					of.Users += cell.Capped[i]
				}
			}
		}
		out = append(out, of)
	}
	return out
}

// capProblems says each problem in words.
var capProblems = map[ingest.CapProblem]string{
	ingest.CapIsZero:      analysis.CapIsZero,
	ingest.CapBoundsCross: analysis.CapBoundsCross,
}

// phasesBegun returns how many phases have begun by the end of a day.
func (s subject) phasesBegun(d Day) int {
	n := 1
	for _, at := range s.phases {
		if at.Before(d.Through) {
			n++
		}
	}
	return n
}

// dataRead says what was read up to look k and what was left out. Rows left out by table
// count from the experiment's start: those before it may not have been read at all.
func dataRead(s subject, a answer, look *ingest.LookResult, k int) analysis.DataRead {
	before := a.readUntil(s.start)
	out := analysis.DataRead{
		Exposures:   tableRead(a.result.Exposures[k], before.Exposures),
		Conversions: tableRead(a.result.Conversions[k], before.Conversions),
		LeftOut:     []analysis.LeftOut{},
	}
	left := look.Left
	add := func(reason, name string, rows, users int64) {
		if rows != 0 || users != 0 {
			out.LeftOut = append(out.LeftOut, analysis.NewLeftOut(reason, name, rows, users))
		}
	}
	add(analysis.LeftBeforeStart, "", left.BeforeStart, 0)
	add(analysis.LeftAfterEnd, "", left.AfterEnd, 0)
	for _, u := range left.UnknownVariants {
		add(analysis.LeftUnknownVariant, u.Name, u.Rows, u.Users)
	}
	if s.experiment.SeveralVariants == experiment.SeveralExclude {
		var several int64
		for _, n := range look.Several {
			several += n
		}
		add(analysis.LeftSeveral, "", 0, several)
	}
	add(analysis.LeftNeverExposed, "", left.NeverExposed, 0)
	add(analysis.LeftBeforeExposure, "", left.BeforeExposure, 0)
	add(analysis.LeftNoValue, "", left.NoValue, 0)
	return out
}

// tableRead says what was read of one table, which stood as before at the experiment's start.
// Rows without a time are of before the start where all rows beside them are.
func tableRead(t, before ingest.TableRead) analysis.TableRead {
	before.Rows -= before.OpenNoUser + before.OpenNoTime
	before.NoUser -= before.OpenNoUser
	before.NoTime -= before.OpenNoTime
	out := analysis.TableRead{
		Files: t.Files, Rows: t.Rows, First: t.First, Last: t.Last,
		SinceStart: t.Rows - before.Rows, Dates: t.Dates, WallClock: t.WallClock,
	}
	for _, l := range []struct {
		reason string
		rows   int64
	}{
		{analysis.LeftNoUser, t.NoUser - before.NoUser},
		{analysis.LeftNoTime, t.NoTime - before.NoTime},
		{analysis.LeftNoExperiment, t.NoExperiment - before.NoExperiment},
		{analysis.LeftNoVariant, t.NoVariant - before.NoVariant},
		{analysis.LeftNoEvent, t.NoEvent - before.NoEvent},
	} {
		if l.rows > 0 {
			out.LeftOut = append(out.LeftOut, analysis.NewLeftOut(l.reason, "", l.rows, 0))
		}
	}
	return out
}
