package reports

import (
	"math"
	"time"

	"readout/analysis"
)

// def is a defined number.
func def(v float64) analysis.Number { return analysis.Defined(v) }

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// base is a scorecard of two variants without metrics, in the middle of its time.
func base() analysis.Scorecard {
	return analysis.Scorecard{
		Schema:       analysis.SchemaVersion,
		Organization: "acme",
		Project:      "shop",
		Experiment:   "checkout-button",
		Title:        "Bigger checkout button",
		Hypothesis:   "A bigger button makes more people finish the checkout.",
		Owner:        "checkout-team",
		Date:         "2026-01-20",
		TimeZone:     "UTC",
		Through:      day("2026-01-21"),
		Status:       "Running",
		Start:        day("2026-01-05"),
		End:          day("2026-02-02"),
		Final:        day("2026-02-09"),
		DaysLeft:     12,
		Progress:     0.5714,
		Plan: analysis.PlanLine{
			Method: "sequential-cuped", Procedure: "group-sequential", Confidence: 0.95, Power: 0.8, MDE: def(0.02),
			Spending: "obrien-fleming", Correction: "bonferroni",
			Family: []string{"purchased: big", "revenue: big"}, AlphaEach: def(0.025),
			Sentence:   "Group sequential test at 95% confidence, two-sided, O'Brien-Fleming-type spending by calendar time, CUPED over 14 days, Welch intervals, Fieller lifts.",
			ConfigHash: "5f2b9c1e",
		},
		Recommendation: analysis.Recommendation{Action: "keep-running", Sentence: "Keep running: no primary metric has crossed its boundary; 12 days are left."},
		Variants: []analysis.Variant{
			{Name: "control", Control: true, Traffic: 0.5, Users: 100023, Several: 11},
			{Name: "big", Traffic: 0.5, Users: 99811, Several: 14},
		},
		Metrics: []analysis.MetricResult{},
		Checks:  []analysis.Check{},
	}
}

// full is base with metrics of every role and kind, by segment too, and with checks of every severity.
func full() analysis.Scorecard {
	card := base()
	card.Metrics = []analysis.MetricResult{purchased(), revenue(), broken(), rare(), orderValue(), latency()}
	card.Segments = segmentsSample()
	card.Checks = []analysis.Check{
		{Name: "sample_ratio", Severity: analysis.OK, Sentence: "The split fits the traffic."},
		{Name: "missing_days", Severity: analysis.OK, Sentence: "Every day has data."},
		{Name: "null_ids", Severity: analysis.Info, Sentence: "3 exposures have no user id.", Numbers: []analysis.CheckNumber{{Name: "rows", Value: def(3)}}},
		{Name: "covariate_balance", Severity: analysis.Warning, Sentence: "The covariate differs between variants: look for an assignment that is not random.",
			Numbers: []analysis.CheckNumber{{Name: "p", Value: def(0.00042)}, {Name: "F", Value: analysis.Number{}}}},
		{Name: "excluded_share", Severity: analysis.Alarm, Sentence: "Excluded users are not split like the traffic: do not decide before this is explained."},
	}
	card.Data = analysis.DataRead{
		Exposures: analysis.TableRead{Files: 16, Rows: 523412, First: day("2026-01-05").Add(77 * time.Second), Last: day("2026-01-21").Add(-time.Second),
			LeftOut: []analysis.LeftOut{{Reason: "null_id", Rows: 3, Text: "rows without a user id"}}},
		Conversions: analysis.TableRead{Files: 1, Rows: 1, First: day("2026-01-01"), Last: day("2026-01-20"), Dates: true},
		LeftOut: []analysis.LeftOut{
			{Reason: "unknown_variant", Name: "blue", Rows: 1, Text: "exposures to a variant that the experiment does not have"},
			{Reason: "several_variants", Users: 25, Rows: 61, Text: "users seen in several variants"},
		},
	}
	return card
}

func metric(name string, role analysis.Role, kind, goal string) analysis.MetricResult {
	return analysis.MetricResult{
		Name: name, Role: role, Kind: kind, Goal: goal,
		Window:      "conversions within 7 days of the first exposure, also past the end; users count once that time has passed",
		FirstNumber: day("2026-01-12"), Final: day("2026-02-09"),
	}
}

