package ingest

import (
	"math"
	"math/big"

	"readout/moments"
)

// momentLayout says where the raw moments of a bundle stand: Σ x_i and Σ x_i x_j over
// users. Those of whole numbers are kept in int64, the others in exactSum; both are exact.
type momentLayout struct {
	whole []bool
	marks int        // numbers of converted users
	all   momentView // of all columns
	// wholes are the columns of whole numbers. A cell has ints of them: their sums, then the
	// packed lower triangle of their products.
	wholes []int
	ints   int
	// A cell has floats of the other moments, those of each column in a row.
	rows   []floatRow
	floats int
}

// momentView says where the raw moments of some of the columns stand.
type momentView struct {
	columns   []int
	converted int         // place of the number of converted users
	sums      []momentRef // of each column
	products  []momentRef // packed lower triangle, as in moments.Set
}

type momentRef struct {
	whole bool
	at    int
}

// floatRow is the moments of column i, from the place at on: the sum, if the column is not
// of whole numbers, then the products with the columns js, none of which comes after i.
type floatRow struct {
	i   int
	sum bool
	at  int
	js  []int
}

func newMomentLayout(whole []bool, marks int) *momentLayout {
	l := &momentLayout{whole: whole, marks: marks}
	for i := range whole {
		l.all.columns = append(l.all.columns, i)
		if whole[i] {
			l.all.sums = append(l.all.sums, momentRef{true, len(l.wholes)})
			l.wholes = append(l.wholes, i)
		} else {
			l.all.sums = append(l.all.sums, momentRef{})
		}
	}
	l.ints = len(l.wholes)
	for i := range whole {
		row := floatRow{i: i, sum: !whole[i], at: l.floats}
		if row.sum {
			l.all.sums[i].at = l.floats
			l.floats++
		}
		for j := 0; j <= i; j++ {
			if whole[i] && whole[j] {
				l.all.products = append(l.all.products, momentRef{true, l.ints})
				l.ints++
				continue
			}
			l.all.products = append(l.all.products, momentRef{false, l.floats})
			row.js = append(row.js, j)
			l.floats++
		}
		if len(row.js) > 0 {
			l.rows = append(l.rows, row)
		}
	}
	return l
}

// view returns where the moments of some columns stand, and of which users converted.
func (l *momentLayout) view(columns []int, converted int) momentView {
	v := momentView{columns: columns, converted: converted}
	for i, a := range columns {
		v.sums = append(v.sums, l.all.sums[a])
		for _, b := range columns[:i+1] {
			v.products = append(v.products, l.all.products[moments.Index(a, b)])
		}
	}
	return v
}

// maxWholeRows is how many conversions there may be for products of counts, summed over
// users, to fit into an int64: Σ x y ≤ Σ x · Σ y ≤ rows².
const maxWholeRows = 1 << 31

// momentCells holds one worker's raw moments of a bundle, in cells by phase, variant and
// look. A cell holds what changes at its look: users that enter, less those that leave.
// The moments at a look are the sums over the cells up to it. These sums are exact, so
// they are the same however users and looks were ordered or split over workers. Users all
// of whose numbers are 0 change nothing here; how many users there are is counted apart.
type momentCells struct {
	layout    *momentLayout
	converted []int64    // layout.marks a cell
	ints      []int64    // layout.ints a cell
	floats    []exactSum // layout.floats a cell
}

func newMomentCells(whole []bool, marks, cells int) *momentCells {
	l := newMomentLayout(whole, marks)
	return &momentCells{
		layout:    l,
		converted: make([]int64, cells*marks),
		ints:      make([]int64, cells*l.ints),
		floats:    make([]exactSum, cells*l.floats),
	}
}

// marks is a set of places in bundle.converted: those at which a user has converted.
type marks uint8

// mark counts a user in the numbers of converted users.
func (m *momentCells) mark(cell int, converted marks, sign int64) {
	n := m.layout.marks
	for i := range m.converted[cell*n : (cell+1)*n] {
		m.converted[cell*n+i] += sign * int64(converted>>i&1)
	}
}

// add lets a user with the numbers x enter, or leave.
func (m *momentCells) add(cell int, x []float64, converted marks, sign int) {
	m.mark(cell, converted, int64(sign))
	l := m.layout
	if n := len(l.wholes); n > 0 {
		var y [maxColumns]int64
		for i, column := range l.wholes {
			y[i] = int64(x[column])
		}
		addWhole(m.ints[cell*l.ints:(cell+1)*l.ints], &y, n, int64(sign))
	}
	for r := range l.rows {
		row := &l.rows[r]
		if x[row.i] == 0 {
			continue
		}
		floats := m.floats[cell*l.floats+row.at:]
		if row.sum {
			floats[0].add(x[row.i], sign)
			floats = floats[1:]
		}
		for k, j := range row.js {
			if x[j] != 0 {
				floats[k].addProduct(x[row.i], x[j], sign)
			}
		}
	}
}

