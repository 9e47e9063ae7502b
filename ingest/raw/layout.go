package raw

import "readout/moments"

// layout says where the raw moments of columns stand in a cell. Those of whole numbers are kept
// in int64, the others in exact.Sum; both are exact.
type layout struct {
	whole []bool
	marks int  // numbers of converted users
	all   View // of all columns
	// wholes are the columns of whole numbers. A cell has ints of them: their sums, then the
	// packed lower triangle of their products.
	wholes []int
	ints   int
	// A cell has floats of the other moments, those of each column in a row.
	rows   []floatRow
	floats int
}

// View says where the raw moments of some of the columns stand.
type View struct {
	columns   []int
	converted int   // place of the number of converted users
	sums      []ref // of each column
	products  []ref // packed lower triangle, as in moments.Set
}

type ref struct {
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

// newLayout lays out the moments of columns, of which whole says whether they hold whole numbers,
// and so many numbers of converted users.
func newLayout(whole []bool, marks int) *layout {
	l := &layout{whole: whole, marks: marks}
	for i := range whole {
		l.all.columns = append(l.all.columns, i)
		if whole[i] {
			l.all.sums = append(l.all.sums, ref{true, len(l.wholes)})
			l.wholes = append(l.wholes, i)
		} else {
			l.all.sums = append(l.all.sums, ref{})
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
				l.all.products = append(l.all.products, ref{true, l.ints})
				l.ints++
				continue
			}
			l.all.products = append(l.all.products, ref{false, l.floats})
			row.js = append(row.js, j)
			l.floats++
		}
		if len(row.js) > 0 {
			l.rows = append(l.rows, row)
		}
	}
	return l
}

// View returns where the moments of some columns stand, and the number of users who have converted
// at a place of [Marks].
func (m *Cells) View(columns []int, converted int) View {
	all, v := &m.layout.all, View{columns: columns, converted: converted}
	for i, a := range columns {
		v.sums = append(v.sums, all.sums[a])
		for _, b := range columns[:i+1] {
			v.products = append(v.products, all.products[moments.Index(a, b)])
		}
	}
	return v
}
