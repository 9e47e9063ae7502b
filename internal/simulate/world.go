package simulate

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"readout/analysis"
	"readout/experiment"
)

// plannedUsers is how many users both arms are to have at the end.
const plannedUsers = 14000

// earlyShare is treatment's share of the users of the first of two phases.
const earlyShare = 0.3

// unevenShare is treatment's share of the users of an uneven split.
const unevenShare = 0.1

// World is a way in which users come and behave, alike in both arms but for the effect.
type World struct {
	Kind Kind
	// Looks is the number of days, with a look at the end of each.
	Looks int
	// Traffic is the number of users over the planned one. The first quarter of the days
	// brings as many as planned, the others what makes up for it.
	Traffic float64
	// Growth is the standard deviation of what users do on the last day over the one on the
	// first; of counts and rates what grows is the mean, and the variance with it.
	Growth float64
	// Phases has treatment three tenths of the traffic in the first half of the days and half of it
	// from then on, while what users do falls by a fifth.
	Phases bool
	// Uneven has treatment a tenth of the traffic on all days.
	Uneven bool
	// Effect is what treatment adds, in the unit of the metric.
	Effect float64
}

// Name identifies the world.
func (w World) Name() string {
	variance, phases := "constant", "one phase"
	if w.Growth != 1 {
		variance = "drifting"
	}
	if w.Phases {
		phases = "two phases"
	}
	name := fmt.Sprintf("%s; %d looks; traffic × %g; %s; %s", w.Kind.Name, w.Looks, w.Traffic, variance, phases)
	if w.Uneven {
		name += "; uneven"
	}
	return name
}

// random returns the random numbers of a run, which depend on nothing else.
func (w World) random(seed uint64, run int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d; %s; %g", seed, w.Name(), w.Effect)
	return rand.New(rand.NewPCG(h.Sum64(), uint64(run)))
}

// Names of the two metrics of a simulated experiment: the same outcome without and with its
// covariates.
const (
	plain    = "plain"
	adjusted = "adjusted"
)

// start is when simulated experiments begin.
var start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// input returns the experiment without days. The metrics are not corrected for each other:
// each is looked at as if it were alone.
func (w World) input() analysis.Input {
	e := &experiment.Experiment{
		Name: "simulated", SeveralVariants: experiment.SeveralExclude,
		Variants: []experiment.Variant{
			{Name: "control", Traffic: experiment.Whole / 2},
			{Name: "treatment", Traffic: experiment.Whole / 2},
		},
		Statistics: experiment.DefaultStatistics(),
	}
	names := []string{plain, adjusted}[:w.metrics()]
	in := analysis.Input{
		Experiment: e, Control: "control", Location: time.UTC, Start: start, End: start.AddDate(0, 0, w.Looks),
		PlannedUsers: plannedUsers, MetricHash: make(map[string]string),
	}
	if w.Uneven {
		in.Phases = []analysis.Phase{{Weights: []float64{1 - unevenShare, unevenShare}}}
	}
	if w.Phases {
		in.Phases = []analysis.Phase{{Weights: []float64{1 - earlyShare, earlyShare}}, {Weights: []float64{0.5, 0.5}}}
	}
	for _, name := range names {
		m := &experiment.Metric{
			Name: name, Goal: experiment.GoalIncrease, Sides: experiment.SidesTwo, Immature: experiment.ImmatureExclude,
			Quantile:  w.Kind.quantile,
			Numerator: experiment.Column{Event: "purchase", Aggregate: w.Kind.aggregate, Window: w.window()},
		}
		if w.Kind.ratio {
			m.Denominator = &experiment.Column{Event: "visit", Aggregate: experiment.AggregateCount, Window: w.window()}
		}
		e.Scorecard.Secondary = append(e.Scorecard.Secondary, m)
		in.MetricHash[name] = name
	}
	return in
}

// window is so short that whoever came on a day is mature at its end, but for the last
// moment.
func (w World) window() experiment.Window {
	if w.Kind.Open() {
		return experiment.Window{Open: true}
	}
	return experiment.Window{To: time.Minute}
}

// through returns the end of day k, counted from 0. The last one also ends the last window.
func (w World) through(k int) time.Time {
	end := start.AddDate(0, 0, k+1)
	if k == w.Looks-1 {
		end = end.Add(w.window().To)
	}
	return end
}

// day returns what day k is like, the number of its users, and treatment's share of them.
func (w World) day(k int) (n now, users int, share float64) {
	n = now{level: 1, spread: 1 + (w.Growth-1)*float64(k)/float64(w.Looks-1)}
	share = 0.5
	switch {
	case w.Uneven:
		share = unevenShare
	case w.Phases && k < w.Looks/2:
		share = earlyShare
	case w.Phases:
		n.level = 0.8
	}
	users = plannedUsers / w.Looks
	if early := (w.Looks + 3) / 4; k >= early {
		whole := w.Traffic * float64(w.Looks)
		users = int(float64(users) * (whole - float64(early)) / float64(w.Looks-early))
	}
	return n, users, share
}

// phase returns the phase of traffic weights that day k belongs to.
func (w World) phase(k int) int {
	if w.Phases && k >= w.Looks/2 {
		return 1
	}
	return 0
}