// addCounts is add for a bundle all of whose columns are of whole numbers.
func (m *momentCells) addCounts(cell int, s *countState, sign int64) {
	l := m.layout
	m.mark(cell, s.converted, sign)
	addWhole(m.ints[cell*l.ints:(cell+1)*l.ints], &s.y, len(l.wholes), sign)
}

// addWhole adds n whole numbers and their products to the ints of a cell. The usual shapes,
// one and two numbers with covariates, are written out: this runs for every bundle of every
// user, and a loop over so few products costs more than they do.
func addWhole(ints []int64, y *[maxColumns]int64, n int, sign int64) {
	sums, products := ints[:n], ints[n:]
	// The indicator of missing history comes last and is mostly 0.
	if y[n-1] == 0 {
		n--
	}
	switch n {
	case 2:
		a, b := sign*y[0], sign*y[1]
		s, p := (*[2]int64)(sums), (*[3]int64)(products)
		s[0] += a
		s[1] += b
		p[0] += a * y[0]
		p[1] += b * y[0]
		p[2] += b * y[1]
	case 4:
		a, b, c, d := sign*y[0], sign*y[1], sign*y[2], sign*y[3]
		s, p := (*[4]int64)(sums), (*[10]int64)(products)
		s[0] += a
		s[1] += b
		s[2] += c
		s[3] += d
		p[0] += a * y[0]
		p[1] += b * y[0]
		p[2] += b * y[1]
		p[3] += c * y[0]
		p[4] += c * y[1]
		p[5] += c * y[2]
		p[6] += d * y[0]
		p[7] += d * y[1]
		p[8] += d * y[2]
		p[9] += d * y[3]
	default:
		for i := range n {
			v := sign * y[i]
			sums[i] += v
			for j := range i + 1 {
				products[j] += v * y[j]
			}
			products = products[i+1:]
		}
	}
}

// change puts the numbers y of a user in the place of x. That costs little where few of
// them differ, as from one look to the next, when covariates do not.
func (m *momentCells) change(cell int, x, y []float64, was, is marks, sign int) {
	if was != is {
		m.mark(cell, is, int64(sign))
		m.mark(cell, was, -int64(sign))
	}
	l := m.layout
	if n := len(l.wholes); n > 0 {
		var a, b [maxColumns]int64
		for i, column := range l.wholes {
			a[i], b[i] = int64(x[column]), int64(y[column])
		}
		changeWhole(m.ints[cell*l.ints:(cell+1)*l.ints], &a, &b, n, int64(sign))
	}
	for r := range l.rows {
		row := &l.rows[r]
		floats := m.floats[cell*l.floats+row.at:]
		xi, yi := x[row.i], y[row.i]
		if xi == 0 && yi == 0 {
			continue
		}
		if row.sum {
			if xi != yi {
				floats[0].add(xi, -sign)
				floats[0].add(yi, sign)
			}
			floats = floats[1:]
		}
		for k, j := range row.js {
			if xi == yi && x[j] == y[j] {
				continue
			}
			if xi != 0 && x[j] != 0 {
				floats[k].addProduct(xi, x[j], -sign)
			}
			if yi != 0 && y[j] != 0 {
				floats[k].addProduct(yi, y[j], sign)
			}
		}
	}
}

// changeCounts is change for a bundle all of whose columns are of whole numbers.
func (m *momentCells) changeCounts(cell int, was, is *countState, sign int64) {
	if was.converted != is.converted {
		m.mark(cell, is.converted, sign)
		m.mark(cell, was.converted, -sign)
	}
	l := m.layout
	changeWhole(m.ints[cell*l.ints:(cell+1)*l.ints], &was.y, &is.y, len(l.wholes), sign)
}

