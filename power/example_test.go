package power_test

import (
	"fmt"

	"readout/power"
)

// Users to find a rise from 10 to 11 % in either of two treatment arms, when half of the traffic
// is control, and alpha is divided by the two comparisons.
func ExampleSampleSize() {
	s, err := power.SampleSize(
		power.Rate(0.10),
		power.Effect{Size: 0.10, Relative: true},
		power.Design{Weights: []float64{50, 25, 25}, Alpha: 0.05 / 2, Power: 0.8},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	days, err := power.Days(s.Total, 4000)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Users, s.Total)
	fmt.Println(days, power.WholeWeeks(days))
	// Output:
	// [27166 13583 13583] 54332
	// 14 14
}

func ExampleMDE() {
	b := power.Mean(40, 120)
	effects, err := power.MDE(b, power.Design{Alpha: 0.05, Power: 0.8}, 20000, 20000)
	if err != nil {
		fmt.Println(err)
		return
	}
	relative, _ := b.Relative(effects[0])
	fmt.Printf("%.2f, %.1f %% of control\n", effects[0], 100*relative)
	// Output:
	// 3.36, 8.4 % of control
}

// Is a guardrail that may fall by at most 2% of 10% shown to be harmless by 60,000 users, if
// nothing happens to it? And by 600,000?
func ExamplePower() {
	design := power.Design{Alpha: 0.05, Margin: power.Effect{Size: -0.02, Relative: true}}
	for _, users := range []float64{30000, 300000} {
		p, err := power.Power(power.Rate(0.10), power.Effect{}, design, users, users)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.0f users an arm: %.1f %%\n", users, 100*p[0])
	}
	// Output:
	// 30000 users an arm: 12.8 %
	// 300000 users an arm: 74.1 %
}
