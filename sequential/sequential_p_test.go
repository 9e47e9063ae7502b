package sequential

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// growing returns the monitoring of equally spaced looks whose statistic grows like that
// of a constant effect to z.
func growing(tb testing.TB, looks, sides int, s Spending, z float64) Monitoring {
	tb.Helper()
	times := equalTimes(looks)
	m := Monitoring{Process: mustInformation(tb, times), Times: times, Z: make([]float64, looks), Spending: s, Sides: sides}
	for k, t := range times {
		m.Z[k] = z * math.Sqrt(t)
	}
	return m
}

// upto returns the monitoring of the first k looks.
func (m Monitoring) upto(k int) Monitoring {
	m.Process, m.Times, m.Z = m.Process.upto(k), m.Times[:k], m.Z[:k]
	return m
}

// TestSequentialPOnTheBoundary: a statistic on the boundary for alpha has the p-value alpha.
func TestSequentialPOnTheBoundary(t *testing.T) {
	for _, s := range []Spending{OBrienFleming{}, Pocock{}, KimDeMets{Rho: 2}} {
		for _, sides := range []int{1, 2} {
			for _, look := range []int{2, 6, 14} {
				m := growing(t, look, sides, s, 0)
				for k := range m.Times {
					m.Times[k] *= float64(look) / 14
				}
				bounds, err := Boundaries(m.Process, increments(s, m.Times, 0.05, sides), sides)
				if err != nil {
					t.Fatal(err)
				}
				m.Z[look-1] = bounds[look-1].Value
				p, err := m.SequentialP()
				if err != nil {
					t.Fatal(err)
				}
				closeTo(t, fmt.Sprintf("%T, %d sides, look %d", s, sides, look), p.P, 0.05, 1e-9, 0)
			}
		}
	}
}

// TestSequentialPNearOne: so has one on the boundary for an alpha near 1, where a small change of it
// moves the boundary far.
func TestSequentialPNearOne(t *testing.T) {
	for _, s := range []Spending{OBrienFleming{}, Pocock{}, KimDeMets{Rho: 2}} {
		for _, sides := range []int{1, 2} {
			for _, look := range []int{2, 3, 6, 14} {
				for _, alpha := range []float64{0.5, 0.9, 0.99, 0.999, 1 - 1e-4, 1 - 7e-5, 1 - 1e-5, 1 - 1e-6} {
					m := growing(t, look, sides, s, 0)
					bounds, err := Boundaries(m.Process, increments(s, m.Times, alpha, sides), sides)
					if err != nil {
						t.Fatal(err)
					}
					for k := range m.Z {
						m.Z[k] = -9 * float64(2-sides)
					}
					m.Z[look-1] = bounds[look-1].Value
					p, err := m.SequentialP()
					if err != nil {
						t.Fatal(err)
					}
					closeTo(t, fmt.Sprintf("%T, %d sides, look %d, alpha %v", s, sides, look, alpha), p.P, alpha, 1e-9, 0)
				}
			}
		}
	}
}

func TestSequentialPOfOneLookIsTheFixedP(t *testing.T) {
	for _, z := range []float64{0.1, 1.5, 4, 20} {
		m := growing(t, 1, 2, OBrienFleming{}, -z)
		p, err := m.SequentialP()
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, "two-sided", p.P, 2*upperTail(z), 1e-9, 0)
		m.Sides = 1
		if p, err = m.SequentialP(); err != nil {
			t.Fatal(err)
		}
		closeTo(t, "one-sided, wrong direction", p.P, upperTail(-z), 1e-9, 0)
	}
}

func TestSequentialPOfExtremeStatistics(t *testing.T) {
	before := 0.0
	for _, z := range []float64{10, 30, 34, 35, 36, 37, 40, 100, 1000} {
		p, err := growing(t, 28, 2, OBrienFleming{}, z).SequentialP()
		if err != nil {
			t.Fatalf("z %v: %v", z, err)
		}
		// A test of the last look alone would give the fixed p-value: the looks cost a factor
		// that stays small.
		fixed := math.Ln2 + LogUpperTail(z)
		if !(p.P > 0 && p.LogP < before && p.LogP >= fixed*(1+1e-12) && p.LogP < fixed+5) {
			t.Errorf("z %v: p %v, log p %v, fixed %v", z, p.P, p.LogP, fixed)
		}
		before = p.LogP
	}
}

