package simulate

import (
	"cmp"
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
	// Users is how many users both arms are to have at the end; 0 means 14,000.
	Users int
	// Ramp lets few users in at first: 1% of those who come on the first two days, 5% on the next
	// two, a quarter on three more, and then all.
	Ramp bool
	// Leave is the share of users who leave on a day, because they were seen in the other variant,
	// of those who have done nothing much; of the others it is [leaveFactor] times that.
	Leave float64
	// Extended has half of the days planned at first. After three eighths of the days the end is
	// moved to the last one, whatever the looks so far say.
	Extended bool
	// Late is the share of users whose conversions are known a day later than the users are.
	Late float64
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
	if special := w.special(); special != "" {
		name += "; " + special
	}
	return name
}

// special says what sets a world apart from the grid of all the others; nothing of those in it.
func (w World) special() string {
	switch {
	case w.Uneven:
		return "uneven"
	case w.Users > 0:
		return fmt.Sprintf("%d users", w.Users)
	case w.Ramp:
		return "ramp"
	case w.Leave > 0:
		return fmt.Sprintf("%g%% leave", 100*w.Leave)
	case w.Extended:
		return "extended"
	case w.Late > 0:
		return fmt.Sprintf("%g%% late", 100*w.Late)
	}
	return ""
}

// planned returns how many users both arms are to have at the end.
func (w World) planned() int { return cmp.Or(w.Users, plannedUsers) }

// keeps reports whether users are kept one by one, because something may happen to them after
// the day on which they came.
func (w World) keeps() bool { return w.Kind.Open() || w.Leave > 0 || w.Late > 0 }

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
		PlannedUsers: int64(w.planned()), MetricHash: make(map[string]string),
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

// extend moves the end of an experiment, if day k is one from which on it is known.
func (w World) extend(in *analysis.Input, k int) {
	if !w.Extended {
		return
	}
	first, last := start.AddDate(0, 0, w.Looks/2), start.AddDate(0, 0, w.Looks)
	in.FirstEnd, in.End = first, first
	if at := w.Looks * 3 / 8; k >= at {
		in.End = last
		in.Extensions = []experiment.Extension{{At: start.AddDate(0, 0, at), From: first, To: last, End: first}}
	}
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
	users = w.planned() / w.Looks
	if w.Ramp {
		return n, w.rampUsers(k), share
	}
	if early := (w.Looks + 3) / 4; k >= early {
		whole := w.Traffic * float64(w.Looks)
		users = int(float64(users) * (whole - float64(early)) / float64(w.Looks-early))
	}
	return n, users, share
}

// rampUsers returns how many users day k brings while coverage rises, and after that.
func (w World) rampUsers(k int) int {
	covered := func(k int) float64 {
		switch {
		case k < 2:
			return 0.01
		case k < 4:
			return 0.05
		case k < 7:
			return 0.25
		}
		return 1
	}
	sum := 0.0
	for i := range w.Looks {
		sum += covered(i)
	}
	return int(float64(w.planned()) * covered(k) / sum)
}

// phase returns the phase of traffic weights that day k belongs to.
func (w World) phase(k int) int {
	if w.Phases && k >= w.Looks/2 {
		return 1
	}
	return 0
}
