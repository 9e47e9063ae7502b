package analysis

import (
	"slices"
	"time"

	"readout/experiment"
	"readout/moments"
	"readout/sequential"
)

// Input is everything that is known about one experiment at the end of one day.
type Input struct {
	Organization, Project string
	Experiment            *experiment.Experiment
	// Control names the variant that the others are compared with.
	Control string
	// Status is the lifecycle state in words; empty for an ad-hoc analysis.
	Status string
	// Location is the zone in which days begin.
	Location *time.Location
	// Start and End bound enrolment, End exclusive. FirstEnd is the end as it was planned
	// when the experiment started, and Extensions have moved it since: alpha is spent on
	// that timeline, which an earlier end does not shorten. A zero FirstEnd means End.
	Start, End, FirstEnd time.Time
	Extensions           []experiment.Extension
	// Resumed says that the experiment went on after it was over, be it to the end that was planned.
	Resumed bool
	// Days are the days of data in order; the last one is analysed.
	Days []Day
	// Stopped says when variants were stopped: their comparisons end then.
	Stopped map[string]time.Time
	// Phases are the stretches of time with the same planned split, in order. None means a
	// single one, with the variants' traffic.
	Phases []Phase
	// PlannedUsers is how many users all variants together are to have at the end; 0 where
	// that was not planned, as in every experiment of a project: a definition names no
	// traffic. The always-valid procedure is tuned to it, or else to what its first look makes
	// of the users so far; that look records the scale, which stays.
	PlannedUsers int64
	// Looks are the recorded looks of this experiment, of any day, in order. Those of later
	// days forbid a new look: what has been tested since cannot be undone.
	Looks []Look
	// Changed names what it is tested and decided by that is not as it was when it began.
	Changed []string
	// ConfigHash identifies the experiment's definition, MetricHash each metric's test.
	ConfigHash string
	MetricHash map[string]string
	// AdHoc says that the analysis was not planned in advance.
	AdHoc bool
	// Summarized says that moments came without tables of users: who converted is unknown.
	Summarized bool
}

// Phase is a stretch of time in which users were split by the same weights.
type Phase struct {
	// Weights holds the planned share of users per variant, on any scale: 0 for a variant
	// that gets none.
	Weights []float64
}

// Day is an experiment as it stood at the end of one day.
type Day struct {
	// Date is YYYY-MM-DD; Through the instant at which the day ends.
	Date    string
	Through time.Time
	// Users and Several count users per variant: those that take part, and those seen in
	// more than one variant by the one seen first.
	Users, Several []int64
	// PhaseUsers and PhaseSeveral are the same per phase, of the phases begun by then, and
	// per variant. Without them all users belong to one phase.
	PhaseUsers, PhaseSeveral [][]int64
	// Metrics holds the arms per metric of the scorecard, per phase, per variant.
	// A metric that could not be computed has none.
	Metrics [][][]Arm
	// Caps says, per metric, what its caps came to; it may be shorter than Metrics.
	Caps [][]Cap
	// Segments are the day's users and arms by segment, one entry per segment column. Only
	// those of the day analysed are looked at.
	Segments []DaySegments
	Data     DataRead
}

// Arm is one variant of one metric in one phase of traffic.
type Arm struct {
	// Moments over users of the columns value, denominator (of a ratio), and with a
	// look-back the covariate of each and the missing-history mark.
	Moments moments.Set
	// Converted counts users with at least one conversion.
	Converted int64
	// Previous, where there is one, links the users of an earlier look with this one, for the
	// exact correlation between looks: metrics without a window need it, and all where users are
	// left out for having been seen in several variants.
	Previous *Joint
	// Values are the single values of a quantile metric, whose Moments are over users of the
	// number of their values; those of segments are [SegmentValues]. Nil where there are none.
	Values SingleValues

	quantile *quantile
}

// Joint is the moments of the same users at two looks.
type Joint struct {
	// Through is the instant of the earlier look.
	Through time.Time
	// Moments are over the users in at both looks: first all columns of the arm as they were
	// at the earlier one, then the same columns now; or without columns the number of users alone.
	Moments moments.Set
	// Earlier are the moments of the arm's columns at the earlier look over all users in then, also
	// those left out since, as they are known by now. Without columns it is taken that no rows came late.
	Earlier moments.Set
}

