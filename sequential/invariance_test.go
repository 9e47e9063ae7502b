package sequential

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestMirroredStatistics: turning every statistic round leaves a two-sided p-value as it
// is, and turns the inference after the end round.
func TestMirroredStatistics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, times, _ := drawDesign(t)
		looks := min(p.Looks(), 5)
		p, times = p.upto(looks), times[:looks]
		spending := drawSpending(t)
		z, opposite := make([]float64, p.Looks()), make([]float64, p.Looks())
		for k := range z {
			z[k] = rapid.Float64Range(-6, 6).Draw(t, "z")
			opposite[k] = -z[k]
		}
		there, err := Monitoring{Process: p, Spending: spending, Sides: 2, Times: times, Z: z}.SequentialP()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Monitoring{Process: p, Spending: spending, Sides: 2, Times: times, Z: opposite}.SequentialP()
		if err != nil {
			t.Fatal(err)
		}
		if there != back {
			t.Fatalf("p %v, mirrored %v", there, back)
		}

		upper, err := Boundaries(p, increments(spending, times, 0.05, 2), 2)
		if err != nil {
			t.Fatal(err)
		}
		d := Design{Process: p, Upper: upper, Lower: Mirror(upper)}
		last := z[len(z)-1]
		confidence := rapid.SampledFrom([]float64{0.5, 0.95, 1 - 1e-12}).Draw(t, "confidence")
		up, err := d.Stagewise(last, confidence)
		if err != nil {
			t.Fatal(err)
		}
		down, err := d.Stagewise(-last, confidence)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range [][2]float64{{up.Lo, -down.Hi}, {up.Hi, -down.Lo}, {up.Median, -down.Median}, {up.P, down.P}, {up.PUpper, 1 - down.PUpper}} {
			if !(math.Abs(c[0]-c[1]) <= 1e-7*(1+math.Abs(c[0]))) {
				t.Fatalf("z %v: %+v, mirrored %+v", last, up, down)
			}
		}
	})
}

// TestUnitOfInformation: information counts by its proportions, whatever its unit.
func TestUnitOfInformation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "looks")
		scale := rapid.SampledFrom([]float64{1e-12, 0.3, 1e9}).Draw(t, "scale")
		info, scaled, times := make([]float64, n), make([]float64, n), make([]float64, n)
		level := 0.0
		for k := range info {
			level += rapid.Float64Range(0.01, 1).Draw(t, "gap")
			info[k], scaled[k], times[k] = level, scale*level, float64(k+1)/float64(n)
		}
		sides := rapid.IntRange(1, 2).Draw(t, "sides")
		spend := increments(drawSpending(t), times, 0.05, sides)
		was, err := Boundaries(mustProcess(t, info), spend, sides)
		if err != nil {
			t.Fatal(err)
		}
		is, err := Boundaries(mustProcess(t, scaled), spend, sides)
		if err != nil {
			t.Fatal(err)
		}
		for k := range was {
			if was[k].Finite != is[k].Finite || !(math.Abs(was[k].Value-is[k].Value) <= 1e-8*(1+was[k].Value)) {
				t.Fatalf("look %d: %+v, in another unit %+v", k+1, was[k], is[k])
			}
		}
	})
}

func mustProcess(t *rapid.T, info []float64) Process {
	t.Helper()
	p, err := FromInformation(info)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestShapeOfCanonicalLooks: standard errors that follow the canonical correlations give
// what no shape does, and others another drift at the same statistic.
func TestShapeOfCanonicalLooks(t *testing.T) {
	information := []float64{0.2, 0.5, 0.7, 1}
	p := mustInformation(t, information)
	spend := []float64{0.01, 0.01, 0.01, 0.02}
	upper, err := Boundaries(p, spend, 2)
	if err != nil {
		t.Fatal(err)
	}
	d := Design{Process: p, Upper: upper, Lower: Mirror(upper)}
	plain, err := d.Stagewise(2.1, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range information {
		d.Shape = append(d.Shape, math.Sqrt(i))
	}
	same, err := d.Stagewise(2.1, 0.95)
	if err != nil || !(math.Abs(same.Median-plain.Median) <= 1e-8) || !(math.Abs(same.Lo-plain.Lo) <= 1e-8) || !(math.Abs(same.Hi-plain.Hi) <= 1e-8) {
		t.Errorf("%+v with the shape, %+v without, %v", same, plain, err)
	}
	d.Shape = []float64{1, 1, 1, 1}
	other, err := d.Stagewise(2.1, 0.95)
	if err != nil || other.PUpper != plain.PUpper || !(other.Median < plain.Median-0.01) {
		t.Errorf("%+v where nothing more is known at later looks, %+v, %v", other, plain, err)
	}
	if share, err := d.ExpectedInformation(3); err != nil || !(math.Abs(share-1) <= 1e-12) {
		t.Errorf("the test uses %v of the information of its last look, which every look has, %v", share, err)
	}
	for _, bad := range [][]float64{{1, 1}, {1, 1, 0, 1}, {1, 1, math.NaN(), 1}} {
		if d.Shape = bad; d.check() == nil {
			t.Errorf("shape %v is taken", bad)
		}
	}
}
