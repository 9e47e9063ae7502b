package ingest

import "readout/moments"

// momentLayout says where the raw moments of a bundle stand: Σ x_i and Σ x_i x_j over
// users. Those of whole numbers are kept in int64, the others in exact.Sum; both are exact.
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

// newMomentLayout lays out the moments of columns, of which whole says whether they hold whole numbers,
// and so many numbers of converted users.
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