// today returns the day analysed.
func (in *Input) today() *Day { return &in.Days[len(in.Days)-1] }

// FinalOf returns when no metric of a scorecard can get another user: the end of enrolment
// plus the longest window.
func FinalOf(s experiment.Scorecard, end time.Time) time.Time {
	final := end
	for _, m := range s.Metrics() {
		if f := end.Add(MatureAfter(m)); f.After(final) {
			final = f
		}
	}
	return final
}

// plannedEnd returns the end of the timeline on which alpha is spent.
func (in *Input) plannedEnd() time.Time {
	switch {
	case len(in.Extensions) > 0:
		return in.Extensions[len(in.Extensions)-1].To
	case in.FirstEnd.IsZero():
		return in.End
	}
	return in.FirstEnd
}

// spending returns the spending function of a metric on its own clock, which runs from
// start + window to end + window; extensions leave what was spent before them as it was.
func (in *Input) spending(m *experiment.Metric) (sequential.Spending, error) {
	s := in.Experiment.Statistics.Spending
	var parameter *float64
	switch s.Name {
	case experiment.SpendingKimDeMets, experiment.SpendingHwangShihDeCani:
		parameter = &s.Parameter
	}
	family, err := sequential.NewSpending(string(s.Name), parameter)
	if err != nil || len(in.Extensions) == 0 {
		return family, err
	}
	extensions := make([]sequential.Extension, len(in.Extensions))
	for i, e := range in.Extensions {
		extensions[i] = sequential.Extension{
			At:  max(0, float64(in.lookedUntil(m, e).Sub(in.Start)-MatureAfter(m))),
			End: float64(e.To.Sub(in.Start)),
		}
	}
	return sequential.Extend(family, float64(in.Extensions[0].From.Sub(in.Start)), extensions...)
}

// lookedUntil returns when looks on the timeline before an extension ended: when it was decided, or
// with the day of the last look where the experiment was over by then. What is left of alpha after
// a stop does not pass away while nobody is looked at, nor does any before the first look: that
// would have all of it to spend were the planned end over by then, and leave none for the others.
func (in *Input) lookedUntil(m *experiment.Metric, e experiment.Extension) time.Time {
	if !e.At.After(in.today().Through) && !in.lookedBy(m, e.At) {
		return in.Start
	}
	if last := experiment.EndOfDay(e.End.Add(MatureAfter(m)-1), in.Location); last.Before(e.At) {
		return last
	}
	return e.At
}

// lookedBy reports whether a comparison of a metric had a look by an instant.
func (in *Input) lookedBy(m *experiment.Metric, at time.Time) bool {
	return slices.ContainsFunc(in.Looks, func(l Look) bool {
		return l.Metric == m.Name && l.Config == in.MetricHash[m.Name] && !l.At.After(at)
	})
}

// MatureAfter returns how long after the first exposure a user counts for a metric: the
// whole window, or 0 for metrics that count every user from the first day.
func MatureAfter(m *experiment.Metric) time.Duration {
	if w := m.Window(); !w.Open && m.Immature == experiment.ImmatureExclude {
		return w.To
	}
	return 0
}

// spendingTime returns the share of the metric's own clock that has passed: from start +
// window to end + window, in [0, 1].
func (in *Input) spendingTime(m *experiment.Metric, through time.Time) float64 {
	span := in.plannedEnd().Sub(in.Start)
	passed := through.Sub(in.Start) - MatureAfter(m)
	switch {
	case passed <= 0:
		return 0
	case passed >= span:
		return 1
	}
	return float64(passed) / float64(span)
}

// final returns when no user can be added to the metric any more.
func (in *Input) final(m *experiment.Metric) time.Time { return in.End.Add(MatureAfter(m)) }

// control returns the position of the control among the variants.
func (in *Input) control() int {
	for i, v := range in.Experiment.Variants {
		if v.Name == in.Control {
			return i
		}
	}
	return 0
}
