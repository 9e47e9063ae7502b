package daily

import (
	"slices"
	"strings"
	"time"

	"readout/reports"
)

// corrections is what the files that came, changed or went since scorecards were made are about.
type corrections struct {
	all  []span // of every version of these files
	past []span // of those versions all of whose rows lie before the last day
	// days are those of which at least a tenth of a table's rows came or went with files of the
	// last day.
	days []Day
}

// span is the time of the first and of the last row of a file.
type span struct{ first, last time.Time }

// correctionsOf compares the files of the runs before with those of a run through a day.
func correctionsOf(was, now *filesRead, last Day, zone *time.Location) (corrections, error) {
	var c corrections
	moved := make(map[tableDate]int64)
	for name := range merged(was.Files, now.Files) {
		// Of a file that is not there the version is empty.
		then, is := was.Files[name], now.Files[name]
		if then.Version == is.Version {
			continue
		}
		var versions []span
		for _, v := range []fileRead{then, is} {
			if v.Version != "" {
				versions = append(versions, span{v.First, v.Last})
			}
		}
		c.all = append(c.all, versions...)
		if newest := versions[len(versions)-1]; newest.last.Before(last.Start) {
			c.past = append(c.past, slices.DeleteFunc(versions, func(v span) bool { return !v.last.Before(last.Start) })...)
			continue
		}
		table, _, _ := strings.Cut(name, " ")
		for date := range merged(then.Rows, is.Rows) {
			if date >= max(was.Counted, now.Counted) && date < last.Date {
				moved[tableDate{table, date}] += max(is.Rows[date]-then.Rows[date], then.Rows[date]-is.Rows[date])
			}
		}
	}
	for of, rows := range moved {
		if rows == 0 || 10*rows < now.rows(of) {
			continue
		}
		d, err := ParseDay(of.date, zone)
		if err != nil {
			return corrections{}, err
		}
		c.days = append(c.days, d)
	}
	return c, nil
}

// merged returns the keys of two maps.
func merged[V any](a, b map[string]V) map[string]bool {
	keys := make(map[string]bool, len(a)+len(b))
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	return keys
}

// since returns from when on scorecards are to be made again to which rows from an instant on
// matter; zero if none are. Of an experiment that is over no scorecard will see what came late but
// the last one, which ends it.
func (c corrections) since(from time.Time, over *Day) time.Time {
	var since time.Time
	note := func(t time.Time) { since = earlier(since, t) }
	for _, s := range c.past {
		if !s.last.Before(from) {
			note(s.first)
		}
	}
	for _, d := range c.days {
		if d.Through.After(from) {
			note(d.Start)
		}
	}
	for _, s := range c.all {
		if over != nil && s.first.Before(over.Through) && !s.last.Before(from) {
			note(over.Start)
		}
	}
	return since
}

// earlier returns the earlier of two instants, of which one that is zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// rowsFrom returns the instant before which no row matters to the experiment.
func (s subject) rowsFrom() time.Time {
	back := 7 * 24 * time.Hour
	for _, m := range s.experiment.Scorecard.Metrics() {
		back = max(back, m.Lookback)
	}
	return s.start.Add(-back - 2*24*time.Hour)
}

// correct notes which files a run through the last day has read, and adds to the days that tasks
// want those that have a scorecard which was made from others. Experiments that are absent
// get theirs in a later run.
func (r *Runner) correct(s step, a answer) error {
	if !s.corrects || len(a.result.Files) == 0 {
		return nil
	}
	was, err := readFiles(r.State)
	if err != nil {
		return err
	}
	var from time.Time
	for _, t := range s.tasks {
		from = earlier(from, t.rowsFrom())
	}
	now := filesOf(a, from, r.Project.Location)
	if was != nil {
		if err := now.compare(was, s, r.Project.Location); err != nil {
			return err
		}
	}
	for i := range s.tasks {
		t := &s.tasks[i]
		if since, again := now.Again[t.experiment.Name]; again {
			r.wantAgain(t, since, s.last)
		}
	}
	return now.write(r.State)
}

// compare notes what is to be made again where files were others, and what was left to be.
func (f *filesRead) compare(was *filesRead, s step, zone *time.Location) error {
	c, err := correctionsOf(was, f, s.last, zone)
	if err != nil {
		return err
	}
	for _, name := range s.absent {
		f.again(name, earlier(was.Again[name], c.since(time.Time{}, nil)))
	}
	for i := range s.tasks {
		if t := &s.tasks[i]; t.watched {
			f.again(t.experiment.Name, earlier(was.Again[t.experiment.Name], c.since(t.rowsFrom(), t.over)))
		}
	}
	return nil
}

// wantAgain adds to the days that a task wants those with a scorecard that end after an instant.
func (r *Runner) wantAgain(t *task, since time.Time, last Day) {
	for _, d := range t.activeDays(last, r.Project.Location) {
		if !t.days[d.Date] && d.Through.After(since) && reports.HasDay(r.State, t.experiment.Name, d.Date) {
			t.days[d.Date], t.corrected[d.Date] = true, true
		}
	}
}

// corrected notes that the scorecards of a step were made.
func (r *Runner) corrected(s step) error {
	if !s.corrects {
		return nil
	}
	f, err := readFiles(r.State)
	if err != nil || f == nil {
		return err
	}
	for _, t := range s.tasks {
		delete(f.Again, t.experiment.Name)
	}
	return f.write(r.State)
}
