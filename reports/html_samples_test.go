package reports

import (
	"fmt"
	"math"
	"time"

	"readout/analysis"
	"readout/experiment"
)

// withHistory gives a scorecard users for every day since its start.
func withHistory(card analysis.Scorecard) analysis.Scorecard {
	for i := range 16 {
		d := analysis.DayUsers{Date: card.Start.AddDate(0, 0, i).Format(time.DateOnly)}
		for _, v := range card.Variants {
			d.Users = append(d.Users, int64(float64(v.Users)*math.Sqrt(float64(i+1)/16)))
		}
		card.History = append(card.History, d)
	}
	return card
}

// withLooks gives a comparison n looks up to the scorecard's date, whose boundary falls.
func withLooks(c *analysis.Comparison, last time.Time, n int) {
	effect, se := c.Effect.Value.Or(0), c.Effect.SE.Or(1)
	c.Looks = nil
	for i := range n {
		passed := float64(i+1) / float64(n)
		looked := analysis.LookPoint{
			Date:   last.AddDate(0, 0, i+1-n).Format(time.DateOnly),
			Effect: def(effect * (1 + math.Cos(7*passed)/5)), SE: def(se / math.Sqrt(passed)),
		}
		if critical := 2.2 / math.Sqrt(passed); critical < 8 {
			half := critical * se / math.Sqrt(passed)
			looked.Lo, looked.Hi = def(looked.Effect.Or(0)-half), def(looked.Effect.Or(0)+half)
			looked.Critical = def(critical)
		}
		c.Looks = append(c.Looks, looked)
	}
}

// definitionSample is the definition of the experiment of base.
func definitionSample() *experiment.Experiment {
	day7 := experiment.Window{To: 7 * 24 * time.Hour}
	percentile := experiment.Cap{Upper: &experiment.CapBound{Percentile: 0.999, IsPercentile: true}}
	amount := experiment.Column{Event: "purchase", Aggregate: experiment.AggregateSum, Window: day7, Cap: &percentile}
	orders := experiment.Column{Event: "purchase", Aggregate: experiment.AggregateCount, Window: day7,
		Where: []experiment.Filter{{Column: "currency", Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: "EUR"}}}}}
	text := func(values ...string) []experiment.Scalar {
		var out []experiment.Scalar
		for _, v := range values {
			out = append(out, experiment.Scalar{Kind: experiment.ScalarText, Text: v})
		}
		return out
	}
	return &experiment.Experiment{
		Name: "checkout-button", Title: "Bigger checkout button", Hypothesis: "A bigger button makes more people finish the checkout.", Owner: "checkout-team",
		Type: experiment.TypeExperiment, Selector: "checkout", Groups: []string{"checkout", "summer"},
		Variants: []experiment.Variant{
			{Name: "control", Traffic: 500000},
			{Name: "big", Traffic: 500000, Template: "button", Payload: []byte(`{"size":"large","text":"Hi {{ attribute.user.first_name }} <b>"}`)},
		},
		Scorecard: experiment.Scorecard{
			Primary: []*experiment.Metric{
				{Name: "purchased", Description: "Bought something within a week.", Numerator: experiment.Column{Event: "purchase", Aggregate: experiment.AggregateAny, Window: day7}, Goal: experiment.GoalIncrease, Immature: experiment.ImmatureExclude, Lookback: 14 * 24 * time.Hour},
				{Name: "revenue", Numerator: amount, Goal: experiment.GoalIncrease, Immature: experiment.ImmatureExclude},
			},
			Secondary:  []*experiment.Metric{{Name: "order_value", Numerator: amount, Denominator: &orders, Goal: experiment.GoalIncrease, Immature: experiment.ImmatureExclude}},
			Guardrails: []experiment.Guardrail{{Metric: &experiment.Metric{Name: "latency", Quantile: 0.95, Numerator: experiment.Column{Event: "page_load"}, Goal: experiment.GoalDecrease, Sides: experiment.SidesOne}, Margin: 0.02}},
		},
		Statistics: experiment.DefaultStatistics(),
		Audience: &experiment.Condition{Any: []experiment.Condition{
			{All: []experiment.Condition{
				{Attribute: "country", Operator: experiment.OpIn, Values: text("DE", "AT")},
				{Attribute: "age", Operator: experiment.OpAtLeast, Values: []experiment.Scalar{{Kind: experiment.ScalarNumber, Text: "18"}}},
			}},
			{Not: &experiment.Condition{Attribute: "plan", Operator: experiment.OpExists, Values: []experiment.Scalar{{Kind: experiment.ScalarBool, Text: "true"}}}},
		}},
		Pages: experiment.Pages{
			Include: []experiment.PageRule{{Operator: experiment.OpStartsWith, Text: "https://shop.example/checkout"}},
			Exclude: []experiment.PageRule{{Operator: experiment.OpContains, Text: "?preview"}},
		},
		Display: experiment.DisplayOncePerVisit, Devices: experiment.DevicesMobile, Coverage: 800000, Excluded: experiment.ExcludedReconsider,
		Forced: []experiment.Forced{{Variant: "big", Users: []string{"qa-1", "qa-2"}}}, Exclusion: &experiment.Exclusion{Group: "checkout", Share: 500000},
		Schedule: experiment.Schedule{Start: day("2026-01-05"), End: day("2026-02-02"), StartDate: true, EndDate: true},
	}
}

