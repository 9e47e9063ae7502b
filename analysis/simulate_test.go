package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"readout/experiment"
	"readout/moments"
	"readout/sequential"
)

// world is a way in which users come and behave. Nothing differs between the arms but
// effect.
type world struct {
	name string
	// looks is the number of days, perDay the number of users per arm and day, which the
	// traffic multiplies in the second half.
	looks, perDay int
	traffic       float64
	// open metrics have no window: values grow every day. crossed hands joint moments over.
	open, crossed bool
	// phases gives treatment a ninth of control's users in the first half and as many in the
	// second, while what users do falls.
	phases bool
	// covariate users have a covariate that correlates with the outcome by 0.8.
	covariate bool
	// growth is the standard deviation on the last day over the one on the first.
	growth float64
	effect float64

	alpha     float64
	spending  experiment.SpendingName
	procedure experiment.Procedure
	sides     experiment.Sides
}

// experiment returns the definition that is simulated.
func (w world) experiment() *experiment.Experiment {
	e := testExperiment()
	e.Statistics.Confidence = 1 - w.alpha
	e.Statistics.Spending.Name = w.spending
	e.Statistics.Procedure = w.procedure
	if w.covariate {
		e.Statistics.Method = experiment.MethodSequentialCUPED
	}
	m := e.Scorecard.Primary[0]
	m.Sides = w.sides
	if w.open {
		m.Numerator.Window = experiment.Window{Open: true}
	} else {
		m.Numerator.Window.To = time.Minute
	}
	return e
}

// simulated is one arm as it grows.
type simulated struct {
	world
	// sets are the moments per phase of a metric with a window, first the users per day of
	// the first half.
	sets  []moments.Set
	first int
	// values are the users' own, and habits how much they do on a day on which they do something.
	values, habits []float64
	shift          float64
	r              *rand.Rand
}

// day adds a day's users, k counted from 0, and returns the arm per phase.
func (s *simulated) day(k int) []Arm {
	n, mean, phase := s.first, 10+s.shift, 0
	if k >= s.looks/2 {
		n = int(float64(s.perDay) * s.traffic)
		if s.phases {
			mean, phase = 8+s.shift, 1
		}
	}
	// Users are assigned at random, so that arms differ in how old their users are.
	came := 0
	for range 2 * n {
		came += s.r.IntN(2)
	}
	n = came
	sd := 1 + (s.growth-1)*float64(k)/float64(s.looks-1)
	if s.open {
		return []Arm{s.openDay(k, n, sd)}
	}
	if phase == len(s.sets) {
		s.sets = append(s.sets, moments.New(s.sets[0].Columns()))
	}
	set := &s.sets[phase]
	for range n {
		y := s.r.NormFloat64()
		if s.covariate {
			set.Add(mean+sd*(0.8*y+0.6*s.r.NormFloat64()), y, 0)
		} else {
			set.Add(mean + sd*y)
		}
	}
	out := make([]Arm, len(s.sets))
	for p := range s.sets {
		out[p].Moments = s.sets[p].Clone()
	}
	return out
}

// openDay lets every user so far do something with a probability of a third.
func (s *simulated) openDay(k, n int, sd float64) Arm {
	before := len(s.values)
	for range n {
		s.values, s.habits = append(s.values, 0), append(s.habits, s.r.ExpFloat64())
	}
	joint, set := moments.New(2), moments.New(1)
	for i := range s.values {
		was := s.values[i]
		if s.r.IntN(3) == 0 {
			s.values[i] += s.shift + sd*s.habits[i]
		}
		set.Add(s.values[i])
		if i < before {
			joint.Add(was, s.values[i])
		}
	}
	arm := Arm{Moments: set}
	if s.crossed && k > 0 {
		arm.Previous = &Joint{Through: day0.AddDate(0, 0, k), Moments: joint}
	}
	return arm
}

