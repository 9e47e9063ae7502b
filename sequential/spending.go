package sequential

import (
	"fmt"
	"math"
	"strings"
)

// Spending says how much of an error probability alpha has been used up when a
// share t of the planned time, or information, has passed.
//
// Both methods describe the same function f(t; alpha): f is 0 for t ≤ 0, exactly
// alpha for t ≥ 1, and does not fall in t or in alpha. It belongs to one side of
// the test; [Spent] combines the sides.
type Spending interface {
	// Spent returns f(t; alpha) for alpha in (0, 1). Values too small for a
	// double are 0.
	Spent(t, alpha float64) float64
	// LogSpent returns log f(t; exp(logAlpha)) for logAlpha ≤ 0, also where
	// alpha itself is too small for a double. It is -Inf where f is 0.
	LogSpent(t, logAlpha float64) float64
}

// Spent returns the error probability used up at t over all sides,
//
//	sides · f(t; alpha/sides)
//
// with f the spending function, alpha in (0, 1) the total, and sides 1 or 2. For
// the O'Brien-Fleming type this is not f(t; alpha): two one-sided tests at
// alpha/2 together spend the alpha of the two-sided test, as in gsDesign and rpact.
func Spent(s Spending, t, alpha float64, sides int) float64 {
	if t >= 1 {
		return alpha
	}
	n := float64(sides)
	return min(n*s.Spent(t, alpha/n), alpha)
}

// family is one row of the table of spending functions.
type family struct {
	name string
	// parameter names the parameter, or is empty where there is none.
	parameter string
	build     func(parameter float64) (Spending, error)
}

// families is read only.
var families = []family{
	{"obrien-fleming", "", func(float64) (Spending, error) { return OBrienFleming{}, nil }},
	{"pocock", "", func(float64) (Spending, error) { return Pocock{}, nil }},
	{"kim-demets", "rho", newKimDeMets},
	{"hwang-shih-decani", "gamma", newHwangShihDeCani},
}

// spendingNames returns the names that [NewSpending] knows.
func spendingNames() []string {
	names := make([]string, len(families))
	for i, f := range families {
		names[i] = f.name
	}
	return names
}

// NewSpending returns the spending function of that name. The parameter is rho of
// kim-demets or gamma of hwang-shih-decani, and nil for the others.
// An unknown name, a parameter that is missing, not taken or out of range is an error.
func NewSpending(name string, parameter *float64) (Spending, error) {
	for _, f := range families {
		if f.name != name {
			continue
		}
		switch {
		case f.parameter == "" && parameter != nil:
			return nil, fmt.Errorf("spending function %s takes no parameter", name)
		case f.parameter == "":
			return f.build(0)
		case parameter == nil:
			return nil, fmt.Errorf("spending function %s needs its parameter %s", name, f.parameter)
		}
		return f.build(*parameter)
	}
	return nil, fmt.Errorf("spending function %q is not known, use one of %s", name, strings.Join(spendingNames(), ", "))
}

// share turns a fraction of alpha spent at time t into the two methods of
// [Spending], for the families that are proportional to alpha.
type share func(t float64) float64

func (f share) spent(t, alpha float64) float64 {
	switch {
	case t <= 0:
		return 0
	case t >= 1:
		return alpha
	}
	return alpha * min(f(t), 1)
}

func (f share) logSpent(t, logAlpha float64) float64 {
	switch {
	case t <= 0:
		return math.Inf(-1)
	case t >= 1:
		return logAlpha
	}
	return logAlpha + math.Log(min(f(t), 1))
}
