package sequential_test

import (
	"fmt"
	"log"

	"readout/sequential"
)

// Five equally spaced looks share a two-sided alpha of 0.05.
func ExampleBoundaries() {
	times := []float64{0.2, 0.4, 0.6, 0.8, 1}
	process, err := sequential.FromInformation(times)
	if err != nil {
		log.Fatal(err)
	}
	spend := make([]float64, len(times))
	before := 0.0
	for k, t := range times {
		now := sequential.Spent(sequential.OBrienFleming{}, t, 0.05, 2)
		spend[k], before = now-before, now
	}
	bounds, err := sequential.Boundaries(process, spend, 2)
	if err != nil {
		log.Fatal(err)
	}
	for k, c := range bounds {
		fmt.Printf("t = %.1f  c = %.4f\n", times[k], c.Value)
	}
	// Output:
	// t = 0.2  c = 4.8769
	// t = 0.4  c = 3.3570
	// t = 0.6  c = 2.6803
	// t = 0.8  c = 2.2898
	// t = 1.0  c = 2.0310
}
