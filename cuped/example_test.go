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
