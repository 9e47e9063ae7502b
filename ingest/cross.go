package ingest

import (
	"math/big"

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
// All of these are exact, so nothing is lost to the differences.
type crossCells struct {
	width         int
	entered, left *momentCells
	change        []exactSum // width × width a cell
}

func newCrossCells(whole []bool, cells int) *crossCells {
	return &crossCells{
		width:   len(whole),
		entered: newMomentCells(whole, 1, cells),
		left:    newMomentCells(whole, 1, cells),
		change:  make([]exactSum, cells*len(whole)*len(whole)),
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
				sums[i*c.width+j].addProduct(x[i], y[j], sign)
			}
			if x[j] != 0 {
				sums[i*c.width+j].addProduct(x[i], x[j], -sign)
			}
		}
	}
}

// changedTimes is changed for so many users with the same numbers.
func (c *crossCells) changedTimes(cell int, x, y *[maxColumns]float64, users int64) {
	n := c.width * c.width
	one := crossCells{width: c.width, change: make([]exactSum, n)}
	one.changed(0, x, y, enter)
	for i := range one.change {
		one.change[i].scale(users)
		c.change[cell*n+i].merge(&one.change[i])
	}
}

func (c *crossCells) merge(o *crossCells) {
	c.entered.merge(o.entered)
	c.left.merge(o.left)
	for i := range c.change {
		c.change[i].merge(&o.change[i])
	}
}

// joint returns the moments of some columns at the look before and of the same columns at
// the look, over the n users of a cell who count at both. before and now are the moments
// of all users at either look, and what stands behind them the cells there.
func (c *crossCells) joint(cell int, n int64, v *momentView, before, now *momentCells, beforeCell, nowCell int) *moments.Set {
	w := len(v.columns)
	set := moments.New(2 * w)
	set.N = n
	if n == 0 {
		return &set
	}
	sums := make([]rawSum, 2*w)
	for i, r := range v.sums {
		sums[i] = difference(before.raw(beforeCell, r), c.left.raw(cell, r))
		sums[w+i] = difference(now.raw(nowCell, r), c.entered.raw(cell, r))
	}
	// The blocks before × before and now × now, and the one between them.
	xx, yy := make([]rawSum, len(v.products)), make([]rawSum, len(v.products))
	for k, r := range v.products {
		xx[k] = difference(before.raw(beforeCell, r), c.left.raw(cell, r))
		yy[k] = difference(now.raw(nowCell, r), c.entered.raw(cell, r))
	}
	product := func(i, j int) rawSum {
		switch {
		case i < w:
			return xx[moments.Index(i, j)]
		case j >= w:
			return yy[moments.Index(i-w, j-w)]
		}
		return sum(xx[moments.Index(i-w, j)], newRawSum(&c.change[(cell*c.width+v.columns[j])*c.width+v.columns[i-w]]))
	}
	k := 0
	for i := range sums {
		set.Mean[i] = quotient(sums[i], n)
		for j := 0; j <= i; j++ {
			set.C[k] = centredRaw(product(i, j), sums[i], sums[j], n)
			k++
		}
	}
	return &set
}

// sum returns a + b.
func sum(a, b rawSum) rawSum {
	return difference(a, rawSum{new(big.Int).Neg(b.m), b.e, -b.notFinite})
}
