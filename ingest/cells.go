package ingest

import "readout/ingest/exact"

// maxWholeRows is how many conversions there may be for products of counts, summed over
// users, to fit into an int64: Σ x y ≤ Σ x · Σ y ≤ rows².
const maxWholeRows = 1 << 31

// momentCells holds one worker's raw moments of a bundle, Σ x_i and Σ x_i x_j over users, in
// cells by phase, variant and look. A cell holds what changes at its look: users that enter, less those that leave.
// The moments at a look are the sums over the cells up to it. These sums are exact, so
// they are the same however users and looks were ordered or split over workers. Users all
// of whose numbers are 0 change nothing here; how many users there are is counted apart.
type momentCells struct {
	layout    *momentLayout
	converted []int64     // layout.marks a cell
	ints      []int64     // layout.ints a cell
	floats    []exact.Sum // layout.floats a cell
}

func newMomentCells(whole []bool, marks, cells int) *momentCells {
	l := newMomentLayout(whole, marks)
	return &momentCells{
		layout:    l,
		converted: make([]int64, cells*marks),
		ints:      make([]int64, cells*l.ints),
		floats:    make([]exact.Sum, cells*l.floats),
	}
}

// Signs of what is added: it enters, or leaves again.
const (
	enter = 1
	leave = -1
)

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
			floats[0].Add(x[row.i], sign)
			floats = floats[1:]
		}
		for k, j := range row.js {
			if x[j] != 0 {
				floats[k].AddProduct(x[row.i], x[j], sign)
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
				floats[0].Add(xi, -sign)
				floats[0].Add(yi, sign)
			}
			floats = floats[1:]
		}
		for k, j := range row.js {
			if xi == yi && x[j] == y[j] {
				continue
			}
			if xi != 0 && x[j] != 0 {
				floats[k].AddProduct(xi, x[j], -sign)
			}
			if yi != 0 && y[j] != 0 {
				floats[k].AddProduct(yi, y[j], sign)
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
		floats:    make([]exact.Sum, m.layout.floats),
	}
	one.add(0, x, 0, enter)
	ni, nf := m.layout.ints, m.layout.floats
	for i, v := range one.ints {
		m.ints[cell*ni+i] += users * v
	}
	for i := range one.floats {
		one.floats[i].Scale(users)
		m.floats[cell*nf+i].Merge(&one.floats[i])
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
			out.floats = append(out.floats, m.floats[i*nf+k].Clone())
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
		m.floats[i].Merge(&o.floats[i])
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
		m.floats[to*nf+k].Merge(&m.floats[from*nf+k])
	}
}
