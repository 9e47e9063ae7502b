package daily

import (
	"context"
	"slices"
	"time"
)

// question is asked of the engine for the scorecards of one end per experiment: users who came
// after it do not count.
type question struct {
	subjects []subject
	answer   answer
	first    *countedFirst
}

// endOn returns the end of enrolment for the scorecard of a day. Where the experiment was over by
// then and was extended later, that is the end that it had: nobody knew that those who came in
// between would count.
func (t *task) endOn(d Day) time.Time {
	if then := t.state.EndAt(d.Through); then.Before(d.Through) {
		return then
	}
	return t.end
}

// ask asks the engine for the scorecards of all tasks at the ends of the given days: once, and
// once more for each end that was moved after it had passed, where a day in between is wanted. Days
// that were corrected become wanted, too.
func (r *Runner) ask(ctx context.Context, s step, all []Day) ([]question, error) {
	tasks := s.tasks
	questions := []question{{subjects: make([]subject, len(tasks))}}
	through := []int{len(all)} // by question: how many of the days it asks for
	for i := range tasks {
		questions[0].subjects[i] = tasks[i].subject
	}
	if err := r.put(ctx, &questions[0], all); err != nil {
		return nil, err
	}
	if err := r.correct(s, questions[0].answer); err != nil {
		return nil, err
	}
	for day, d := range all {
		for i := range tasks {
			t := &tasks[i]
			if !t.days[d.Date] {
				continue
			}
			k := questionAt(questions, i, t.endOn(d))
			if k < 0 {
				// One that was added for another experiment has room for this one.
				k = 1 + questionAt(questions[1:], i, t.end)
				if k == 0 {
					k = len(questions)
					questions = append(questions, question{subjects: slices.Clone(questions[0].subjects)})
					through = append(through, 0)
				}
				questions[k].subjects[i].end = t.endOn(d)
			}
			if k > 0 {
				through[k] = day + 1
			}
		}
	}
	for k := 1; k < len(questions); k++ {
		if err := r.put(ctx, &questions[k], all[:through[k]]); err != nil {
			return nil, err
		}
	}
	return questions, nil
}

// put asks the engine a question for the ends of the given days.
func (r *Runner) put(ctx context.Context, q *question, looks []Day) (err error) {
	q.answer, err = ask(ctx, r.Engine, query(r.Project, q.subjects, looks, r.Seed), r.Progress)
	q.first = &countedFirst{query: countingFirst(r.Project, q.subjects, looks, r.Seed)}
	return err
}

// questionAt returns the place of the first question in which the i-th task has the given end, or -1.
func questionAt(questions []question, i int, end time.Time) int {
	return slices.IndexFunc(questions, func(q question) bool { return q.subjects[i].end.Equal(end) })
}
