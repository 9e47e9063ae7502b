package reports

import (
	"math"
	"time"

	"pgregory.net/rapid"

	"readout/analysis"
)

// randomNumber draws numbers of every size, not defined ones too.
func randomNumber(t *rapid.T, label string) analysis.Number {
	v := rapid.OneOf(
		rapid.Float64(), rapid.Float64Range(-1, 1), rapid.Float64Range(0, 1e-9),
		rapid.SampledFrom([]float64{0, 1, -1, 1e-300, 5e-324, math.MaxFloat64, -math.MaxFloat64, math.NaN(), math.Inf(1)}),
	).Draw(t, label)
	return analysis.Defined(v)
}

// randomText draws names and sentences, with characters that do not print and bytes that
// are no text. None holds the letters of NaN or Inf.
func randomText(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "control", "big", "=1+1", "\x1b[2J", "a\nb", "\xff", "\u202e", "größe", "大", "-x", "'"}),
		rapid.StringOf(rapid.RuneFrom([]rune{'x', 'y', ' ', ',', '"', '\n', '\r', 0, 0x1b, 0x7f, 0x9b, 0x2028, 0x202e, 0xfffd, 0xe0041, 'é'})),
	).Draw(t, label)
}

func randomTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" is zero") {
		return time.Time{}
	}
	return time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, label)).UTC()
}

func randomCount(t *rapid.T, label string) int64 {
	return rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64()).Draw(t, label)
}

// few draws up to three of something.
func few[T any](t *rapid.T, label string, draw func(*rapid.T) T) []T {
	return rapid.SliceOfN(rapid.Custom(draw), 0, 3).Draw(t, label)
}

func randomEstimate(t *rapid.T) analysis.Estimate {
	return analysis.Estimate{Value: randomNumber(t, "value"), SE: randomNumber(t, "se"), DF: randomNumber(t, "df")}
}

func randomComparison(t *rapid.T) analysis.Comparison {
	c := analysis.Comparison{
		Variant: rapid.SampledFrom([]string{"control", "big", "small", "\x1b"}).Draw(t, "variant"),
		Effect:  randomEstimate(t), Raw: randomEstimate(t),
		Lo: randomNumber(t, "lo"), Hi: randomNumber(t, "hi"),
		Lift: randomNumber(t, "lift"), LiftLo: randomNumber(t, "lift lo"), LiftHi: randomNumber(t, "lift hi"),
		LiftUnbounded: rapid.Bool().Draw(t, "unbounded"), LiftReason: randomText(t, "lift reason"),
		Z: randomNumber(t, "z"), Critical: randomNumber(t, "critical"), P: randomNumber(t, "p"), LnP: randomNumber(t, "ln p"),
		Q: randomNumber(t, "q"), Alpha: randomNumber(t, "alpha"), Time: randomNumber(t, "time"), Spent: randomNumber(t, "spent"),
		Look: rapid.IntRange(0, 365).Draw(t, "look"), Today: rapid.Bool().Draw(t, "today"), Significant: rapid.Bool().Draw(t, "significant"),
		Verdict:  rapid.SampledFrom([]analysis.Verdict{"", analysis.Better, analysis.Worse, analysis.CannotSay, "\x1b"}).Draw(t, "verdict"),
		Sentence: randomText(t, "sentence"), PowerSoFar: randomNumber(t, "power"), Margin: randomNumber(t, "margin"), Reason: randomText(t, "reason"),
	}
	if rapid.Bool().Draw(t, "decided") {
		c.Record = &analysis.LookOfRecord{Date: randomText(t, "date"), Look: 1, Effect: randomNumber(t, "effect"), Lo: randomNumber(t, "lo"), Hi: randomNumber(t, "hi"), P: randomNumber(t, "p")}
	}
	return c
}

