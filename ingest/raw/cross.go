package raw

import (
	"readout/ingest/exact"
	"readout/moments"
)

// Cross links the moments of columns at a look with those at the look before, over the
// users who count at both. Only users of whom something changes at a look are added up
// there: with x the numbers at the look before, y those at the look, and S, S′ the raw
// moments at either,
//
//	Σ x_i = S_i − left_i          Σ x_i x_j = S_ij − left_ij
//	Σ y_i = S′_i − entered_i      Σ y_i y_j = S′_ij − entered_ij
//	Σ x_i y_j = Σ x_i x_j + change_ij,   change_ij = Σ x_i (y_j − x_j)
//
// where left and entered are the raw moments of users who count at one of the looks alone.
// All of these are exact, so nothing is lost to the differences. Numbers that do not grow are
// the same at both looks: then Left says it all, and the others are nil.
type Cross struct {
	// Left and Entered are users who count at the look before alone, and at the look alone.
	Left, Entered *Cells
	width         int
	change        []exact.Sum // width × width a cell
}

// NewCross returns what links looks of so many cells of columns, of which whole says whether they
// hold whole numbers. growing says that numbers may change from look to look.
func NewCross(whole []bool, growing bool, cells int) *Cross {
	c := &Cross{width: len(whole), Left: NewCells(whole, 1, cells)}
	if growing {
		c.Entered = NewCells(whole, 1, cells)
		c.change = make([]exact.Sum, cells*len(whole)*len(whole))
	}
	return c
}

// Turn notes that the numbers of a user change at a look: before are those of the look before,
// nil if there were none; now is nil when the user leaves. entered says that the user begins to
// count. With sign Leave it takes out what was noted.
func (c *Cross) Turn(cell int, before, now *Numbers, entered bool, sign int) {
	switch {
	case now == nil:
		c.Left.Add(cell, &before.X, 0, sign)
	case c.Entered == nil:
	case entered:
		c.Entered.Add(cell, &now.X, 0, sign)
	case before != nil:
		c.Changed(cell, &before.X, &now.X, sign)
	}
}

// Changed adds a user who counts at both looks and whose numbers were x and are y, or takes
// the user out if sign is Leave.
func (c *Cross) Changed(cell int, x, y *Row, sign int) {
	sums := c.change[cell*c.width*c.width:]
	for i := range c.width {
		if x[i] == 0 {
			continue
		}
		for j := range c.width {
			if x[j] == y[j] {
				continue
			}
			if y[j] != 0 {
				sums[i*c.width+j].AddProduct(x[i], y[j], sign)
			}
			if x[j] != 0 {
				sums[i*c.width+j].AddProduct(x[i], x[j], -sign)
			}
		}
	}
}

// ChangedTimes is Changed for so many users with the same numbers.
func (c *Cross) ChangedTimes(cell int, x, y *Row, users int64) {
	n := c.width * c.width
	one := Cross{width: c.width, change: make([]exact.Sum, n)}
	one.Changed(0, x, y, Enter)
	for i := range one.change {
		one.change[i].Scale(users)
		c.change[cell*n+i].Merge(&one.change[i])
	}
}

// Merge adds what links the same looks over other users.
func (c *Cross) Merge(o *Cross) {
	c.Left.Merge(o.Left)
	if c.Entered == nil {
		return
	}
	c.Entered.Merge(o.Entered)
	mergeSums(c.change, o.change)
}

// Joint returns the moments of some columns at the look before and of the same columns at
// the look, over the n users of a cell who count at both. before and now are the moments
// of all users at either look, and what stands behind them the cells there.
func (c *Cross) Joint(cell int, n int64, v *View, before, now *Cells, beforeCell, nowCell int) *moments.Set {
	w := len(v.columns)
	set := moments.New(2 * w)
	set.N = n
	switch {
	case n == 0:
		return &set
	case c.Entered == nil:
		c.stayed(cell, n, v, before, beforeCell, &set)
		return &set
	}
	sums := make([]exact.Total, 2*w)
	for i, r := range v.sums {
		sums[i] = before.raw(beforeCell, r).Minus(c.Left.raw(cell, r))
		sums[w+i] = now.raw(nowCell, r).Minus(c.Entered.raw(cell, r))
	}
	// The blocks before × before and now × now, and the one between them.
	xx, yy := make([]exact.Total, len(v.products)), make([]exact.Total, len(v.products))
	for k, r := range v.products {
		xx[k] = before.raw(beforeCell, r).Minus(c.Left.raw(cell, r))
		yy[k] = now.raw(nowCell, r).Minus(c.Entered.raw(cell, r))
	}
	product := func(i, j int) exact.Total {
		switch {
		case i < w:
			return xx[moments.Index(i, j)]
		case j >= w:
			return yy[moments.Index(i-w, j-w)]
		}
		return xx[moments.Index(i-w, j)].Plus(c.change[(cell*c.width+v.columns[j])*c.width+v.columns[i-w]].Total())
	}
	k := 0
	for i := range sums {
		set.Mean[i] = sums[i].Over(n)
		for j := 0; j <= i; j++ {
			set.C[k] = exact.Centred(product(i, j), sums[i], sums[j], n)
			k++
		}
	}
	return &set
}

// stayed fills in the Joint moments of columns that are the same at both looks: those of the
// look before, less what has Left, in all blocks.
func (c *Cross) stayed(cell int, n int64, v *View, before *Cells, beforeCell int, set *moments.Set) {
	w := len(v.columns)
	sums := make([]exact.Total, w)
	for i, r := range v.sums {
		sums[i] = before.raw(beforeCell, r).Minus(c.Left.raw(cell, r))
		set.Mean[i] = sums[i].Over(n)
		set.Mean[w+i] = set.Mean[i]
	}
	k := 0
	for i := range w {
		for j := 0; j <= i; j++ {
			r := v.products[k]
			x := exact.Centred(before.raw(beforeCell, r).Minus(c.Left.raw(cell, r)), sums[i], sums[j], n)
			set.C[k], set.C[moments.Index(w+i, w+j)] = x, x
			set.C[moments.Index(w+i, j)], set.C[moments.Index(w+j, i)] = x, x
			k++
		}
	}
}
