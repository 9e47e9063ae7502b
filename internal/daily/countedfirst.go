package daily

import (
	"context"
	"slices"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
)

// addCountedFirst adds to a scorecard whose users are left out unevenly what it would be with
// everybody counted in the variant seen first, of the answer to the same question about
// that, in which the subject is the i-th.
func addCountedFirst(card *analysis.Scorecard, in analysis.Input, s subject, a answer, i int, d Day) error {
	k, ok := a.at(d.Through)
	if !ok {
		return nil
	}
	return analysis.AddCountedFirst(card, in, analysisDay(s, a, i, k, d))
}

// countingFirst asks for subjects with everybody counted in the variant seen first. Nothing
// else differs, so an engine that keeps rows has them all.
func countingFirst(p *experiment.Project, subjects []subject, looks []Day, seed uint64) ingest.Query {
	subjects = slices.Clone(subjects)
	for i := range subjects {
		first := *subjects[i].experiment
		first.SeveralVariants = experiment.SeveralFirst
		subjects[i].experiment = &first
	}
	return query(p, subjects, looks, seed)
}

// countedFirst is the answer to that question about all tasks of a run; it is asked when the
// first of them needs it.
type countedFirst struct {
	query  ingest.Query
	answer *answer
}

func (c *countedFirst) ask(ctx context.Context, r *Runner) (answer, error) {
	if c.answer == nil {
		a, err := ask(ctx, r.Engine, c.query, r.Progress)
		if err != nil {
			return a, err
		}
		c.answer = &a
	}
	return *c.answer, nil
}
