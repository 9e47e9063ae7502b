package exact

import (
	"math"
	"math/big"
)

// Total is a number m·2^e, exactly, and besides so many terms that are not finite.
type Total struct {
	m         *big.Int
	e         int
	notFinite int64
}

// Whole returns the total of a whole number.
func Whole(n int64) Total { return Total{m: big.NewInt(n)} }

// Int64 returns the number of a [Whole] total.
func (t Total) Int64() int64 { return t.m.Int64() }

// Total returns the sum of all terms so far.
func (s *Sum) Total() Total {
	m := new(big.Int)
	var c big.Int
	for i := len(s.chunk) - 1; i >= 0; i-- {
		m.Lsh(m, 32)
		m.Add(m, c.SetInt64(s.chunk[i]))
	}
	return Total{m, 32 * int(s.base), s.notFinite}
}

// IsZero reports whether nothing is left: neither a number nor terms that are not finite.
func (t Total) IsZero() bool { return t.m.Sign() == 0 && t.notFinite == 0 }

// Plus returns t + o.
func (t Total) Plus(o Total) Total {
	return t.Minus(Total{new(big.Int).Neg(o.m), o.e, -o.notFinite})
}

// Minus returns t − o.
func (t Total) Minus(o Total) Total {
	e := min(t.e, o.e)
	m := new(big.Int).Lsh(t.m, uint(t.e-e))
	if o.e > e {
		o.m = new(big.Int).Lsh(o.m, uint(o.e-e))
	}
	return Total{m.Sub(m, o.m), e, t.notFinite - o.notFinite}
}

// Over returns t / n, rounded to the nearest float64 for n of 1 or more; +Inf if it is not
// finite, whatever its sign.
func (t Total) Over(n int64) float64 {
	if t.notFinite != 0 {
		return math.Inf(1)
	}
	if t.m.Sign() == 0 {
		return 0
	}
	num := new(big.Float).SetInt(t.m)
	num.SetMantExp(num, t.e)
	v, _ := new(big.Float).SetPrec(53).Quo(num, new(big.Float).SetInt64(n)).Float64()
	if math.IsInf(v, 0) {
		return math.Inf(1)
	}
	return v
}

// Centred returns the centred co-moment Σ (x − x̄)(y − ȳ) of n pairs,
//
//	(n Σ xy − Σ x · Σ y) / n
//
// rounded as by [Total.Over]; +Inf where one of the sums has terms that are not finite.
func Centred(xy, x, y Total, n int64) float64 {
	if xy.notFinite != 0 || x.notFinite != 0 || y.notFinite != 0 {
		return math.Inf(1)
	}
	a := Total{new(big.Int).Mul(xy.m, big.NewInt(n)), xy.e, 0}
	b := Total{new(big.Int).Mul(x.m, y.m), x.e + y.e, 0}
	return a.Minus(b).Over(n)
}
