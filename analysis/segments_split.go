package analysis

import "math"

// segmentSplit tests the users per arm of a segment against the plan, as the whole
// scorecard's are, but by the e-value of the day alone: what is pooled today may not have
// been on other days.
func (a *analyzer) segmentSplit(day *Day) SegmentSplit {
	r, ok := a.ratio(day)
	if !ok || r.fewest < fewExpected {
		return SegmentSplit{Reason: fewForSplit}
	}
	e := a.splitE(day)
	return SegmentSplit{
		LnE: Defined(e), SequentialP: Defined(sequentialP(e)), P: Defined(math.Max(floorP, r.p)),
		LargestDeviation: Defined(r.deviation),
	}
}

// alarmedSplits marks the segments whose split is not the planned one, at the level of
// the whole scorecard's split over the number of segments tested: Bonferroni.
//
// The probability that any of them is marked on a day is at most that level. The e-value of
// a value with the same users as before may be looked at every day.
func alarmedSplits(s *Segments) {
	splits := s.splits()
	if len(splits) == 0 {
		return
	}
	s.SplitLevel = Defined(sampleRatioAlarm / float64(len(splits)))
	for _, split := range splits {
		split.Mismatch = split.LnE.value > math.Log(float64(len(splits))/sampleRatioAlarm)
	}
}

// splits returns the splits that were tested.
func (s *Segments) splits() []*SegmentSplit {
	var out []*SegmentSplit
	for i := range s.Columns {
		for j := range s.Columns[i].Segments {
			if split := &s.Columns[i].Segments[j].Split; split.LnE.ok {
				out = append(out, split)
			}
		}
	}
	return out
}

// segmentRatioCheck looks at the split of users in every segment.
func (a *analyzer) segmentRatioCheck(card *Scorecard) (Check, bool) {
	if card.Segments == nil || !card.Segments.SplitLevel.ok {
		return Check{}, false
	}
	var found []segmentMismatch
	worst := 0.0
	for _, c := range card.Segments.Columns {
		for _, s := range c.Segments {
			if s.Split.LnE.ok {
				worst = math.Max(worst, s.Split.LnE.value)
			}
			if s.Split.Mismatch {
				found = append(found, segmentMismatch{c.Column, s})
			}
		}
	}
	tested := len(card.Segments.splits())
	check := Check{
		Name: CheckSegmentRatio, Severity: OK, Sentence: segmentRatioFineSentence(tested),
		Numbers: []CheckNumber{
			{"segments", Defined(float64(tested))},
			{"mismatches", Defined(float64(len(found)))},
			{"smallest_sequential_p", shownP(Defined(-worst))},
			{"level", card.Segments.SplitLevel},
		},
	}
	if len(found) > 0 {
		check.Severity = Alarm
		check.Sentence = segmentRatioAlarmSentence(found)
	}
	return check, true
}

// segmentMismatch is a segment whose users are not split as planned.
type segmentMismatch struct {
	column  string
	segment Segment
}

// shownP returns the probability of a logarithm, never below the smallest that is shown.
func shownP(ln Number) Number {
	v, ok := ln.Get()
	if !ok {
		return Number{}
	}
	return Defined(math.Max(floorP, math.Exp(v)))
}

// adjustSegments gives every comparison in a segment its q-value and returns how many there
// are. The family is all of them together, of all metrics, columns, segments and
// treatments: whoever reads the whole section picks what stands out among all.
func adjustSegments(s *Segments) int {
	var all []*SegmentComparison
	var p []float64
	for i := range s.Columns {
		for j := range s.Columns[i].Segments {
			for k := range s.Columns[i].Segments[j].Metrics {
				comparisons := s.Columns[i].Segments[j].Metrics[k].Comparisons
				for l := range comparisons {
					if ln, ok := comparisons[l].LnP.Get(); ok {
						all = append(all, &comparisons[l])
						p = append(p, math.Exp(ln))
					}
				}
			}
		}
	}
	for i, q := range benjaminiHochberg(p) {
		all[i].Q = Defined(q)
	}
	return len(all)
}