// stateSample is an experiment's life as far as its status.
func stateSample(status experiment.Status) *experiment.State {
	s := experiment.State{
		Experiment: "checkout-button", Status: status, Start: day("2026-01-05"), End: day("2026-02-02"), FirstEnd: day("2026-02-02"),
	}
	if status == experiment.Completed {
		s.Decision = &experiment.Decision{Variant: "big", At: day("2026-02-10"), Why: "it sells <more>", By: "ana"}
	}
	return &s
}

// site is a project of pages as it stands in the middle of the samples' time.
func site(pages ...Page) *Site {
	return &Site{Organization: "acme", Project: "shop", Location: time.UTC, At: day("2026-01-21"), Pages: pages}
}

// fullPage has everything a page can have.
func fullPage() Page {
	card := withHistory(full())
	withLooks(&card.Metrics[0].Comparisons[0], day("2026-01-20"), 9)
	withLooks(&card.Metrics[1].Comparisons[0], day("2026-01-20"), 9)
	first, second := &card.Metrics[0].Comparisons[0], &card.Metrics[1].Comparisons[0]
	first.Futile, first.FutilityBound = true, def(2.3)
	first.ConditionalPowerMDE, first.ConditionalPowerNow, first.ExpectedUsers = def(0.12), def(0.034), def(260000.4)
	second.Stagewise = &analysis.Stagewise{Date: "2026-01-18", Look: 7, P: def(0.0021), Estimate: def(1.9), Lo: def(0.4), Hi: def(3.4)}
	state := stateSample(experiment.Running)
	state.Extensions = []experiment.Extension{{At: day("2026-01-10"), From: day("2026-01-26"), To: day("2026-02-02"), End: day("2026-01-26")}}
	state.Stopped = []experiment.StoppedVariant{{Variant: "big", At: day("2026-01-18"), Why: "it broke"}}
	return Page{Experiment: "checkout-button", Card: &card, Definition: definitionSample(), State: state,
		Stale: "These numbers are from 2026-01-20: a scorecard of 2026-01-22 should be here and is not."}
}

// evilMarkup tries to leave every context of a page that text stands in.
const evilMarkup = `"'></style></svg></title><script>alert(1)</script><img src=http://evil.example onerror=alert(1)>{{.}}&amp;`

// hostilePage has markup and characters that do not print wherever people or data name
// something.
func hostilePage() Page {
	card := withHistory(hostile())
	card.Title += evilMarkup
	card.Recommendation.Sentence += evilMarkup
	card.Variants[1].Name += evilMarkup
	card.Date = evilMarkup
	for i := range card.Metrics {
		m := &card.Metrics[i]
		m.Name, m.Window, m.Reason = m.Name+evilMarkup, m.Window+evilMarkup, m.Reason+evilMarkup
		for j := range m.Comparisons {
			c := &m.Comparisons[j]
			withLooks(c, day("2026-01-20"), 5)
			c.Looks[4].Date = evilMarkup
			c.Variant, m.Variants[1].Variant = card.Variants[1].Name, card.Variants[1].Name
			c.Sentence, c.AsOf = c.Sentence+evilMarkup, evilMarkup
			c.Record = &analysis.LookOfRecord{Date: evilMarkup}
		}
	}
	for i := range card.Checks {
		card.Checks[i].Sentence += evilMarkup
		card.Checks[i].Numbers = []analysis.CheckNumber{{Name: evilMarkup, Value: def(1)}}
	}
	d := definitionSample()
	d.Title, d.Hypothesis, d.Owner, d.Selector, d.Groups = evilMarkup, evilMarkup, evilMarkup, evilMarkup, []string{evilMarkup}
	d.Variants[1].Name, d.Variants[1].Template, d.Variants[1].Payload = evilMarkup, evilMarkup, []byte(`{"`+`</pre><script>`+"\u202e"+`":1}`)
	d.Forced = []experiment.Forced{{Variant: evilMarkup, Users: []string{evilMarkup}}}
	d.Audience.Any[0].All[0] = experiment.Condition{Attribute: evilMarkup, Operator: experiment.Operator(evilMarkup), Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: evilMarkup}}}
	d.Pages.Include[0] = experiment.PageRule{Operator: experiment.Operator(evilMarkup), Text: evilMarkup}
	d.Exclusion.Group, d.Display, d.Devices, d.Hash = evilMarkup, experiment.Display(evilMarkup), experiment.Devices(evilMarkup), experiment.Hash(evilMarkup)
	state := stateSample(experiment.Completed)
	state.Decision.Variant, state.Decision.Why, state.Decision.By, state.StopReason = evilMarkup, evilMarkup, evilMarkup, evilMarkup
	state.Decision.At = day("2026-01-20")
	return Page{Experiment: "checkout-button", Card: &card, Definition: d, State: state, Stale: evilMarkup}
}