func TestSequentialPWithoutEvidence(t *testing.T) {
	for _, m := range []Monitoring{
		growing(t, 5, 2, OBrienFleming{}, 0),
		growing(t, 0, 2, OBrienFleming{}, 0),
		growing(t, 28, 2, OBrienFleming{}, 1).upto(1),
	} {
		p, err := m.SequentialP()
		if err != nil {
			t.Fatal(err)
		}
		if !(p.P > 0.3 && p.P <= 1) {
			t.Errorf("p is %v", p)
		}
	}
}

func TestSequentialPRefusesWhatIsNotANumber(t *testing.T) {
	for _, spoil := range []func(m *Monitoring){
		func(m *Monitoring) { m.Z[1] = math.NaN() },
		func(m *Monitoring) { m.Z[1] = math.Inf(1) },
		func(m *Monitoring) { m.Times[1] = 0 },
		func(m *Monitoring) { m.Times[2] = 1.1 },
		func(m *Monitoring) { m.Times[0] = math.NaN() },
		func(m *Monitoring) { m.Times = m.Times[1:] },
		func(m *Monitoring) { m.Sides = 0 },
	} {
		m := growing(t, 3, 2, Pocock{}, 1)
		spoil(&m)
		if _, err := m.SequentialP(); err == nil {
			t.Errorf("no error for %+v", m)
		}
		if _, err := m.Update(PValue{P: 1}); err == nil {
			t.Errorf("no error for the update of %+v", m)
		}
	}
}

// TestUpdateEqualsTheWhole goes through the looks of random tests one by one.
func TestUpdateEqualsTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		looks := rapid.IntRange(1, 6).Draw(t, "looks")
		m := Monitoring{
			Times: make([]float64, looks), Z: make([]float64, looks),
			Spending: drawSpending(t), Sides: rapid.IntRange(1, 2).Draw(t, "sides"),
		}
		info := make([]float64, looks)
		for k := range info {
			info[k] = float64(k+1) + rapid.Float64Range(0, 0.9).Draw(t, "information")
			m.Times[k] = float64(k+1) / float64(looks)
			m.Z[k] = rapid.Float64Range(-5, 5).Draw(t, "z")
		}
		var err error
		if m.Process, err = FromInformation(info); err != nil {
			t.Fatal(err)
		}
		p := PValue{P: 1}
		for k := 1; k <= looks; k++ {
			next, err := m.upto(k).Update(p)
			if err != nil {
				t.Fatal(err)
			}
			if next.LogP > p.LogP {
				t.Fatalf("p rises from %v to %v", p, next)
			}
			p = next
		}
		whole, err := m.SequentialP()
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(whole.LogP-p.LogP) <= 1e-8) {
			t.Fatalf("p is %v look by look, %v at once", p, whole)
		}
		stronger := m
		stronger.Z = append([]float64(nil), m.Z...)
		stronger.Z[looks-1] = math.Abs(m.Z[looks-1]) + 0.5
		if less, err := stronger.SequentialP(); err != nil || less.LogP > whole.LogP+1e-9 {
			t.Fatalf("p is %v for a stronger last statistic, %v before, %v", less, whole, err)
		}
	})
}

func BenchmarkSequentialP(b *testing.B) {
	m := growing(b, 28, 2, OBrienFleming{}, 2.2)
	before, err := m.upto(27).SequentialP()
	if err != nil {
		b.Fatal(err)
	}
	weak := growing(b, 28, 2, OBrienFleming{}, 2.2)
	weak.Z[27] = 1.5
	long := growing(b, 246, 2, OBrienFleming{}, 34)
	yesterday, err := long.upto(245).SequentialP()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		f    func() (PValue, error)
	}{
		{"whole/look=28", m.SequentialP},
		{"update/look=28/moves", func() (PValue, error) { return m.Update(before) }},
		{"update/look=28/stays", func() (PValue, error) { return weak.Update(before) }},
		{"update/look=246/large", func() (PValue, error) { return long.Update(yesterday) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
