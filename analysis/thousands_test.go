package analysis

import (
	"regexp"
	"testing"
	"time"

	"readout/experiment"
)

// Numbers in sentences have thousands separators, as those in tables do.
func TestSentencesSeparateThousands(t *testing.T) {
	const n = 1234567
	arm := VariantResult{Variant: "big", Users: n, Conversions: n}
	comparison := Comparison{Variant: "big", Verdict: NotYet}
	comparison.Effect.Value = Defined(-n)
	mean, share := &experiment.Metric{Name: "revenue"}, &experiment.Metric{Name: "bought"}
	mean.Numerator.Aggregate, share.Numerator.Aggregate = experiment.AggregateSum, experiment.AggregateAny
	for _, sentence := range []string{
		fewForRatioSentence(n),
		segmentRatioFineSentence(n),
		fewInSegment(arm),
		fewConvertedInSegment(arm),
		zeroWeightSentence("big", n),
		stragglersSentence("big", n),
		severalSentence(n, n, 0.5, true),
		severalUnevenSentence(n, n, 0.5),
		unknownSentence([]LeftOut{{Name: "huge", Users: n}}),
		nullSentence(n, 0.5),
		outsideSentence(n, n),
		freshnessSentence("exposure", time.Time{}, n),
		valuesSentence(n),
		fewUsersSentence(MetricResult{Kind: string(experiment.KindProportion)}, arm),
		fewUsersSentence(MetricResult{Kind: string(experiment.KindQuantile)}, arm),
		fewUsersSentence(MetricResult{}, arm),
		smallPhasesSentence([]smallPhase{{metric: "revenue", variant: "big", users: n}}),
		comparisonSentence(&comparison, scored{metric: mean}),
		comparisonSentence(&comparison, scored{metric: share}),
		"lift " + signed(n, 0) + ", margin " + plainPercent(n),
		WeekPart{Days: n}.Sentence(),
		segmentsSentence(experiment.Statistics{}, &Segments{Comparisons: n, Least: n, Most: n}),
	} {
		if !regexp.MustCompile(`[0-9],[0-9]{3}`).MatchString(sentence) {
			t.Errorf("no number: %s", sentence)
		}
		if found := regexp.MustCompile(`[0-9]{4,}|[0-9]e[+]`).FindString(regexp.MustCompile(`[0-9]{4}-[0-9]{2}`).ReplaceAllString(sentence, "")); found != "" {
			t.Errorf("%s: %s", found, sentence)
		}
	}
}
