package ingest

import (
	"readout/ingest/exact"
	"readout/moments"
)

// crossCells links the moments of a bundle at a look with those at the look before, over
// the users who count at both. Only users of whom something changes at a look are added up
// there: with x the numbers at the look before, y those at the look, and S, S′ the raw
// moments at either,
//
//	Σ x_i = S_i − left_i          Σ x_i x_j = S_ij − left_ij
//	Σ y_i = S′_i − entered_i      Σ y_i y_j = S′_ij − entered_ij
//	Σ x_i y_j = Σ x_i x_j + change_ij,   change_ij = Σ x_i (y_j − x_j)
//
// where left and entered are the raw moments of users who count at one of the looks alone.
// All of these are exact, so nothing is lost to the differences. Numbers that do not grow are
// the same at both looks: then left says it all, and the others are nil.
type crossCells struct {
	width         int
	left, entered *momentCells
	change        []exact.Sum // width × width a cell
}

// newCrossCells returns what links looks of columns, of which whole says whether they hold
// whole numbers, and growing whether they may change from look to look.
func newCrossCells(whole []bool, growing bool, cells int) *crossCells {
	c := &crossCells{width: len(whole), left: newMomentCells(whole, 1, cells)}
	if growing {
		c.entered = newMomentCells(whole, 1, cells)
		c.change = make([]exact.Sum, cells*len(whole)*len(whole))
	}
	return c
}

// turn notes that the numbers of a user change at a look: before are those of the look before,
// nil if there were none; now is nil when the user leaves. entered says that the user begins to
// count. With sign leave it takes out what was noted.
func (c *crossCells) turn(cell int, before, now *bundleState, entered bool, sign int) {
	switch {
	case now == nil:
		c.left.add(cell, before.x[:c.width], 0, sign)
	case c.entered == nil:
	case entered:
		c.entered.add(cell, now.x[:c.width], 0, sign)
	case before != nil:
		c.changed(cell, &before.x, &now.x, sign)
	}
}

// changed adds a user who counts at both looks and whose numbers were x and are y, or takes
// the user out if sign is leave.
func (c *crossCells) changed(cell int, x, y *[maxColumns]float64, sign int) {
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

// changedTimes is changed for so many users with the same numbers.
func (c *crossCells) changedTimes(cell int, x, y *[maxColumns]float64, users int64) {
	n := c.width * c.width
	one := crossCells{width: c.width, change: make([]exact.Sum, n)}
	one.changed(0, x, y, enter)
	for i := range one.change {
		one.change[i].Scale(users)
		c.change[cell*n+i].Merge(&one.change[i])
	}
}

func (c *crossCells) merge(o *crossCells) {
	c.left.merge(o.left)
	if c.entered == nil {
		return
	}
	c.entered.merge(o.entered)
	for i := range c.change {
		c.change[i].Merge(&o.change[i])
	}
}

// joint returns the moments of some columns at the look before and of the same columns at
// the look, over the n users of a cell who count at both. before and now are the moments
// of all users at either look, and what stands behind them the cells there.
func (c *crossCells) joint(cell int, n int64, v *momentView, before, now *momentCells, beforeCell, nowCell int) *moments.Set {
	w := len(v.columns)
	set := moments.New(2 * w)
	set.N = n
	switch {
	case n == 0:
		return &set
	case c.entered == nil:
		c.stayed(cell, n, v, before, beforeCell, &set)
		return &set
	}
	sums := make([]exact.Total, 2*w)
	for i, r := range v.sums {
		sums[i] = before.raw(beforeCell, r).Minus(c.left.raw(cell, r))
		sums[w+i] = now.raw(nowCell, r).Minus(c.entered.raw(cell, r))
	}
	// The blocks before × before and now × now, and the one between them.
	xx, yy := make([]exact.Total, len(v.products)), make([]exact.Total, len(v.products))
	for k, r := range v.products {
		xx[k] = before.raw(beforeCell, r).Minus(c.left.raw(cell, r))
		yy[k] = now.raw(nowCell, r).Minus(c.entered.raw(cell, r))
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

// stayed fills in the joint moments of columns that are the same at both looks: those of the
// look before, less what has left, in all blocks.
func (c *crossCells) stayed(cell int, n int64, v *momentView, before *momentCells, beforeCell int, set *moments.Set) {
	w := len(v.columns)
	sums := make([]exact.Total, w)
	for i, r := range v.sums {
		sums[i] = before.raw(beforeCell, r).Minus(c.left.raw(cell, r))
		set.Mean[i] = sums[i].Over(n)
		set.Mean[w+i] = set.Mean[i]
	}
	k := 0
	for i := range w {
		for j := 0; j <= i; j++ {
			r := v.products[k]
			x := exact.Centred(before.raw(beforeCell, r).Minus(c.left.raw(cell, r)), sums[i], sums[j], n)
			set.C[k], set.C[moments.Index(w+i, w+j)] = x, x
			set.C[moments.Index(w+i, j)], set.C[moments.Index(w+j, i)] = x, x
			k++
		}
	}
}
