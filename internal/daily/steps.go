package daily

import (
	"maps"
	"slices"
	"time"
)

// An engine has numbers of every day since the start of each experiment that it is asked for.
// Of all experiments there ever were, as after the loss of the state, they would need far more
// memory than those of the experiments that went on at the same time. A run that would have
// more than mostDays of them makes stepDays at a time.
const (
	mostDays = 2000
	stepDays = 28
)

// step is the days of a run up to one, and the experiments that have any of them.
type step struct {
	tasks []task
	last  Day
	// corrects says that days are made again whose files have changed, and absent which
	// experiments under way take no part in that, since their files have errors.
	corrects bool
	absent   []string
}

// steps splits the days that tasks want into such as are made at a time, in order: mostly one
// step through the last day. The last one has all tasks that are watched, and goes through the last
// day.
func steps(tasks []task, last Day, zone *time.Location) ([]step, error) {
	dates := map[string]bool{}
	all := 0
	for _, t := range tasks {
		maps.Copy(dates, t.days)
		all += int(last.Through.Sub(t.start).Hours() / 24)
	}
	if len(tasks) > 0 && (all <= mostDays || len(dates) == 0) {
		return []step{{tasks: tasks, last: last}}, nil
	}
	var out []step
	for rest := slices.Sorted(maps.Keys(dates)); len(rest) > 0; {
		first, err := ParseDay(rest[0], zone)
		if err != nil {
			return nil, err
		}
		s := step{last: first}
		for range stepDays - 1 {
			s.last = s.last.Next(zone)
		}
		after, _ := slices.BinarySearch(rest, s.last.Next(zone).Date)
		if rest = rest[after:]; len(rest) == 0 {
			s.last = last
		}
		for _, t := range tasks {
			days := maps.Clone(t.days)
			maps.DeleteFunc(days, func(date string, _ bool) bool { return date < first.Date || date > s.last.Date })
			if t.days = days; len(days) > 0 || t.watched && len(rest) == 0 {
				s.tasks = append(s.tasks, t)
			}
		}
		out = append(out, s)
	}
	return out, nil
}
