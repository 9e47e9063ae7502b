package moments_test

import (
	"fmt"

	"readout/moments"
)

// Revenue and orders of six users, read in two parts, and the variance of the ratio of both
// by the delta method, which is one linear combination of the columns.
func Example() {
	first, second := moments.New(2), moments.New(2)
	for _, user := range [][2]float64{{40, 2}, {0, 0}, {30, 1}} {
		first.Add(user[0], user[1])
	}
	for _, user := range [][2]float64{{90, 3}, {0, 0}, {20, 1}} {
		second.Add(user[0], user[1])
	}
	users := first.Clone()
	users.Merge(second)

	ratio := users.Mean[0] / users.Mean[1]
	weights := []float64{1 / users.Mean[1], -ratio / users.Mean[1]}
	fmt.Printf("%d users, means %.2f and %.3f\n", users.N, users.Mean[0], users.Mean[1])
	fmt.Printf("variances %.1f and %.3f, covariance %.2f\n", users.Cov(0, 0), users.Cov(1, 1), users.Cov(0, 1))
	fmt.Printf("ratio %.3f, variance per user %.2f\n", ratio, users.LinearCov(weights, weights))
	// Output:
	// 6 users, means 30.00 and 1.167
	// variances 1120.0 and 1.367, covariance 38.00
	// ratio 25.714, variance per user 50.98
}
