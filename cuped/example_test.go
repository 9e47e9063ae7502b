package cuped_test

import (
	"fmt"
	"math"

	"readout/cuped"
	"readout/moments"
)

// Two arms of three users each: spend after the exposure, spend before it.
func Example() {
	control, treatment := moments.New(2), moments.New(2)
	for _, user := range [][2]float64{{10, 4}, {14, 8}, {21, 12}} {
		control.Add(user[0], user[1])
	}
	for _, user := range [][2]float64{{13, 5}, {16, 7}, {26, 15}} {
		treatment.Add(user[0], user[1])
	}

	a := cuped.Fit(cuped.Model{
		Outcome:    cuped.Column(0),
		Covariates: []cuped.Term{cuped.Column(1)},
	}, control, treatment)
	c, err := a.Estimate(control)
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := a.Estimate(treatment)
	if err != nil {
		fmt.Println(err)
		return
	}
	kept, _ := cuped.VarianceKept([]cuped.Adjustment{a, a}, []moments.Set{treatment, control})

	fmt.Printf("θ = %.3f\n", a.Theta[0])
	fmt.Printf("effect = %.2f ± %.2f\n", t.Mean-c.Mean, math.Sqrt(t.Variance/3+c.Variance/3))
	fmt.Printf("variance kept = %.1f %%\n", 100*kept)
	// Output:
	// θ = 1.352
	// effect = 1.98 ± 0.56
	// variance kept = 1.2 %
}

// The value of an order in one arm: revenue per order over six users, of whom four ordered.
func ExampleRatio() {
	arm := moments.New(2)
	for _, user := range [][2]float64{{40, 2}, {0, 0}, {30, 1}, {90, 3}, {0, 0}, {20, 1}} {
		arm.Add(user[0], user[1])
	}
	e, err := cuped.Ratio(0, 1).Estimate(arm)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("ratio = %.3f, standard error = %.3f\n", e.Mean, math.Sqrt(e.Variance/float64(e.N)))
	// Output:
	// ratio = 25.714, standard error = 2.915
}

// The covariate tells more in treatment than in control: one coefficient per arm. The centre
// of the covariate is that of all users.
func ExampleFitArms() {
	control, treatment := moments.New(2), moments.New(2)
	for _, user := range [][2]float64{{10, 4}, {12, 8}, {14, 10}, {17, 12}, {16, 14}, {21, 18}} {
		control.Add(user[0], user[1])
	}
	for _, user := range [][2]float64{{13, 5}, {26, 15}, {38, 19}} {
		treatment.Add(user[0], user[1])
	}
	fits := cuped.FitArms(cuped.Model{
		Outcome:    cuped.Column(0),
		Covariates: []cuped.Term{cuped.Column(1)},
	}, control, treatment)
	for i, arm := range []moments.Set{control, treatment} {
		e, err := fits[i].Estimate(arm)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("θ = %.3f, mean %.2f instead of %.2f, standard error %.3f, %d df\n",
			fits[i].Theta[0], e.Mean, arm.Mean[0], math.Sqrt(e.Variance/float64(e.N)), e.DF)
	}
	// Output:
	// θ = 0.780, mean 15.52 instead of 15.00, standard error 0.427, 4 df
	// θ = 1.692, mean 23.41 instead of 25.67, standard error 2.279, 1 df
}
