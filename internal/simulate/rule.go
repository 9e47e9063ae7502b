package simulate

import (
	"math"
	"slices"

	"readout/experiment"
	"readout/sequential"
)

// Procedure is a way to test.
type Procedure struct {
	Name string
	// spending is that of a group-sequential test, nil for the others; fixed looks once at the
	// end.
	spending sequential.Spending
	fixed    bool
	// sides is 2, or 1 for the direction of the goal only.
	sides int
}

// Procedures returns the procedures that are simulated, the default first, and a single look
// at the end last.
func Procedures() ([]Procedure, error) {
	out := []Procedure{}
	for _, p := range []struct {
		name, family string
		parameter    *float64
		sides        int
	}{
		{"OBF", "obrien-fleming", nil, 2},
		{"OBF 1-sided", "obrien-fleming", nil, 1},
		{"Pocock", "pocock", nil, 2},
		{"KD 2", "kim-demets", ptr(2), 2},
		{"HSD −4", "hwang-shih-decani", ptr(-4), 2},
	} {
		spending, err := sequential.NewSpending(p.family, p.parameter)
		if err != nil {
			return nil, err
		}
		out = append(out, Procedure{Name: p.name, spending: spending, sides: p.sides})
	}
	return append(out, Procedure{Name: "always-valid", sides: 2}, Procedure{Name: fixedName, fixed: true, sides: 2}), nil
}

// set makes a plan of the procedure.
func (p Procedure) set(e *experiment.Experiment, alpha float64) {
	s := &e.Statistics
	s.Confidence = 1 - alpha
	switch p.Name {
	case "OBF 1-sided":
		for _, m := range e.Scorecard.Secondary {
			m.Sides = experiment.SidesOne
		}
	case "Pocock":
		s.Spending.Name = experiment.SpendingPocock
	case "KD 2":
		s.Spending = experiment.Spending{Name: experiment.SpendingKimDeMets, Parameter: 2}
	case "HSD −4":
		s.Spending = experiment.Spending{Name: experiment.SpendingHwangShihDeCani, Parameter: -4}
	case "always-valid":
		s.Procedure = experiment.ProcedureAlwaysValid
	case fixedName:
		s.Method = experiment.MethodFixed
	}
}

// fixedName is the name of a single look at the end.
const fixedName = "one look"

func ptr(x float64) *float64 { return &x }

// Alphas returns the error probabilities that are simulated.
func Alphas() []float64 { return []float64{0.10, 0.05, 0.01} }

// rule decides whether a path would have stopped, by one procedure at one alpha.
type rule struct {
	procedure Procedure
	alpha     float64
	// time are the spending times for which the bounds below hold, spend what may be spent.
	time, spend []float64
	// never is what a statistic must exceed to cross at a look whatever the boundary, and
	// always what it need not exceed: the probability to cross first at a look is at most
	// that of lying beyond its boundary, and what has been spent so far at least that.
	never, always []float64
	mixture       sequential.Mixture
}

// burnIn is the number of users per arm from which on an always-valid test is looked at.
const burnIn = 100

// newRule returns the rule for worlds in which so many users are planned.
func newRule(p Procedure, alpha float64, planned int) (*rule, error) {
	r := &rule{procedure: p, alpha: alpha}
	var err error
	r.mixture, err = sequential.TuneMixture(float64(planned), alpha, 2)
	return r, err
}

// crosses reports whether the path leads to a crossing at some look.
func (r *rule) crosses(p *path) (bool, error) {
	if crossed, ok := p.recorded[test{r.procedure.Name, r.alpha}]; ok {
		return crossed, nil
	}
	switch {
	case len(p.z) == 0:
		return false, nil
	case r.procedure.fixed:
		return math.Abs(p.z[len(p.z)-1]) > quantile(r.alpha/2), nil
	case r.procedure.spending == nil:
		return r.crossesMixture(p)
	}
	return r.crossesBoundary(p)
}

// quantile returns the z ≥ 0 beyond which a standard normal variable lies with probability
// a ≤ ½, and infinity where that is 0.
func quantile(a float64) float64 {
	if a <= 0 {
		return math.Inf(1)
	}
	return sequential.LogUpperQuantile(math.Log(a))
}

// crossesBoundary computes boundaries only where the bounds leave the answer open.
func (r *rule) crossesBoundary(p *path) (bool, error) {
	r.setTimes(p.time)
	last := 0
	for k := range p.z {
		z := r.statistic(p, k)
		if z > r.always[k] {
			return true, nil
		}
		if z > r.never[k] {
			last = k + 1
		}
	}
	if last == 0 {
		return false, nil
	}
	process, err := p.process(last)
	if err != nil {
		return false, err
	}
	bounds, err := sequential.Boundaries(process, r.spend[:last], r.procedure.sides)
	if err != nil {
		return false, err
	}
	for k, c := range bounds {
		if c.Finite && r.statistic(p, k) > c.Value {
			return true, nil
		}
	}
	return false, nil
}

// statistic returns what is held against the boundary of a look; more is better.
func (r *rule) statistic(p *path, k int) float64 {
	if r.procedure.sides == 1 {
		return p.z[k]
	}
	return math.Abs(p.z[k])
}

// slack guards the bounds against the errors of the integration, which are far smaller.
const slack = 1e-6

// setTimes computes the bounds for looks at other times than before.
func (r *rule) setTimes(times []float64) {
	if slices.Equal(r.time, times) {
		return
	}
	r.time = slices.Clone(times)
	r.spend, r.never, r.always = nil, nil, nil
	before, sides := 0.0, float64(r.procedure.sides)
	for _, t := range times {
		spent := max(before, sequential.Spent(r.procedure.spending, t, r.alpha, r.procedure.sides))
		r.spend = append(r.spend, spent-before)
		r.never = append(r.never, quantile(spent/sides)-slack)
		r.always = append(r.always, quantile((spent-before)/sides)+slack)
		before = spent
	}
}

// crossesMixture asks for the boundary only where t is beyond the least one there is: the
// logarithm of the likelihood ratio is at most ½·t²·(1 + 1/df).
func (r *rule) crossesMixture(p *path) (bool, error) {
	for k, t := range p.t {
		t = math.Abs(t)
		if t*t*(1+1/p.df[k]) < -2*math.Log(r.alpha) || p.least[k] < burnIn && p.time[k] < 1 {
			continue
		}
		c, err := r.mixture.StudentCritical(p.users[k], r.alpha, p.df[k])
		if err != nil {
			return false, err
		}
		if c.Finite && t > c.Value {
			return true, nil
		}
	}
	return false, nil
}