// changeWhole is addWhole of b less addWhole of a.
func changeWhole(ints []int64, a, b *[maxColumns]int64, n int, sign int64) {
	sums, products := ints[:n], ints[n:]
	if a[n-1]|b[n-1] == 0 {
		n--
	}
	if n == 2 {
		s, p := (*[2]int64)(sums), (*[3]int64)(products)
		s[0] += sign * (b[0] - a[0])
		s[1] += sign * (b[1] - a[1])
		p[0] += sign * (b[0]*b[0] - a[0]*a[0])
		p[1] += sign * (b[1]*b[0] - a[1]*a[0])
		p[2] += sign * (b[1]*b[1] - a[1]*a[1])
		return
	}
	// Covariates are the same at all looks.
	if n == 4 && a[2] == b[2] && a[3] == b[3] {
		d0, d1 := sign*(b[0]-a[0]), sign*(b[1]-a[1])
		s, p := (*[4]int64)(sums), (*[10]int64)(products)
		s[0] += d0
		s[1] += d1
		p[0] += d0 * (b[0] + a[0])
		p[1] += sign * (b[1]*b[0] - a[1]*a[0])
		p[2] += d1 * (b[1] + a[1])
		p[3] += d0 * b[2]
		p[4] += d1 * b[2]
		p[6] += d0 * b[3]
		p[7] += d1 * b[3]
		return
	}
	for i := range n {
		sums[i] += sign * (b[i] - a[i])
		for j := range i + 1 {
			products[j] += sign * (b[i]*b[j] - a[i]*a[j])
		}
		products = products[i+1:]
	}
}

// addTimes lets so many users with the same numbers enter.
func (m *momentCells) addTimes(cell int, x []float64, users int64) {
	one := momentCells{
		layout:    m.layout,
		converted: make([]int64, m.layout.marks),
		ints:      make([]int64, m.layout.ints),
		floats:    make([]exactSum, m.layout.floats),
	}
	one.add(0, x, 0, enter)
	ni, nf := m.layout.ints, m.layout.floats
	for i, v := range one.ints {
		m.ints[cell*ni+i] += users * v
	}
	for i := range one.floats {
		one.floats[i].scale(users)
		m.floats[cell*nf+i].merge(&one.floats[i])
	}
}

// pick returns a copy of cells i, i + step, i + 2·step and so on.
func (m *momentCells) pick(i, step int) *momentCells {
	out := &momentCells{layout: m.layout}
	nc, ni, nf := m.layout.marks, m.layout.ints, m.layout.floats
	for ; i < m.cells(); i += step {
		out.converted = append(out.converted, m.converted[i*nc:(i+1)*nc]...)
		out.ints = append(out.ints, m.ints[i*ni:(i+1)*ni]...)
		for k := range nf {
			out.floats = append(out.floats, m.floats[i*nf+k].clone())
		}
	}
	return out
}

// cells is how many there are.
func (m *momentCells) cells() int { return len(m.converted) / m.layout.marks }

// merge adds the cells of another worker.
func (m *momentCells) merge(o *momentCells) {
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
func (m *momentCells) accumulate(to, from int) {
	nc, ni, nf := m.layout.marks, m.layout.ints, m.layout.floats
	addInts(m.converted[to*nc:(to+1)*nc], m.converted[from*nc:(from+1)*nc])
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

func (m *momentCells) raw(cell int, r momentRef) rawSum {
	if r.whole {
		return rawSum{big.NewInt(m.ints[cell*m.layout.ints+r.at]), 0, 0}
	}
	return newRawSum(&m.floats[cell*m.layout.floats+r.at])
}

// cell returns the moments of some columns of a cell that holds all its n users, with the
// means and centred co-moments
//
//	mean_i = S_i / n,   C_ij = (n S_ij − S_i S_j) / n
//
// from the exact raw sums S, each rounded once to the nearest float64. So nothing is lost
// to cancellation: values near 1e12 with variance 1 keep all digits. What exceeds the range
// of float64 is +Inf, and moments.Set.Finite is false.
func (m *momentCells) cell(cell int, n int64, v *momentView) Cell {
	set := moments.New(len(v.sums))
	set.N = n
	out := Cell{Moments: set, Converted: m.converted[cell*m.layout.marks+v.converted]}
	if n == 0 {
		return out
	}
	sums := make([]rawSum, len(v.sums))
	for i, r := range v.sums {
		sums[i] = m.raw(cell, r)
		set.Mean[i] = quotient(sums[i], n)
	}
	k := 0
	for i := range v.sums {
		for j := 0; j <= i; j++ {
			set.C[k] = m.centred(cell, v.products[k], sums[i], sums[j], n)
			k++
		}
	}
	return out
}

// centred returns (n S_ij − S_i S_j) / n.
func (m *momentCells) centred(cell int, r momentRef, si, sj rawSum, n int64) float64 {
	if r.whole {
		if v, ok := centredInts(m.ints[cell*m.layout.ints+r.at], si.m.Int64(), sj.m.Int64(), n); ok {
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
