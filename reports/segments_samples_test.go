package reports

import (
	"pgregory.net/rapid"

	"readout/analysis"
)

// segmentsSample is base by country, of which one is badly split and one too small, and by
// a column that nobody has a value of yet.
func segmentsSample() *analysis.Segments {
	users := func(control, big int64) []analysis.SegmentUsers {
		planned := def(float64(control+big) / 2)
		return []analysis.SegmentUsers{{Variant: "control", Users: control, Planned: planned, Several: 3}, {Variant: "big", Users: big, Planned: planned}}
	}
	split := func(p, lnE float64) analysis.SegmentSplit {
		return analysis.SegmentSplit{SequentialP: def(p), LnE: def(lnE), P: def(p / 20), LargestDeviation: def(0.012)}
	}
	purchased := func(n, control, big int64, c analysis.SegmentComparison) analysis.SegmentMetric {
		c.Variant, c.Alpha = "big", def(0.05)
		return analysis.SegmentMetric{
			Name: "purchased", Role: analysis.Primary, Kind: kindProportion, Goal: "increase",
			Variants: []analysis.VariantResult{
				{Variant: "control", Users: analysis.Count(n), Conversions: analysis.Count(control), Total: def(float64(control)), Mean: def(float64(control) / float64(n)), Variance: def(0.09), SE: def(0.0019)},
				{Variant: "big", Users: analysis.Count(n), Conversions: analysis.Count(big), Total: def(float64(big)), Mean: def(float64(big) / float64(n)), Variance: def(0.09), SE: def(0.0019)},
			},
			Comparisons: []analysis.SegmentComparison{c},
		}
	}
	latency := func(reason string) analysis.SegmentMetric {
		return analysis.SegmentMetric{Name: "latency", Role: analysis.Guardrail, Kind: "mean", Goal: "decrease", Reason: reason,
			Comparisons: []analysis.SegmentComparison{{Variant: "big", Alpha: def(0.05), Reason: reason}}}
	}
	return &analysis.Segments{
		Sentence: "Exploratory: every comparison is one look at 95% confidence.", Least: 200, Most: 20, SplitLevel: def(0.0005), Comparisons: 2,
		Columns: []analysis.SegmentColumn{
			{Column: "country", Segments: []analysis.Segment{
				{Kind: analysis.SegmentValue, Value: "AT", Users: users(30120, 30011), Split: split(1, -3), Metrics: []analysis.SegmentMetric{
					purchased(25000, 2500, 2611, analysis.SegmentComparison{
						Effect: analysis.Estimate{Value: def(0.00444), SE: def(0.0027), DF: def(49990.1)}, Raw: analysis.Estimate{Value: def(0.00442), SE: def(0.0028), DF: def(49990.1)},
						Lo: def(-0.00085), Hi: def(0.00973), Lift: def(0.0444), LiftLo: def(-0.0083), LiftHi: def(0.1), P: def(0.1), LnP: def(-2.3), Q: def(0.1)}),
					latency("it was not computed"),
				}},
				{Kind: analysis.SegmentValue, Value: "=DE, and its islands", Users: users(69803, 66002), Split: func() analysis.SegmentSplit {
					s := split(1e-22, 50)
					s.Mismatch = true
					return s
				}(), Metrics: []analysis.SegmentMetric{
					purchased(60000, 5900, 6300, analysis.SegmentComparison{
						Effect: analysis.Estimate{Value: def(0.00667), SE: def(0.00174), DF: def(119000)}, Raw: analysis.Estimate{Value: def(0.00667), SE: def(0.00174), DF: def(119000)},
						Lo: def(0.00325), Hi: def(0.01008), Lift: def(0.0678), LiftUnbounded: true, LiftReason: "control may as well be 0, so the lift has no limits",
						P: def(0.000127), LnP: def(-8.97), Q: def(0.000254)}),
					latency("it was not computed"),
				}},
				{Kind: analysis.SegmentMissing, Users: users(0, 0), Split: analysis.SegmentSplit{Reason: "too few users to check the split between arms"}},
				{Kind: analysis.SegmentOther, Users: users(100, 102), Split: split(0.9, 0.1), Metrics: []analysis.SegmentMetric{
					purchased(90, 9, 8, analysis.SegmentComparison{Reason: "90 users in control: too few for the normal approximation"}),
				}},
			}},
			{Column: "device", Segments: []analysis.Segment{}},
		},
	}
}

// hostileSegments has names that no terminal, page or spreadsheet may act on.
func hostileSegments(evil string) *analysis.Segments {
	s := segmentsSample()
	s.Sentence, s.Columns[0].Column = evil, evil
	of := &s.Columns[0].Segments[1]
	of.Value, of.Split.Reason, of.Users[1].Variant = evil, evil, evil
	m := &of.Metrics[0]
	m.Name, m.Goal, m.Reason, m.Variants[1].Variant = evil, evil, evil, evil
	m.Comparisons[0].Variant, m.Comparisons[0].Reason, m.Comparisons[0].LiftReason = evil, evil, evil
	return s
}

// randomSegments draws segments of which anything may be missing or odd; nil too.
func randomSegments(t *rapid.T) *analysis.Segments {
	if rapid.Bool().Draw(t, "no segments") {
		return nil
	}
	name := func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"control", "big", "small", "\x1b"}).Draw(t, "variant")
	}
	metric := func(t *rapid.T) analysis.SegmentMetric {
		whole := randomMetric(t)
		return analysis.SegmentMetric{
			Name: whole.Name, Role: whole.Role, Kind: whole.Kind, Goal: whole.Goal, Reason: whole.Reason, Variants: whole.Variants,
			Comparisons: few(t, "in segments", func(t *rapid.T) analysis.SegmentComparison {
				c := randomComparison(t)
				return analysis.SegmentComparison{
					Variant: c.Variant, Effect: c.Effect, Raw: c.Raw, Lo: c.Lo, Hi: c.Hi, Lift: c.Lift, LiftLo: c.LiftLo, LiftHi: c.LiftHi,
					LiftUnbounded: c.LiftUnbounded, LiftReason: c.LiftReason, P: c.P, LnP: c.LnP, Q: c.Q, Alpha: c.Alpha, Reason: c.Reason,
				}
			}),
		}
	}
	segment := func(t *rapid.T) analysis.Segment {
		return analysis.Segment{
			Kind:  rapid.SampledFrom([]analysis.SegmentKind{analysis.SegmentValue, analysis.SegmentMissing, analysis.SegmentOther, "\x1b"}).Draw(t, "kind"),
			Value: randomText(t, "segment"),
			Users: few(t, "users", func(t *rapid.T) analysis.SegmentUsers {
				return analysis.SegmentUsers{Variant: name(t), Users: randomCount(t, "users"), Planned: randomNumber(t, "planned"), Several: randomCount(t, "several")}
			}),
			Split: analysis.SegmentSplit{SequentialP: randomNumber(t, "split p"), LnE: randomNumber(t, "e"), P: randomNumber(t, "chi"), LargestDeviation: randomNumber(t, "deviation"),
				Mismatch: rapid.Bool().Draw(t, "mismatch"), Reason: randomText(t, "split reason")},
			Metrics: few(t, "metrics", metric),
		}
	}
	return &analysis.Segments{
		Sentence: randomText(t, "segments"), SplitLevel: randomNumber(t, "level"),
		Columns: few(t, "columns", func(t *rapid.T) analysis.SegmentColumn {
			return analysis.SegmentColumn{Column: randomText(t, "column"), Segments: few(t, "values", segment)}
		}),
	}
}
