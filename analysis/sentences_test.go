package analysis

import (
	"strings"
	"testing"

	"readout/experiment"
)

// TestComparisonSentenceSaysWhatWasLookedFor: a one-sided test finds no improvement, which may
// well be a difference; without a lift a difference of rates is in percentage points.
func TestComparisonSentenceSaysWhatWasLookedFor(t *testing.T) {
	rate := testMetric("rate")
	rate.Numerator.Aggregate = experiment.AggregateAny
	oneSided := testMetric("revenue")
	oneSided.Sides = experiment.SidesOne
	c := Comparison{Variant: "big", Effect: Estimate{Value: Defined(0.276)}}
	for _, tt := range []struct {
		metric  *experiment.Metric
		verdict Verdict
		want    string
	}{
		{testMetric("revenue"), NoDifference, "No difference was found for big on revenue: difference 0.276."},
		{oneSided, NoDifference, "No improvement was found for big on revenue: difference 0.276."},
		{oneSided, NotYet, "No improvement found so far for big on revenue: difference 0.276."},
		{rate, NotYet, "No difference found so far for big on rate: difference 27.6 pp."},
	} {
		c.Verdict = tt.verdict
		if got := comparisonSentence(&c, scored{metric: tt.metric}); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// TestComparisonSentenceUnderHolm: an interval that is not adjusted may exclude no effect where the
// adjusted p-value does not.
func TestComparisonSentenceUnderHolm(t *testing.T) {
	c := Comparison{Variant: "big", Lift: Defined(0.1), LiftLo: Defined(0.01), Verdict: NotYet, Alpha: Defined(0.05), PAdjusted: Defined(0.09)}
	for p, want := range map[float64]string{
		0.03: "No difference found so far for big on revenue after Holm's correction: +10.0% [+1.0%, no limit].",
		0.06: "No difference found so far for big on revenue: +10.0% [+1.0%, no limit].",
	} {
		c.P = Defined(p)
		if got := comparisonSentence(&c, scored{metric: testMetric("revenue")}); got != want {
			t.Errorf("p %v: %s, want %s", p, got, want)
		}
	}
}

func TestSegmentsSentenceWithoutComparisons(t *testing.T) {
	for comparisons, want := range map[int]string{
		0: "rests on it. Nothing can be compared so far. Values",
		1: "One comparison is possible so far, so its q-value is its p-value. Values",
	} {
		if got := segmentsSentence(experiment.DefaultStatistics(), &Segments{Comparisons: comparisons}); !strings.Contains(got, want) {
			t.Errorf("%d: %s", comparisons, got)
		}
	}
}

// One is not many.
func TestSentencesOfOne(t *testing.T) {
	converted := VariantResult{Variant: "big", Users: 1, Conversions: 1}
	for got, want := range map[string]string{
		severalSentence(1, 20, 0.05, true):  "1 of 20 users (5.00%) was seen in more than one variant and is left out everywhere.",
		severalSentence(1, 20, 0.05, false): "1 of 20 users (5.00%) was seen in more than one variant and counts in the variant seen first.",
		severalSentence(2, 20, 0.1, true):   "2 of 20 users (10.00%) were seen in more than one variant and are left out everywhere.",
		outsideSentence(1, 0):               "1 exposure before the start is left out.",
		outsideSentence(0, 1):               "1 exposure at or after the end is left out.",
		outsideSentence(0, 2):               "2 exposures at or after the end are left out.",
		outsideSentence(1, 2):               "1 exposure before the start and 2 at or after the end are left out.",
		fewUsersSentence(MetricResult{Name: "bought", Kind: string(experiment.KindProportion)}, converted): "bought has 1 converted of 1 user in big: too few for the normal approximation to be good.",
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