// extremePage has numbers near the limits of float64, and looks without intervals.
func extremePage() Page {
	card := withHistory(full())
	for i := range card.Metrics {
		for j := range card.Metrics[i].Comparisons {
			c := &card.Metrics[i].Comparisons[j]
			big := math.Pow(10, float64(100*(i+1)-300))
			c.Effect.Value, c.Lift, c.LiftLo, c.LiftHi = def(big), def(big), def(-big), def(3*big)
			withLooks(c, day("2026-01-20"), 3)
			c.Looks[0].Effect = def(-math.MaxFloat64)
		}
	}
	card.Metrics[1].Comparisons[0].Looks = []analysis.LookPoint{{Date: "2026-01-20", Effect: def(0)}}
	card.History[3].Users = nil
	card.Variants[0].Users = math.MaxInt64
	return Page{Card: &card}
}

// largePage has many metrics, variants and looks.
func largePage() Page {
	card := base()
	for i := range 3 {
		card.Variants = append(card.Variants, analysis.Variant{Name: fmt.Sprint("variant-", i), Traffic: 0.1, Users: int64(10000 + i)})
	}
	for i := range 22 {
		m := purchased()
		m.Name, m.Role = fmt.Sprint("metric-", i), []analysis.Role{analysis.Primary, analysis.Secondary, analysis.Guardrail}[i%3]
		control, c := m.Variants[0], m.Comparisons[0]
		m.Variants, m.Comparisons = nil, nil
		for j, v := range card.Variants {
			control.Variant, c.Variant = v.Name, v.Name
			m.Variants = append(m.Variants, control)
			if j > 0 {
				withLooks(&c, day("2026-01-20"), 90)
				m.Comparisons = append(m.Comparisons, c)
			}
		}
		card.Metrics = append(card.Metrics, m)
	}
	card = withHistory(card)
	return Page{Card: &card}
}

// pageSamples are pages of every kind by name.
func pageSamples() map[string]Page {
	blank := withHistory(empty())
	waiting := base()
	waiting.Metrics = []analysis.MetricResult{metric("purchased", analysis.Primary, kindProportion, "increase")}
	waiting.Through = day("2026-01-07")
	draft, scheduled := definitionSample(), definitionSample()
	draft.Title = ""
	late := stateSample(experiment.Scheduled)
	late.Start, late.End = day("2026-01-25"), day("2026-02-15")
	served := definitionSample()
	served.Type = experiment.TypePersonalization
	complete := fullPage()
	complete.State, complete.Stale = stateSample(experiment.Completed), ""
	complete.State.Decision.At = day("2026-01-20")
	complete.State.Stopped = nil
	return map[string]Page{
		"full":            fullPage(),
		"card":            {Card: fullPage().Card},
		"hostile":         hostilePage(),
		"extreme":         extremePage(),
		"large":           largePage(),
		"empty":           {Card: &blank},
		"waiting":         {Card: &waiting, State: stateSample(experiment.Running)},
		"draft":           {Experiment: "checkout-button", Definition: draft, State: stateSample(experiment.Draft)},
		"scheduled":       {Experiment: "checkout-button", Definition: scheduled, State: late},
		"personalization": {Experiment: "checkout-button", Definition: served, State: stateSample(experiment.Running)},
		"completed":       complete,
		"name":            {Experiment: "nothing-else"},
	}
}