func randomMetric(t *rapid.T) analysis.MetricResult {
	m := analysis.MetricResult{
		Name:   randomText(t, "metric"),
		Role:   rapid.SampledFrom([]analysis.Role{analysis.Primary, analysis.Secondary, analysis.Guardrail, "other"}).Draw(t, "role"),
		Kind:   rapid.SampledFrom([]string{"proportion", "mean", "ratio", ""}).Draw(t, "kind"),
		Goal:   rapid.SampledFrom([]string{"increase", "decrease", ""}).Draw(t, "goal"),
		Window: randomText(t, "window"), FirstNumber: randomTime(t, "first number"), Final: randomTime(t, "final"), Reason: randomText(t, "reason"),
		Variants: few(t, "results", func(t *rapid.T) analysis.VariantResult {
			return analysis.VariantResult{
				Variant: rapid.SampledFrom([]string{"control", "big", "small", "\x1b"}).Draw(t, "variant"),
				Users:   analysis.Count(randomCount(t, "users")), Conversions: analysis.Count(randomCount(t, "conversions")), Total: randomNumber(t, "total"),
				Mean: randomNumber(t, "mean"), Variance: randomNumber(t, "variance"), SE: randomNumber(t, "se"), Reason: randomText(t, "reason"),
			}
		}),
		Comparisons: few(t, "comparisons", randomComparison),
	}
	if rapid.Bool().Draw(t, "adjusted") {
		m.CUPED = &analysis.CUPED{
			Covariates: few(t, "covariates", func(t *rapid.T) string { return randomText(t, "covariate") }), VarianceKept: randomNumber(t, "kept"),
			EffectiveSampleGained: randomNumber(t, "gained"), MissingHistory: randomCount(t, "missing"), Note: randomText(t, "note"),
		}
	}
	return m
}

func randomLeftOut(t *rapid.T) analysis.LeftOut {
	return analysis.LeftOut{Reason: randomText(t, "reason"), Name: randomText(t, "name"), Rows: randomCount(t, "rows"), Users: randomCount(t, "users"), Text: randomText(t, "text")}
}

func randomTable(t *rapid.T) analysis.TableRead {
	return analysis.TableRead{
		Files: randomCount(t, "files"), Rows: randomCount(t, "rows"), First: randomTime(t, "first"), Last: randomTime(t, "last"),
		Dates: rapid.Bool().Draw(t, "dates"), LeftOut: few(t, "left out", randomLeftOut),
	}
}

// randomCard draws a scorecard in which anything may be missing, odd or hostile, but that
// has an experiment and a date.
func randomCard(t *rapid.T) analysis.Scorecard {
	card := base()
	card.Title, card.Status, card.Owner, card.Project = randomText(t, "title"), randomText(t, "status"), randomText(t, "owner"), randomText(t, "project")
	card.TimeZone = rapid.SampledFrom([]string{"UTC", "", "Local", "Europe/Berlin", "../../etc/passwd", "\x1b"}).Draw(t, "zone")
	card.Through, card.Start, card.End, card.Final = randomTime(t, "through"), randomTime(t, "start"), randomTime(t, "end"), randomTime(t, "final")
	card.DaysLeft, card.Progress = rapid.Int().Draw(t, "days left"), rapid.Float64().Draw(t, "progress")
	card.Plan.AlphaEach, card.Plan.Sentence = randomNumber(t, "alpha each"), randomText(t, "method")
	card.Recommendation.Sentence = randomText(t, "recommendation")
	card.Variants = few(t, "variants", func(t *rapid.T) analysis.Variant {
		return analysis.Variant{
			Name:    rapid.SampledFrom([]string{"control", "big", "\x1b", "大"}).Draw(t, "variant"),
			Control: rapid.Bool().Draw(t, "control"), Traffic: rapid.Float64().Draw(t, "traffic"),
			Users: randomCount(t, "users"), Several: analysis.Count(randomCount(t, "several")),
		}
	})
	card.Metrics = few(t, "metrics", randomMetric)
	card.Segments = randomSegments(t)
	card.Checks = few(t, "checks", func(t *rapid.T) analysis.Check {
		return analysis.Check{
			Name: randomText(t, "check"), Severity: rapid.SampledFrom([]analysis.Severity{analysis.OK, analysis.Warning, "x\x1b"}).Draw(t, "severity"),
			Sentence: randomText(t, "sentence"),
			Numbers: few(t, "numbers", func(t *rapid.T) analysis.CheckNumber {
				return analysis.CheckNumber{Name: randomText(t, "number"), Value: randomNumber(t, "value")}
			}),
		}
	})
	card.Data = analysis.DataRead{Exposures: randomTable(t), Conversions: randomTable(t), LeftOut: few(t, "left out", randomLeftOut)}
	return card
}