// purchased is a proportion, adjusted, not yet significant.
func purchased() analysis.MetricResult {
	m := metric("purchased", analysis.Primary, kindProportion, "increase")
	m.Variants = []analysis.VariantResult{
		{Variant: "control", Users: 61002, Conversions: 6093, Total: def(6093), Mean: def(6093.0 / 61002), Variance: def(0.08990), SE: def(0.001214), Covariate: def(0.0512)},
		{Variant: "big", Users: 60877, Conversions: 6290, Total: def(6290), Mean: def(6290.0 / 60877), Variance: def(0.09265), SE: def(0.001234), Covariate: def(0.0509)},
	}
	m.CUPED = &analysis.CUPED{Covariates: []string{"purchased before"}, Theta: []float64{0.31}, VarianceKept: def(0.842), EffectiveSampleGained: def(0.1876), MissingHistory: 1203}
	m.Comparisons = []analysis.Comparison{{
		Variant: "big",
		Effect:  analysis.Estimate{Value: def(0.003512), SE: def(0.001589), DF: def(121871.2)},
		Raw:     analysis.Estimate{Value: def(0.003442), SE: def(0.001731), DF: def(121870.9)},
		Lo:      def(-0.000671), Hi: def(0.007695),
		Lift: def(0.03516), LiftLo: def(-0.00668), LiftHi: def(0.07724),
		Z: def(2.2102), Critical: def(2.6326), P: def(0.04996), LnP: def(math.Log(0.04996)), Alpha: def(0.025),
		Time: def(0.4286), Spent: def(0.00062), Look: 9, Today: true, Verdict: analysis.NotYet,
		Sentence: "big on purchased is not decided yet: +3.52% [-0.67%, +7.72%].", PowerSoFar: def(0.31),
		Looks: []analysis.LookPoint{{Date: "2026-01-20", Effect: def(0.003512), SE: def(0.001589), Lo: def(-0.000671), Hi: def(0.007695), Z: def(2.2102), Critical: def(2.6326), Spent: def(0.00062)}},
	}}
	return m
}

// revenue is a mean that crossed its boundary some days ago.
func revenue() analysis.MetricResult {
	m := metric("revenue", analysis.Primary, "mean", "increase")
	m.Variants = []analysis.VariantResult{
		{Variant: "control", Users: 61002, Conversions: 6093, Total: def(1234567.25), Mean: def(20.23814), Variance: def(5312.2), SE: def(0.2951)},
		{Variant: "big", Users: 60877, Conversions: 6290, Total: def(1345678.5), Mean: def(22.10487), Variance: def(5822.9), SE: def(0.3093)},
	}
	m.Comparisons = []analysis.Comparison{{
		Variant: "big",
		Effect:  analysis.Estimate{Value: def(1.86673), SE: def(0.42748), DF: def(121544.1)},
		Raw:     analysis.Estimate{Value: def(1.86673), SE: def(0.42748), DF: def(121544.1)},
		Lo:      def(0.7413), Hi: def(2.9921),
		Lift: def(0.092238), LiftLo: def(0.03607), LiftHi: def(0.1507),
		Z: def(4.3668), Critical: def(2.6326), P: def(1.26e-05), LnP: def(math.Log(1.26e-05)), Alpha: def(0.025),
		Time: def(0.4286), Spent: def(0.00062), Look: 9, Today: true, Significant: true, Verdict: analysis.Better,
		Sentence: "big on revenue is better: +9.22% [+3.61%, +15.07%]; decided on 2026-01-18.", Approximate: true, Phases: 2,
		AsTested: &analysis.LookOfRecord{Date: "2026-01-20", Look: 9, Effect: def(1.7), Lo: def(0.6), Hi: def(2.8), P: def(1.26e-05), Critical: def(2.6326)},
		Record:   &analysis.LookOfRecord{Date: "2026-01-18", Look: 7, Effect: def(2.1), Lo: def(0.31), Hi: def(3.89), P: def(0.0031), Critical: def(3.1)},
	}}
	return m
}

// broken is a metric that could not be computed.
func broken() analysis.MetricResult {
	m := metric("refunds", analysis.Secondary, "mean", "decrease")
	m.Reason = "column refund is missing in the conversions"
	return m
}

// rare is a proportion of a few in a hundred thousand, p below what a float64 holds.
func rare() analysis.MetricResult {
	m := metric("claimed", analysis.Secondary, kindProportion, "decrease")
	m.Variants = []analysis.VariantResult{
		{Variant: "control", Users: 100000, Conversions: 22, Total: def(22), Mean: def(0.00022), Variance: def(0.00022), SE: def(0.0000469)},
		{Variant: "big", Users: 99811, Conversions: 99810, Total: def(99810), Mean: def(99810.0 / 99811), Variance: def(0.00001), SE: def(0.00001)},
	}
	m.Comparisons = []analysis.Comparison{{
		Variant: "big",
		Effect:  analysis.Estimate{Value: def(0.99977), SE: def(0.000048), DF: def(109000)},
		Lo:      def(0.99964), Hi: def(0.9999),
		Lift: def(4544.41), LiftUnbounded: true, LiftReason: "the control mean is not clearly different from 0",
		Z: def(20828), Critical: def(2.6326), P: def(1e-300), LnP: def(-2.17e8), Q: def(2e-300), Alpha: def(0.05),
		Look: 9, Significant: true, Verdict: analysis.Worse, Sentence: "big on claimed is worse.",
	}}
	return m
}

