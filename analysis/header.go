package analysis

import (
	"time"

	"readout/experiment"
)

// header fills in everything that needs no metric.
func (a *analyzer) header() Scorecard {
	in, day, e := a.in, a.day, a.in.Experiment
	card := Scorecard{
		Schema:       SchemaVersion,
		Organization: in.Organization,
		Project:      in.Project,
		Experiment:   e.Name,
		Title:        e.Title,
		Hypothesis:   e.Hypothesis,
		Owner:        e.Owner,
		Date:         day.Date,
		TimeZone:     in.Location.String(),
		Through:      day.Through,
		Status:       in.Status,
		Start:        in.Start,
		End:          in.End,
		Final:        in.End,
		DaysLeft:     DaysBetween(day.Through, in.End, in.Location),
		Progress:     Progress(in.Start, in.End, day.Through),
		Data:         day.Data,
		Metrics:      []MetricResult{},
		Checks:       []Check{},
	}
	var whole experiment.Share
	for _, v := range e.Variants {
		whole += v.Traffic
	}
	for i, v := range e.Variants {
		at, stopped := in.Stopped[v.Name]
		stopped = stopped && at.Before(day.Through)
		card.Variants = append(card.Variants, Variant{
			Name: v.Name, Control: i == a.control,
			Traffic: a.traffic(i, stopped) * float64(experiment.Whole) / float64(max(whole, 1)),
			Users:   day.Users[i], Several: Count(day.Several[i]),
		})
		if in.Summarized {
			card.Variants[i].Several = Unknown
		}
		if stopped {
			card.Variants[i].Stopped = at.In(in.Location)
		}
	}
	for i := range in.Days {
		d := &in.Days[i]
		card.History = append(card.History, DayUsers{Date: d.Date, Users: d.Users, Planned: a.plannedSplit(d)})
	}
	card.Plan = a.plan()
	return card
}

// DaysBetween counts the days in zone of which some time lies between from and to, that of from first.
func DaysBetween(from, to time.Time, zone *time.Location) int {
	days := 0
	for d := from; d.Before(to); days++ {
		d = experiment.EndOfDay(d, zone)
	}
	return days
}

// Progress returns the share of the time from start to end that has passed, in [0, 1].
func Progress(start, end, now time.Time) float64 {
	if !end.After(start) {
		return 1
	}
	return min(1, max(0, float64(now.Sub(start))/float64(end.Sub(start))))
}

// plan describes the test.
func (a *analyzer) plan() PlanLine {
	e := a.in.Experiment
	stats := e.Statistics
	p := PlanLine{
		Method: string(stats.Method), Confidence: stats.Confidence, Power: stats.Power,
		Correction: string(stats.Correction), Family: []string{}, ConfigHash: a.in.ConfigHash,
	}
	if stats.HasMDE {
		p.MDE = Defined(stats.MDE)
	}
	if stats.Method != experiment.MethodFixed {
		p.Procedure = string(stats.Procedure)
		if stats.Procedure == experiment.ProcedureGroupSequential {
			p.Spending = string(stats.Spending.Name)
		}
	}
	for _, m := range e.Scorecard.Primary {
		for _, t := range a.treatments() {
			p.Family = append(p.Family, m.Name+": "+e.Variants[t].Name)
		}
	}
	if len(p.Family) > 0 {
		p.AlphaEach = Defined(a.alpha(Primary))
	}
	return p
}
