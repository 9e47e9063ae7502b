package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"readout/analysis"
	"readout/experiment"
)

// Ended is how often the inference held of group-sequential experiments with an effect.
type Ended struct {
	World    World
	Spending experiment.SpendingName
	// Found is how often the effect was found. All is how often the repeated intervals of
	// all looks held it, Random the one at a look that chance picked, Record the one of the
	// look of record or else the last. Stagewise is the interval after the end, Above how
	// often the median-unbiased estimate was above the effect, Plain how often the plain
	// estimate at that look was.
	Found, All, Random, Record, Stagewise, Above, Plain Rate
}

// endedAlpha is the alpha at which power and intervals are measured.
const endedAlpha = 0.05

// end runs every world with each of the spending functions, as scorecards are made day by
// day, p-values left out but for the last day's.
func end(ctx context.Context, worlds []World, spendings []experiment.SpendingName, o Options) ([]Ended, error) {
	var rows []Ended
	for _, w := range worlds {
		for _, s := range spendings {
			rows = append(rows, Ended{World: w, Spending: s})
		}
	}
	out := slices.Clone(rows)
	var mu sync.Mutex
	err := o.parallel(ctx, len(out), func(i, first, last int) error {
		e := Ended{World: rows[i].World, Spending: rows[i].Spending}
		for run := first; run < last; run++ {
			if err := e.run(o.Seed, run); err != nil {
				return fmt.Errorf("%s, run %d: %w", e.World.Name(), run, err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		out[i].merge(e)
		return nil
	})
	return out, err
}

// merge adds the runs of o.
func (e *Ended) merge(o Ended) {
	for _, r := range []struct {
		to   *Rate
		from Rate
	}{
		{&e.Found, o.Found}, {&e.All, o.All}, {&e.Random, o.Random}, {&e.Record, o.Record},
		{&e.Stagewise, o.Stagewise}, {&e.Above, o.Above}, {&e.Plain, o.Plain},
	} {
		r.to.Count += r.from.Count
		r.to.Runs += r.from.Runs
	}
}

// problems returns, in words, what does not hold: intervals hold the effect at the confidence at
// least, and half of the median-unbiased estimates lie above it.
func (e Ended) problems() []string {
	const confidence = 1 - endedAlpha
	var out []string
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{e.All.below(confidence), "repeated intervals of all looks hold the effect too seldom"},
		{e.Random.below(confidence), "the repeated interval of a random look holds the effect too seldom"},
		{e.Record.below(confidence), "the interval of record holds the effect too seldom"},
		{e.Stagewise.below(confidence), "the stage-wise interval holds the effect too seldom"},
		{e.Above.above(0.5) || e.Above.below(0.5), "the median-unbiased estimate is not above in half of the runs"},
	} {
		if c.bad {
			out = append(out, c.text)
		}
	}
	return out
}

// note counts a run.
func (r *Rate) note(happened bool) {
	r.Runs++
	if happened {
		r.Count++
	}
}

// run runs one experiment to its end.
func (e *Ended) run(seed uint64, run int) error {
	w := e.World
	card, err := w.scorecard(seed, run, e.Spending, endedAlpha)
	if err != nil {
		return err
	}
	c := card.Metrics[0].Comparisons[0]
	e.Found.note(c.Significant)
	covers := func(lo, hi analysis.Number) bool {
		return lo.Or(math.Inf(-1)) <= w.Effect && w.Effect <= hi.Or(math.Inf(1))
	}
	all := true
	for _, l := range c.Looks {
		all = all && covers(l.Lo, l.Hi)
	}
	e.All.note(all)
	if len(c.Looks) == 0 {
		return errors.New("no look was made")
	}
	l := c.Looks[w.random(seed+1, run).IntN(len(c.Looks))]
	e.Random.note(covers(l.Lo, l.Hi))
	l = c.Looks[len(c.Looks)-1]
	if c.Record != nil {
		l = c.Looks[c.Record.Look-1]
	}
	e.Record.note(covers(l.Lo, l.Hi))
	e.Plain.note(l.Effect.Or(0) > w.Effect)
	if c.Stagewise == nil {
		return errors.New("no inference after the end")
	}
	e.Stagewise.note(covers(c.Stagewise.Lo, c.Stagewise.Hi))
	e.Above.note(c.Stagewise.Estimate.Or(0) > w.Effect)
	return nil
}

// scorecard returns the scorecard of the last day of a run, whose one metric is primary and
// without covariates. Looks go on after a crossing, as those of follow-ups do.
func (w World) scorecard(seed uint64, run int, spending experiment.SpendingName, alpha float64) (analysis.Scorecard, error) {
	in := w.input()
	s := &in.Experiment.Scorecard
	s.Primary, s.Secondary = s.Secondary[:1], nil
	in.Experiment.Statistics.Confidence = 1 - alpha
	in.Experiment.Statistics.Spending.Name = spending
	c := crowd{world: w, r: w.random(seed, run)}
	for k := range w.Looks {
		day := c.next(k)
		day.Metrics = day.Metrics[:1]
		in.Days = []analysis.Day{day}
		if k == w.Looks-1 {
			break
		}
		looks, err := analysis.Looks(in)
		if err != nil {
			return analysis.Scorecard{}, err
		}
		in.Looks = append(in.Looks, looks...)
	}
	card, _, err := analysis.Analyze(in)
	return card, err
}

// withEffect returns the world with an effect that a single look at the end finds with a
// probability of about 80%: 2.8 standard errors, of so many runs without an effect, of the
// plain metric or of the adjusted one.
func (w World) withEffect(seed uint64, covariates bool) (World, error) {
	const runs = 10
	m := 0
	if covariates {
		m = 1
	}
	sum := 0.0
	for run := range runs {
		paths, err := w.paths(seed, run)
		if err != nil {
			return w, err
		}
		p := &paths[m]
		if len(p.t) == 0 {
			return w, fmt.Errorf("%s: no look was made", w.Name())
		}
		sum += p.se[len(p.se)-1]
	}
	w.Effect = (quantile(endedAlpha/2) + quantile(1-0.8)) * sum / runs
	return w, nil
}
