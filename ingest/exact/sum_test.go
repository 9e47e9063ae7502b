package exact

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// rat returns a sum as a fraction.
func (s *Sum) rat(t interface{ Fatalf(string, ...any) }) *big.Rat {
	total := s.Total()
	if total.notFinite != 0 {
		t.Fatalf("the sum is not finite")
	}
	r := new(big.Rat).SetInt(total.m)
	p := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(max(total.e, -total.e))))
	if total.e < 0 {
		return r.Quo(r, p)
	}
	return r.Mul(r, p)
}

func anyFloat() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64Range(-1000, 1000),
		rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64),
		rapid.Map(rapid.IntRange(-50, 50), func(i int) float64 { return float64(i) }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1, math.MaxFloat64, -math.MaxFloat64,
			math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0x1p-1022, 1e-300, 1e300, 1 << 53, 0.1}),
	)
}

// Sums and sums of products equal those in fractions, however the terms are split and
// merged.
func TestSumEqualsFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := make([]Sum, rapid.IntRange(1, 4).Draw(t, "parts"))
		want := new(big.Rat)
		for range rapid.IntRange(0, 40).Draw(t, "terms") {
			s := &parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")]
			sign := rapid.SampledFrom([]int{1, -1}).Draw(t, "sign")
			x := anyFloat().Draw(t, "x")
			term := new(big.Rat).SetFloat64(x)
			if rapid.Bool().Draw(t, "product") {
				y := anyFloat().Draw(t, "y")
				s.AddProduct(x, y, sign)
				term.Mul(term, new(big.Rat).SetFloat64(y))
			} else {
				s.Add(x, sign)
			}
			want.Add(want, term.Mul(term, new(big.Rat).SetInt64(int64(sign))))
			if rapid.IntRange(0, 5).Draw(t, "carry") == 0 {
				s.carry()
			}
		}
		var sum Sum
		for i := range parts {
			sum.Merge(&parts[i])
		}
		if got := sum.rat(t); got.Cmp(want) != 0 {
			t.Fatalf("sum %v, want %v", got, want)
		}
	})
}

func TestSumCarriesInTime(t *testing.T) {
	var s Sum
	want := new(big.Rat)
	for _, x := range []float64{math.MaxFloat64, -math.MaxFloat64, 1.7, -3e-5, math.SmallestNonzeroFloat64, 1.7} {
		// As if the term before had been the last that fits.
		s.waiting = maxWaiting
		s.Add(x, 1)
		s.waiting = maxWaiting
		s.AddProduct(x, x, -1)
		s.AddProduct(x, x, 1)
		s.AddProduct(x, x, -1)
		if s.waiting != 4 {
			t.Errorf("%d terms wait after a carry and three with %v", s.waiting, x)
		}
		r := new(big.Rat).SetFloat64(x)
		want.Add(want, r)
		want.Sub(want, new(big.Rat).Mul(r, r))
	}
	if got := s.rat(t); got.Cmp(want) != 0 {
		t.Errorf("sum %v, want %v", got, want)
	}
}

// The largest possible chunks of maxWaiting terms still fit.
func TestSumHasRoom(t *testing.T) {
	full := int64(maxWaiting) * math.MaxUint32
	s := Sum{chunk: []int64{full, -full, full}, waiting: maxWaiting}
	o := s.Clone()
	want := new(big.Rat).Mul(s.rat(t), big.NewRat(2, 1))
	s.Merge(&o)
	if got := s.rat(t); got.Cmp(want) != 0 {
		t.Errorf("merged sum %v, want %v", got, want)
	}
	if full+full < 0 || s.waiting > 2 {
		t.Errorf("two full sums overflow, or %d terms wait after merging", s.waiting)
	}
}

func TestSumCountsWhatIsNotFinite(t *testing.T) {
	var s Sum
	s.Add(1, 1)
	s.Add(math.Inf(1), 1)
	s.AddProduct(math.Inf(-1), 2, 1)
	if s.notFinite != 2 {
		t.Errorf("a sum with two infinite terms counts %d", s.notFinite)
	}
	s.Add(math.Inf(1), -1)
	s.AddProduct(math.Inf(-1), 2, -1)
	if got := s.rat(t); got.Cmp(big.NewRat(1, 1)) != 0 {
		t.Errorf("sum %v after infinite terms were taken out, want 1", got)
	}
}

func BenchmarkSum(b *testing.B) {
	var x [1024]float64
	for i := range x {
		x[i] = math.Exp(float64(i%97)/10) * 1.000001
	}
	b.Run("add", func(b *testing.B) {
		var s Sum
		for i := 0; b.Loop(); i++ {
			s.Add(x[i&1023], 1)
		}
	})
	b.Run("product", func(b *testing.B) {
		var s Sum
		for i := 0; b.Loop(); i++ {
			s.AddProduct(x[i&1023], x[(i+1)&1023], 1)
		}
	})
}
