package ingest

import (
	"math"
	"math/big"

	"readout/moments"
)

// momentLayout says where the raw moments of a metric stand: Σ x_i and Σ x_i x_j over
// users. Those of whole numbers are kept in int64, the others in exactSum; both are exact.
type momentLayout struct {
	whole    []bool
	sums     []momentRef // of each column
	products []momentRef // packed lower triangle, as in moments.Set
	ints     []momentPair
	floats   []momentPair
}

type momentRef struct {
	whole bool
	at    int
}

// momentPair is a product of columns; j is -1 for the column i itself.
type momentPair struct{ i, j int }

func newMomentLayout(whole []bool) *momentLayout {
	l := &momentLayout{whole: whole}
	ref := func(p momentPair, whole bool) momentRef {
		if whole {
			l.ints = append(l.ints, p)
			return momentRef{true, len(l.ints) - 1}
		}
		l.floats = append(l.floats, p)
		return momentRef{false, len(l.floats) - 1}
	}
	for i := range whole {
		l.sums = append(l.sums, ref(momentPair{i, -1}, whole[i]))
	}
	for i := range whole {
		for j := 0; j <= i; j++ {
			l.products = append(l.products, ref(momentPair{i, j}, whole[i] && whole[j]))
		}
	}
	return l
}

// maxWholeRows is how many conversions there may be for products of counts, summed over
// users, to fit into an int64: Σ x y ≤ Σ x · Σ y ≤ rows².
const maxWholeRows = 1 << 31

// metricCells holds one worker's raw moments of a metric, in cells by phase, variant and
// look. A cell holds what changes at its look: users that enter, less those that leave.
// The moments at a look are the sums over the cells up to it. These sums are exact, so
// they are the same however users and looks were ordered or split over workers. Users all
// of whose numbers are 0 change nothing here; how many users there are is counted apart.
type metricCells struct {
	layout    *momentLayout
	converted []int64
	ints      []int64    // len(layout.ints) a cell
	floats    []exactSum // len(layout.floats) a cell
}

func newMetricCells(whole []bool, cells int) *metricCells {
	l := newMomentLayout(whole)
	return &metricCells{
		layout:    l,
		converted: make([]int64, cells),
		ints:      make([]int64, cells*len(l.ints)),
		floats:    make([]exactSum, cells*len(l.floats)),
	}
}

// add lets a user with the numbers x enter, or leave.
func (m *metricCells) add(cell int, x []float64, converted bool, sign int) {
	if converted {
		m.converted[cell] += int64(sign)
	}
	ints := m.ints[cell*len(m.layout.ints):]
	for k, p := range m.layout.ints {
		v := int64(sign) * int64(x[p.i])
		if p.j >= 0 {
			v *= int64(x[p.j])
		}
		ints[k] += v
	}
	floats := m.floats[cell*len(m.layout.floats):]
	for k, p := range m.layout.floats {
		switch {
		case x[p.i] == 0:
		case p.j < 0:
			floats[k].add(x[p.i], sign)
		case x[p.j] != 0:
			floats[k].addProduct(x[p.i], x[p.j], sign)
		}
	}
}

// addTimes lets so many users with the same numbers enter.
func (m *metricCells) addTimes(cell int, x []float64, users int64) {
	one := metricCells{
		layout:    m.layout,
		converted: make([]int64, 1),
		ints:      make([]int64, len(m.layout.ints)),
		floats:    make([]exactSum, len(m.layout.floats)),
	}
	one.add(0, x, false, enter)
	ni, nf := len(m.layout.ints), len(m.layout.floats)
	for i, v := range one.ints {
		m.ints[cell*ni+i] += users * v
	}
	for i := range one.floats {
		one.floats[i].scale(users)
		m.floats[cell*nf+i].merge(&one.floats[i])
	}
}

// pick returns a copy of cells i, i + step, i + 2·step and so on.
func (m *metricCells) pick(i, step int) *metricCells {
	out := &metricCells{layout: m.layout}
	ni, nf := len(m.layout.ints), len(m.layout.floats)
	for ; i < len(m.converted); i += step {
		out.converted = append(out.converted, m.converted[i])
		out.ints = append(out.ints, m.ints[i*ni:(i+1)*ni]...)
		for k := range nf {
			out.floats = append(out.floats, m.floats[i*nf+k].clone())
		}
	}
	return out
}

// merge adds the cells of another worker.
func (m *metricCells) merge(o *metricCells) {
	addInts(m.converted, o.converted)
	addInts(m.ints, o.ints)
	for i := range m.floats {
		m.floats[i].merge(&o.floats[i])
	}
}