// arms returns control and treatment before the first day.
func (w world) arms(seed uint64) []*simulated {
	columns := 1
	if w.covariate {
		columns = 3
	}
	arms := make([]*simulated, 2)
	for v := range arms {
		arms[v] = &simulated{
			world: w, sets: []moments.Set{moments.New(columns)}, first: w.perDay,
			r: rand.New(rand.NewPCG(seed, uint64(v))),
		}
	}
	arms[1].shift = w.effect
	if w.phases {
		arms[0].first, arms[1].first = 9*w.perDay/5, w.perDay/5
	}
	return arms
}

// addSimulated appends day k.
func (in *Input) addSimulated(w world, k int, arms []*simulated) {
	control, treatment := arms[0].day(k), arms[1].day(k)
	in.addDay(control[0].Moments, treatment[0].Moments)
	day := in.today()
	day.Metrics[0] = nil
	for p := range control {
		day.Metrics[0] = append(day.Metrics[0], []Arm{control[p], treatment[p]})
	}
	if k == w.looks-1 {
		// Windows are over within the last day.
		day.Through = day.Through.Add(MatureAfter(in.Experiment.Scorecard.Primary[0]))
	}
}

// run runs one experiment to its end, or to the first crossing, and returns the last
// scorecard's comparison.
func (w world) run(t *testing.T, seed uint64) Comparison {
	t.Helper()
	in := testInput(w.experiment(), w.looks)
	arms := w.arms(seed)
	for k := 0; ; k++ {
		in.addSimulated(w, k, arms)
		card, looks, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, looks...)
		if c := first(card); c.Significant || k == w.looks-1 {
			return c
		}
	}
}

// finds reports whether one experiment finds a difference, by the looks of its scorecards
// alone: they cost a fraction of the scorecards, and TestPassingLooks holds that they are the same.
func (w world) finds(t *testing.T, seed uint64) bool {
	t.Helper()
	in := testInput(w.experiment(), w.looks)
	arms := w.arms(seed)
	for k := range w.looks {
		in.addSimulated(w, k, arms)
		looks, err := Looks(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range looks {
			if l.Crossed {
				return true
			}
		}
		in.Looks = append(in.Looks, looks...)
	}
	return false
}

// rejections counts the runs that found a difference.
func (w world) rejections(t *testing.T, runs int) int {
	found := 0
	for i := range runs {
		if w.finds(t, uint64(i)) {
			found++
		}
	}
	return found
}

// worlds returns what is simulated without an effect.
func worlds(looks int, alpha float64) []world {
	base := world{
		looks: looks, perDay: 30, traffic: 1, growth: 1, alpha: alpha,
		spending: experiment.SpendingOBrienFleming, procedure: experiment.ProcedureGroupSequential, sides: experiment.SidesTwo,
	}
	with := func(name string, change func(*world)) world {
		w := base
		w.name = name
		change(&w)
		return w
	}
	return []world{
		with("O'Brien-Fleming, window", func(*world) {}),
		with("Pocock, window", func(w *world) { w.spending = experiment.SpendingPocock }),
		with("O'Brien-Fleming, window, CUPED", func(w *world) { w.covariate = true }),
		with("O'Brien-Fleming, window, one-sided", func(w *world) { w.sides = experiment.SidesOne }),
		with("O'Brien-Fleming, window, variance × 9", func(w *world) { w.growth = 3 }),
		with("Pocock, window, variance × 9, CUPED", func(w *world) {
			w.growth, w.covariate, w.spending = 3, true, experiment.SpendingPocock
		}),
		with("O'Brien-Fleming, window, half the traffic", func(w *world) { w.traffic = 0.5 }),
		with("O'Brien-Fleming, window, twice the traffic", func(w *world) { w.traffic = 2 }),
		with("O'Brien-Fleming, window, two phases", func(w *world) { w.perDay, w.phases = 50, true }),
		with("Pocock, window, two phases, CUPED", func(w *world) {
			w.perDay, w.phases, w.covariate, w.spending = 50, true, true, experiment.SpendingPocock
		}),
		with("O'Brien-Fleming, open, joint moments", func(w *world) { w.perDay, w.open, w.crossed = 100, true, true }),
		with("O'Brien-Fleming, open, no joint moments", func(w *world) { w.perDay, w.open = 100, true }),
		with("Pocock, open, joint moments", func(w *world) {
			w.perDay, w.open, w.crossed = 100, true, true
			w.spending = experiment.SpendingPocock
		}),
		with("Pocock, open, no joint moments", func(w *world) {
			w.perDay, w.open, w.spending = 100, true, experiment.SpendingPocock
		}),
		with("always-valid, window", func(w *world) { w.perDay, w.procedure = 120, experiment.ProcedureAlwaysValid }),
		with("always-valid, window, variance × 9", func(w *world) {
			w.perDay, w.growth, w.procedure = 120, 3, experiment.ProcedureAlwaysValid
		}),
		with("always-valid, open", func(w *world) { w.perDay, w.open, w.procedure = 120, true, experiment.ProcedureAlwaysValid }),
	}
}

// TestErrorRate: without an effect no more experiments than alpha find one, within three
// standard errors of the simulation, and with alpha all spent not fewer either. The always-valid
// test may find fewer; a metric without a window is left out where its correlation between
// looks is not known.
func TestErrorRate(t *testing.T) {
	const runs, alpha = 300, 0.10
	for _, w := range worlds(5, alpha) {
		if w.open && !w.crossed {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			found := w.rejections(t, runs)
			slack := 3 * math.Sqrt(runs*alpha*(1-alpha))
			if float64(found) > runs*alpha+slack {
				t.Errorf("%d of %d found an effect, at most %.0f should", found, runs, runs*alpha+slack)
			}
			if w.procedure == experiment.ProcedureGroupSequential && float64(found) < runs*alpha-slack {
				t.Errorf("%d of %d found an effect, at least %.0f should", found, runs, runs*alpha-slack)
			}
		})
	}
}