// orderValue is a ratio without variance in one variant.
func orderValue() analysis.MetricResult {
	m := metric("order_value", analysis.Secondary, "ratio", "increase")
	m.Variants = []analysis.VariantResult{
		{Variant: "control", Users: 61002, Conversions: 6093, Total: def(1234567.25), DenominatorTotal: def(6093), Mean: def(202.62), Variance: def(312.5), SE: def(0.9132)},
		{Variant: "big", Users: 1, Conversions: 1, Total: def(10), DenominatorTotal: def(1), Mean: def(10), Reason: "one user has no variance"},
	}
	m.Comparisons = []analysis.Comparison{{Variant: "big", Effect: analysis.Estimate{Value: def(-192.62)}, Lift: def(-0.95065), Verdict: analysis.CannotSay,
		Sentence: "Nothing can be said about big on order_value: big has one user: there is no standard error.", Reason: "big has one user: there is no standard error"}}
	return m
}

// latency is a guardrail.
func latency() analysis.MetricResult {
	m := metric("latency", analysis.Guardrail, "mean", "decrease")
	m.Window = "all conversions so far"
	m.Final = day("2026-01-20")
	m.Variants = []analysis.VariantResult{
		{Variant: "control", Users: 100023, Conversions: 100023, Total: def(31234567), Mean: def(312.2738), Variance: def(9025), SE: def(0.3004)},
		{Variant: "big", Users: 99811, Conversions: 99811, Total: def(31277777), Mean: def(313.37), Variance: def(9025), SE: def(0.3007)},
	}
	m.Comparisons = []analysis.Comparison{{
		Variant: "big", Effect: analysis.Estimate{Value: def(1.0962), SE: def(0.42504), DF: def(199800)},
		Lo: def(0.0001), Hi: def(2.1923), Lift: def(0.00351), LiftLo: def(0.00000032), LiftHi: def(0.00702),
		Z: def(2.579), Critical: def(2.5788), P: def(0.0099), LnP: def(math.Log(0.0099)), Alpha: def(0.01), Look: 16, AsOf: "2026-01-19", PAdjusted: def(0.0198), IntervalUnadjusted: true, Harm: true, Verdict: analysis.Passes,
		Sentence: "big on latency stays within its margin of 2%.", Margin: def(0.02),
	}}
	return m
}

// empty is a scorecard of the first day, before any data.
func empty() analysis.Scorecard {
	card := base()
	card.Title, card.Hypothesis, card.Owner, card.Organization, card.Project = "", "", "", "", ""
	card.Progress, card.DaysLeft = 0, 1
	card.Recommendation = analysis.Recommendation{Action: "none"}
	card.Plan = analysis.PlanLine{}
	card.Variants = []analysis.Variant{{Name: "A", Control: true, Traffic: 0.5}, {Name: "B", Traffic: 0.5}}
	return card
}

// hostile has escape sequences, marks of direction, line breaks and bytes that are not
// text wherever names and sentences come from people or from data.
func hostile() analysis.Scorecard {
	const evil = "\x1b[31mred\x1b]0;title\x07\r\n\u202egnp\u0085\u009b1m\u2028\U000e0041\x7f\t"
	card := full()
	card.Title = "=HYPERLINK(\"http://x\")" + evil
	card.Hypothesis, card.Owner, card.Organization, card.Project, card.Status, card.TimeZone = evil, evil, evil, evil, evil, evil
	card.Recommendation.Sentence, card.Plan.Sentence, card.Plan.Correction, card.Plan.Family = evil, evil, evil, []string{evil}
	card.Variants[1].Name = evil
	for i := range card.Metrics {
		m := &card.Metrics[i]
		m.Name, m.Window, m.Goal = "@"+evil+m.Name, evil, evil
		for j := range m.Comparisons {
			m.Variants[1].Variant, m.Variants[1].Reason = evil, evil+" reason"
			m.Comparisons[j].Variant, m.Comparisons[j].Sentence, m.Comparisons[j].Reason, m.Comparisons[j].LiftReason = evil, evil, evil, evil
			m.Comparisons[j].Verdict = analysis.Verdict(evil)
		}
		if m.CUPED != nil {
			m.CUPED.Covariates[0], m.CUPED.Note = evil, evil
		}
	}
	for i := range card.Checks {
		card.Checks[i].Name, card.Checks[i].Sentence = evil, evil
		if i == 2 {
			card.Checks[i].Severity = analysis.Severity(evil)
		}
	}
	card.Segments = hostileSegments(evil)
	card.Data.LeftOut[0].Name, card.Data.LeftOut[1].Text = evil+" and a name that goes on and on and on and on without an end", evil
	return card
}

// samples are all of them by name.
func samples() map[string]analysis.Scorecard {
	return map[string]analysis.Scorecard{"full": full(), "empty": empty(), "hostile": hostile()}
}