func addInts(dst, src []int64) {
	for i, v := range src {
		dst[i] += v
	}
}

// accumulate adds cell from to cell to, the next look's.
func (m *metricCells) accumulate(to, from int) {
	m.converted[to] += m.converted[from]
	ni, nf := len(m.layout.ints), len(m.layout.floats)
	addInts(m.ints[to*ni:(to+1)*ni], m.ints[from*ni:(from+1)*ni])
	for k := range nf {
		m.floats[to*nf+k].merge(&m.floats[from*nf+k])
	}
}

// rawSum is a raw moment, m·2^e, beside so many terms that are not finite.
type rawSum struct {
	m         *big.Int
	e         int
	notFinite int64
}

func newRawSum(s *exactSum) rawSum {
	m, e := s.wide()
	return rawSum{m, e, s.notFinite}
}

func (m *metricCells) raw(cell int, r momentRef) rawSum {
	if r.whole {
		return rawSum{big.NewInt(m.ints[cell*len(m.layout.ints)+r.at]), 0, 0}
	}
	return newRawSum(&m.floats[cell*len(m.layout.floats)+r.at])
}

// cell returns the moments of a cell that holds all its n users, with the means and centred
// co-moments
//
//	mean_i = S_i / n,   C_ij = (n S_ij − S_i S_j) / n
//
// from the exact raw sums S, each rounded once to the nearest float64. So nothing is lost
// to cancellation: values near 1e12 with variance 1 keep all digits. What exceeds the range
// of float64 is +Inf, and moments.Set.Finite is false.
func (m *metricCells) cell(cell int, n int64) Cell {
	l := m.layout
	set := moments.New(len(l.sums))
	set.N = n
	out := Cell{Moments: set, Converted: m.converted[cell]}
	if n == 0 {
		return out
	}
	sums := make([]rawSum, len(l.sums))
	for i, r := range l.sums {
		sums[i] = m.raw(cell, r)
		set.Mean[i] = quotient(sums[i], n)
	}
	k := 0
	for i := range l.sums {
		for j := 0; j <= i; j++ {
			set.C[k] = m.centred(cell, l.products[k], sums[i], sums[j], n)
			k++
		}
	}
	return out
}

// centred returns (n S_ij − S_i S_j) / n.
func (m *metricCells) centred(cell int, r momentRef, si, sj rawSum, n int64) float64 {
	if r.whole {
		if v, ok := centredInts(m.ints[cell*len(m.layout.ints)+r.at], si.m.Int64(), sj.m.Int64(), n); ok {
			return v
		}
	}
	return centredRaw(m.raw(cell, r), si, sj, n)
}

func centredRaw(sij, si, sj rawSum, n int64) float64 {
	if sij.notFinite != 0 || si.notFinite != 0 || sj.notFinite != 0 {
		return math.Inf(1)
	}
	a := rawSum{new(big.Int).Mul(sij.m, big.NewInt(n)), sij.e, 0}
	b := rawSum{new(big.Int).Mul(si.m, sj.m), si.e + sj.e, 0}
	return quotient(difference(a, b), n)
}

// centredInts is centred where all its terms are exact in float64.
func centredInts(sij, si, sj, n int64) (v float64, ok bool) {
	const exact = 1 << 53
	a, b := float64(sij)*float64(n), float64(si)*float64(sj)
	if math.Abs(a) > exact || math.Abs(b) > exact || math.Abs(a-b) > exact {
		return 0, false
	}
	return (a - b) / float64(n), true
}

// difference returns a − b.
func difference(a, b rawSum) rawSum {
	e := min(a.e, b.e)
	m := new(big.Int).Lsh(a.m, uint(a.e-e))
	if b.e > e {
		b.m = new(big.Int).Lsh(b.m, uint(b.e-e))
	}
	return rawSum{m.Sub(m, b.m), e, a.notFinite - b.notFinite}
}

// quotient returns a / n, rounded once; +Inf if it is not finite.
func quotient(a rawSum, n int64) float64 {
	if a.notFinite != 0 {
		return math.Inf(1)
	}
	if a.m.Sign() == 0 {
		return 0
	}
	num := new(big.Float).SetInt(a.m)
	num.SetMantExp(num, a.e)
	v, _ := new(big.Float).SetPrec(53).Quo(num, new(big.Float).SetInt64(n)).Float64()
	if math.IsInf(v, 0) {
		return math.Inf(1)
	}
	return v
}