// effectFor returns the effect that a single test at the planned end finds with the power.
func (w world) effectFor(power float64) float64 {
	z := sequential.LogUpperQuantile(math.Log(w.alpha/2)) - sequential.LogUpperQuantile(math.Log(power))
	return z * math.Sqrt(2/float64(w.looks*w.perDay))
}

// ended says how often the inference after the end of a test held.
type ended struct {
	runs, found, covered, above int
}

// end runs experiments with an effect to their ends.
func (w world) end(t *testing.T, runs int) ended {
	out := ended{runs: runs}
	for i := range runs {
		c := w.run(t, uint64(i))
		if c.Significant {
			out.found++
		}
		if s := c.Stagewise; s != nil {
			if s.Lo.value <= w.effect && w.effect <= s.Hi.value {
				out.covered++
			}
			if s.Estimate.value > w.effect {
				out.above++
			}
		}
	}
	return out
}

// TestAfterTheEnd: with an effect that a single test would find with 80%, the stage-wise
// interval holds it as often as it should, the median-unbiased estimate lies above it in
// half of the experiments, and looking every day costs little power.
func TestAfterTheEnd(t *testing.T) {
	const runs, alpha = 300, 0.10
	w := worlds(5, alpha)[0]
	w.effect = w.effectFor(0.8)
	got := w.end(t, runs)
	within := func(name string, n int, share, below float64) {
		slack := 3 * math.Sqrt(runs*share*(1-share))
		if math.Abs(float64(n)-runs*share) > slack+below*runs {
			t.Errorf("%s in %d of %d, want %.0f ± %.0f", name, n, runs, runs*share, slack)
		}
	}
	within("the interval holds the effect", got.covered, 1-alpha, 0)
	within("the estimate lies above", got.above, 0.5, 0)
	within("the effect is found", got.found, 0.8, 0.025)
}
