package daily

import (
	"fmt"
	"slices"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/digits"
)

// Summarized is an analysis on request of a summary. It writes nothing.
type Summarized struct {
	Summary *Summary
	// Name is the experiment's in the summary.
	Name string
	// Experiment is what to analyse, with the statistics wanted. Its metrics, all primary,
	// and its variants are named as in the summary; other rows are left aside.
	Experiment *experiment.Experiment
	Control    string
	// Start and End bound the clock on which alpha is spent. A zero Start means the beginning
	// of the first look's day, or where looks are numbered [firstNumberedDay]; a zero End
	// the last look.
	Start, End time.Time
	// Through is the last day of looks to use; zero means the last there is.
	Through Day
	// PlannedUsers is how many users all variants together are to have at the end; 0 where
	// that was not planned.
	PlannedUsers int64
	Location     *time.Location
}

// firstNumberedDay is the day at whose end numbered looks have look 1, when no start is
// given: a day like any other.
const firstNumberedDay = "2000-01-01"

// arms is the position of a metric and a variant.
type arms struct{ metric, variant int }

// summaryLook is all rows of one look.
type summaryLook struct {
	day  Day
	name string
	rows map[arms]*summaryRow
}

// Run analyses the experiment: with the fixed method at the last look, else in all of them.
func (s *Summarized) Run() (analysis.Scorecard, error) {
	looks, err := s.looks()
	if err != nil {
		return analysis.Scorecard{}, err
	}
	falls, err := s.checkLooks(looks)
	if err != nil {
		return analysis.Scorecard{}, err
	}
	users := s.users(looks)
	if s.Experiment.Statistics.Method == experiment.MethodFixed {
		last := len(looks) - 1
		looks, users = looks[last:], users[last:]
	}
	if len(looks) > maxDays {
		return analysis.Scorecard{}, fmt.Errorf("%s: %d looks, at most %d can be analysed: leave some out, or use the fixed method",
			s.Summary.name, len(looks), maxDays)
	}
	in := analysis.Input{
		Experiment: s.Experiment, Control: s.Control, Location: s.Location,
		Start: s.Start, End: s.End, PlannedUsers: s.PlannedUsers,
		AdHoc: true, Summarized: true, MetricHash: metricHashes(s.Experiment),
	}
	var rows int64
	for i, l := range looks {
		rows += int64(len(l.rows))
		in.Days = append(in.Days, analysis.Day{
			Date: l.day.Date, Through: l.day.Through,
			Users: users[i], Several: make([]int64, len(users[i])), Metrics: s.moments(l),
			Data: analysis.DataRead{SummaryRows: rows, LeftOut: []analysis.LeftOut{}},
		})
		if i == len(looks)-1 {
			break
		}
		added, err := analysis.Looks(in)
		if err != nil {
			return analysis.Scorecard{}, err
		}
		in.Looks = append(in.Looks, added...)
		// Only the last day's moments are read.
		in.Days[i].Metrics = nil
	}
	card, _, err := analysis.Analyze(in)
	if err == nil && len(falls) > 0 {
		card.Checks = append(card.Checks, s.fallsCheck(falls))
	}
	return card, err
}

// looks returns the looks in order, and fills in the dates that were not given.
func (s *Summarized) looks() ([]summaryLook, error) {
	metrics, variants := make(map[string]int), make(map[string]int)
	for i, m := range s.Experiment.Scorecard.Primary {
		metrics[m.Name] = i
	}
	for i, v := range s.Experiment.Variants {
		variants[v.Name] = i
	}
	first := s.Start
	if first.IsZero() && s.Summary.numbered {
		d, err := ParseDay(firstNumberedDay, s.Location)
		if err != nil {
			return nil, err
		}
		first = d.Start
	}
	at := make(map[time.Time]int)
	var out []summaryLook
	rows := s.Summary.rows[s.Name]
	for i := range rows {
		r := &rows[i]
		m, okM := metrics[r.metric]
		v, okV := variants[r.variant]
		if !okM || !okV {
			continue
		}
		d := s.dayOf(r, first)
		if !s.Through.Through.IsZero() && d.Through.After(s.Through.Through) {
			continue
		}
		k, ok := at[d.Through.UTC()]
		if !ok {
			k = len(out)
			at[d.Through.UTC()] = k
			out = append(out, summaryLook{day: d, name: r.look, rows: make(map[arms]*summaryRow)})
		}
		if before := out[k].rows[arms{m, v}]; before != nil {
			return nil, s.fault(r, "look %s of variant %q and metric %q is there already, in %s", r.look, r.variant, r.metric, s.Summary.place(before.line))
		}
		out[k].rows[arms{m, v}] = r
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no look is left to analyse", s.Summary.name)
	}
	slices.SortFunc(out, func(a, b summaryLook) int { return a.day.Through.Compare(b.day.Through) })
	return out, s.fillDates(out, first)
}

