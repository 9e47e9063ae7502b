package sequential_test

import (
	"fmt"
	"log"
	"math"

	"readout/sequential"
)

// fiveLooks is a two-sided test at alpha 0.05 with five equally spaced looks and
// O'Brien–Fleming spending: the process, what each look spends, and its critical values.
func fiveLooks() (p sequential.Process, times, spend []float64, bounds []sequential.Critical) {
	times = []float64{0.2, 0.4, 0.6, 0.8, 1}
	p, err := sequential.FromInformation(times)
	if err != nil {
		log.Fatal(err)
	}
	before := 0.0
	for _, t := range times {
		now := sequential.Spent(sequential.OBrienFleming{}, t, 0.05, 2)
		spend, before = append(spend, now-before), now
	}
	bounds, err = sequential.Boundaries(p, spend, 2)
	if err != nil {
		log.Fatal(err)
	}
	return p, times, spend, bounds
}

// Five equally spaced looks share a two-sided alpha of 0.05.
func ExampleBoundaries() {
	_, times, spend, bounds := fiveLooks()
	for k, c := range bounds {
		fmt.Printf("t = %.1f  spends %.2g  c = %.4f\n", times[k], spend[k], c.Value)
	}
	// Output:
	// t = 0.2  spends 1.1e-06  c = 4.8769
	// t = 0.4  spends 0.00079  c = 3.3570
	// t = 0.6  spends 0.0068  c = 2.6803
	// t = 0.8  spends 0.017  c = 2.2898
	// t = 1.0  spends 0.026  c = 2.0310
}

// The smallest alpha at which the test would have stopped by the third of five looks.
func ExampleMonitoring_SequentialP() {
	times := []float64{0.2, 0.4, 0.6}
	process, err := sequential.FromInformation(times)
	if err != nil {
		log.Fatal(err)
	}
	p, err := sequential.Monitoring{
		Process: process, Times: times, Z: []float64{1.3412, 2.2128, 2.7101},
		Spending: sequential.OBrienFleming{}, Sides: 2,
	}.SequentialP()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("p = %.4f\n", p.P)
	// Output:
	// p = 0.0472
}

// What the five looks cost against a single one, and how soon a test of a true effect stops.
func ExampleDesign() {
	process, _, _, upper := fiveLooks()
	design := sequential.Design{Process: process, Upper: upper, Lower: sequential.Mirror(upper)}
	inflation, err := design.Inflation(0.05, 2, 0.8)
	if err != nil {
		log.Fatal(err)
	}
	drift, err := design.DriftForPower(0.8)
	if err != nil {
		log.Fatal(err)
	}
	information, err := design.ExpectedInformation(drift)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("inflation %.3f, drift %.3f, information used on average %.0f %%\n", inflation, drift, 100*information)
	// Output:
	// inflation 1.025, drift 2.836, information used on average 80 %
}

// Bounds under which the five looks say that nothing will come of it, for the drift with
// which the test has a power of 80%: beta = 0.2 is spent by the same function as alpha.
func ExampleFutilityBounds() {
	process, times, _, upper := fiveLooks()
	drift, err := sequential.Design{Process: process, Upper: upper}.DriftForPower(0.8)
	if err != nil {
		log.Fatal(err)
	}
	var beta []float64
	before := 0.0
	for _, t := range times {
		now := sequential.Spent(sequential.OBrienFleming{}, t, 0.2, 1)
		beta, before = append(beta, now-before), now
	}
	lower, err := sequential.FutilityBounds(process, upper, beta, process.Means(drift))
	if err != nil {
		log.Fatal(err)
	}
	for k, t := range times {
		fmt.Printf("t = %.1f  expected %.3f  futile up to %6.3f  significant from %.3f\n",
			t, process.Means(drift)[k], lower[k].Value, upper[k].Value)
	}
	// Output:
	// t = 0.2  expected 1.268  futile up to -1.370  significant from 4.877
	// t = 0.4  expected 1.794  futile up to  0.059  significant from 3.357
	// t = 0.6  expected 2.197  futile up to  0.827  significant from 2.680
	// t = 0.8  expected 2.537  futile up to  1.370  significant from 2.290
	// t = 1.0  expected 2.836  futile up to  1.827  significant from 2.031
}

// At the third of five looks the statistic is 1.0: how probable is it that the last one
// crosses, if the effect is the one planned for, and if it is today's estimate?
func ExampleConditionalPower() {
	_, times, _, upper := fiveLooks()
	rho := math.Sqrt(times[2])
	for _, drift := range []float64{2.836, 1.0 / rho} {
		power, err := sequential.ConditionalPower(1.0, upper[4].Value, rho, drift)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("drift %.3f: %.1f %%\n", drift, 100*power)
	}
	// Output:
	// drift 2.836: 42.3 %
	// drift 1.291: 12.1 %
}

// A test of five looks crossed at the third, with z = 2.7101 and a standard error of 0.5164.
func ExampleDesign_Stagewise() {
	times := []float64{0.2, 0.4, 0.6}
	process, err := sequential.FromInformation(times)
	if err != nil {
		log.Fatal(err)
	}
	_, _, _, upper := fiveLooks()
	design := sequential.Design{Process: process, Upper: upper[:3], Lower: sequential.Mirror(upper[:3])}
	final, err := design.Stagewise(2.7101, 0.95)
	if err != nil {
		log.Fatal(err)
	}
	const se = 0.5164
	fmt.Printf("estimate %.2f [%.2f, %.2f], p = %.4f\n", se*final.Median, se*final.Lo, se*final.Hi, final.P)
	// Output:
	// estimate 1.40 [0.38, 2.41], p = 0.0070
}

// A test that may be looked at as often as one likes, narrowest at 10,000 users.
func ExampleMixture() {
	m, err := sequential.TuneMixture(10000, 0.05, 2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("scale %.0f users\n", m.Scale)
	for _, look := range []struct{ users, z float64 }{{2000, 1.3412}, {4000, 2.2128}, {6000, 2.7101}, {8000, 3.3528}} {
		c, err := m.StudentCritical(look.users, 0.05, look.users-2)
		if err != nil {
			log.Fatal(err)
		}
		p, err := m.StudentP(look.z, look.users, look.users-2)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.0f users: z %.3f, boundary %.3f, p of this look %.4f\n", look.users, look.z, c.Value, p.P)
	}
	// Output:
	// scale 1260 users
	// 2000 users: z 1.341, boundary 3.370, p of this look 0.9264
	// 4000 users: z 2.213, boundary 3.126, p of this look 0.3178
	// 6000 users: z 2.710, boundary 3.062, p of this look 0.1156
	// 8000 users: z 3.353, boundary 3.041, p of this look 0.0212
}

// Rates of about 1%, tested by their conversions alone: 80 of 5,000 users against 40 of
// 5,000, with the scale for 150 conversions planned.
func ExampleBinomialMixture() {
	tuned, err := sequential.TuneMixture(150, 0.05, 2)
	if err != nil {
		log.Fatal(err)
	}
	m := sequential.BinomialMixture{Scale: tuned.Scale}
	splits := []sequential.ConversionSplit{{Treatment: 80, Control: 40, Share: 0.5}}
	p, err := m.P(splits)
	if err != nil {
		log.Fatal(err)
	}
	ratio, err := m.Interval(0.05, splits)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("scale %.1f conversions, p = %.4f, ratio of the rates %.2f [%.2f, %.2f]\n",
		m.Scale, p.P, 80.0/40, ratio.Lo, ratio.Hi)
	// Output:
	// scale 18.9 conversions, p = 0.0076, ratio of the rates 2.00 [1.11, 3.77]
}
