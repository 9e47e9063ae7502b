package raw

import "readout/ingest/exact"

// MaxColumns is how many columns a cell has at most: value and denominator, their covariates, and the
// indicator of missing history.
const MaxColumns = 5

// Row is a user's numbers, in the columns' units. Those beyond the columns are 0.
type Row [MaxColumns]float64

// Marks is a set of places: those at which a user has converted.
type Marks uint8

// Numbers is what is known of a user; the zero value is nothing.
type Numbers struct {
	Converted Marks
	X         Row
}

// Signs of what is added: it enters, or leaves again.
const (
	Enter = 1
	Leave = -1
)

// Cells holds raw moments, Σ x_i and Σ x_i x_j over users, and how many users have converted, in
// cells. A cell may hold what changes at its look alone: users that enter, less those that leave.
// The moments at a look are then the sums over the cells up to it. These sums are exact, so
// they are the same however users and looks were ordered or split over workers. Users all
// of whose numbers are 0 change nothing here; how many users there are is counted apart.
type Cells struct {
	layout    *layout
	converted []int64     // layout.marks a cell
	ints      []int64     // layout.ints a cell
	floats    []exact.Sum // layout.floats a cell
}

// NewCells returns so many empty cells of columns, at most [MaxColumns], of which whole says whether they hold
// whole numbers, and of marks numbers of converted users.
func NewCells(whole []bool, marks, cells int) *Cells {
	return newLayout(whole, marks).cells(cells)
}

// cells returns so many empty cells.
func (l *layout) cells(cells int) *Cells {
	return &Cells{
		layout:    l,
		converted: make([]int64, cells*l.marks),
		ints:      make([]int64, cells*l.ints),
		floats:    make([]exact.Sum, cells*l.floats),
	}
}

// Whole returns which columns hold whole numbers.
func (m *Cells) Whole() []bool { return m.layout.whole }

// mark counts a user in the numbers of converted users.
func (m *Cells) mark(cell int, converted Marks, sign int64) {
	n := m.layout.marks
	for i := range m.converted[cell*n : (cell+1)*n] {
		m.converted[cell*n+i] += sign * int64(converted>>i&1)
	}
}

// Add lets a user with the numbers x enter, or leave.
func (m *Cells) Add(cell int, x *Row, converted Marks, sign int) {
	m.mark(cell, converted, int64(sign))
	l := m.layout
	if n := len(l.wholes); n > 0 {
		var y [MaxColumns]int64
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

// AddTimes lets so many users with the same numbers enter, none of whom has converted.
func (m *Cells) AddTimes(cell int, x *Row, users int64) {
	one := m.layout.cells(1)
	one.Add(0, x, 0, Enter)
	ni, nf := m.layout.ints, m.layout.floats
	for i, v := range one.ints {
		m.ints[cell*ni+i] += users * v
	}
	for i := range one.floats {
		one.floats[i].Scale(users)
		m.floats[cell*nf+i].Merge(&one.floats[i])
	}
}

// Change puts what is known of a user in the place of what was, or the other way round if sign is
// Leave. That costs little where few numbers differ, as from one look to the next, when covariates
// do not.
func (m *Cells) Change(cell int, was, is *Numbers, sign int) {
	if was.Converted != is.Converted {
		m.mark(cell, is.Converted, int64(sign))
		m.mark(cell, was.Converted, -int64(sign))
	}
	x, y, l := &was.X, &is.X, m.layout
	if n := len(l.wholes); n > 0 {
		var a, b [MaxColumns]int64
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