// fillDates takes the dates that were not given from the looks, in order. Numbered looks begin
// at the given instant.
func (s *Summarized) fillDates(looks []summaryLook, first time.Time) error {
	if s.Start.IsZero() {
		s.Start = first
		if !s.Summary.numbered {
			s.Start = looks[0].day.Start
		}
	}
	if s.End.IsZero() {
		s.End = looks[len(looks)-1].day.Through
	}
	if !s.End.After(s.Start) {
		return fmt.Errorf("%s: nothing to analyse: the last look ends before the start %s", s.Summary.name, s.Start.Format(time.RFC3339))
	}
	if !looks[0].day.Through.After(s.Start) {
		return fmt.Errorf("%s: look %s is not after the start %s", s.Summary.name, looks[0].name, s.Start.Format(time.RFC3339))
	}
	return nil
}

// dayOf returns the day of a look, which ends with the look: numbered looks are at the end
// of as many days, the first of which contains the given instant.
func (s *Summarized) dayOf(r *summaryRow, first time.Time) Day {
	if s.Summary.numbered {
		y, m, d := first.In(s.Location).Date()
		return DayOf(experiment.StartOfDay(y, m, d+r.number-1, s.Location), s.Location)
	}
	d := DayOf(r.at.Add(-1), s.Location)
	d.Through = r.at
	return d
}

// maxFall is the largest share by which counts may fall from one look to another: users who
// were taken out afterwards, such as those seen in a second variant. A larger fall says that
// the rows are not cumulative.
const maxFall = 0.01

// fall is a row that has fewer users than an earlier look had.
type fall struct{ row, most *summaryRow }

// checkLooks holds that counts are cumulative and that no arm goes missing. It returns the
// rows that have a little fewer users than one before: of their metric there is no look then,
// as there is none on any day on which an arm has got no users.
func (s *Summarized) checkLooks(looks []summaryLook) (falls []fall, err error) {
	most := make(map[arms]*summaryRow)
	for i, l := range looks {
		for m, metric := range s.Experiment.Scorecard.Primary {
			var have *summaryRow
			for v := range s.Experiment.Variants {
				if r := l.rows[arms{m, v}]; r != nil {
					have = r
				}
			}
			if have == nil && i == len(looks)-1 {
				return nil, fmt.Errorf("%s: metric %q has no row at the last look, %s: choose others with --metric, or an earlier last look with --date",
					s.Summary.name, metric.Name, l.name)
			}
			if have == nil {
				continue
			}
			for v, variant := range s.Experiment.Variants {
				r, before := l.rows[arms{m, v}], most[arms{m, v}]
				switch {
				case r == nil && before == nil:
				case r == nil:
					return nil, s.fault(have, "look %s of metric %q has no row for variant %q, which was there at look %s (%s)",
						have.look, have.metric, variant.Name, before.look, s.Summary.place(before.line))
				case before == nil || r.users >= before.users:
					most[arms{m, v}] = r
				case float64(before.users-r.users) > maxFall*float64(before.users):
					return nil, s.fault(r, "n: %d users, fewer than the %d at look %s (%s): rows are cumulative",
						r.users, before.users, before.look, s.Summary.place(before.line))
				default:
					falls = append(falls, fall{r, before})
				}
			}
		}
	}
	return falls, nil
}

// checkUsersFall is the name of the check that warns of falling counts.
const checkUsersFall = "users_fall"

// fallsCheck warns of rows with fewer users than one before.
func (s *Summarized) fallsCheck(falls []fall) analysis.Check {
	f := falls[0]
	return analysis.Check{
		Name: checkUsersFall, Severity: analysis.Warning,
		Sentence: fmt.Sprintf("Users of %s in %s fall from %s (look %s) to %s (look %s): until there are more users again, a sequential test makes no look, except the planned last one. "+
			"Check that no users were lost and that all rows are cumulative.",
			f.row.metric, f.row.variant, digits.Count(f.most.users), f.most.look, digits.Count(f.row.users), f.row.look),
		Numbers: []analysis.CheckNumber{{Name: "rows", Value: analysis.Defined(float64(len(falls)))}},
	}
}

// fault returns an error about a row.
func (s *Summarized) fault(r *summaryRow, format string, args ...any) error {
	return fmt.Errorf("%s: %s", s.Summary.place(r.line), fmt.Sprintf(format, args...))
}

// users returns the users per look and variant: the most that any metric has counted by then.
func (s *Summarized) users(looks []summaryLook) [][]int64 {
	out := make([][]int64, len(looks))
	most := make([]int64, len(s.Experiment.Variants))
	for i, l := range looks {
		for at, r := range l.rows {
			most[at.variant] = max(most[at.variant], r.users)
		}
		out[i] = slices.Clone(most)
	}
	return out
}

// moments returns the arms of a look: per metric, in one phase of traffic, per variant.
func (s *Summarized) moments(l summaryLook) [][][]analysis.Arm {
	out := make([][][]analysis.Arm, len(s.Experiment.Scorecard.Primary))
	for m := range out {
		row := make([]analysis.Arm, len(s.Experiment.Variants))
		for v := range row {
			row[v] = noArm()
			if r := l.rows[arms{m, v}]; r != nil {
				row[v] = r.arm()
			}
		}
		out[m] = [][]analysis.Arm{row}
	}
	return out
}
