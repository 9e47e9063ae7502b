package daily

import (
	"context"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
)

// addCountedFirst adds to a scorecard whose users are left out unevenly what it would be with
// everybody counted in the variant seen first, of the answer to the same question about that.
func addCountedFirst(card *analysis.Scorecard, in analysis.Input, s subject, a answer, d Day) error {
	k, ok := a.at(d.Through)
	if !ok {
		return nil
	}
	return analysis.AddCountedFirst(card, in, analysisDay(s, a, 0, k, d))
}

// countingFirst asks for a subject with everybody counted in the variant seen first.
func countingFirst(p *experiment.Project, s subject, looks []Day, seed uint64) ingest.Query {
	first := *s.experiment
	first.SeveralVariants = experiment.SeveralFirst
	s.experiment = &first
	q := query(p, []subject{s}, looks, seed)
	q.Exposures.Segments = nil
	return q
}

// countedFirst returns the answer for a task, which is asked for once.
func (r *Runner) countedFirst(ctx context.Context, t *task, all []Day) (answer, error) {
	if t.first == nil {
		a, err := ask(ctx, r.Engine, countingFirst(r.Project, t.subject, all, r.Seed), r.Progress)
		if err != nil {
			return a, err
		}
		t.first = &a
	}
	return *t.first, nil
}
