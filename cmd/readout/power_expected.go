package main

import (
	"math"

	"readout/power"
	"readout/sequential"
)

// expected fills in how many of the planned users come on average until a test stops: at its
// first significant look if the effect is there, and if there is none at the first that is
// significant or futile. A guardrail stops nothing by passing, a single look is the end, and of
// several comparisons it is for people to say which are to stop.
func (p *planned) expected(f powerFlags, looks *sequential.Design, d power.Design) error {
	if looks == nil || f.margin != "" || f.metrics*(len(d.Weights)-1) > 1 {
		return nil
	}
	drift, err := looks.DriftForPower(d.Power)
	if err != nil {
		return err
	}
	found, err := looks.ExpectedInformation(drift)
	if err != nil {
		return err
	}
	beta, err := f.increments(1-d.Power, 1)
	if err != nil {
		return err
	}
	futile := *looks
	if futile.Lower, err = sequential.FutilityBounds(looks.Process, looks.Upper, beta, looks.Process.Means(drift)); err != nil {
		return err
	}
	none, err := futile.ExpectedInformation(0)
	if err != nil {
		return err
	}
	p.ExpectedEffect = int64(math.Round(found * float64(p.Total)))
	p.ExpectedNone = int64(math.Round(none * float64(p.Total)))
	return nil
}

// increments returns what each of the looks, at equal steps of time, may spend of an error
// probability.
func (f powerFlags) increments(probability float64, sides int) ([]float64, error) {
	spending, err := sequential.NewSpending(f.spending, nil)
	if err != nil {
		return nil, err
	}
	spend, before := make([]float64, f.looks), 0.0
	for k := range spend {
		spent := sequential.Spent(spending, float64(k+1)/float64(f.looks), probability, sides)
		spend[k], before = spent-before, spent
	}
	return spend, nil
}
