package raw

import "readout/ingest/exact"

// Move says where the cells of an earlier run are. These are by arm, then look; the arms are the
// same, and looks may have come and gone.
type Move struct {
	To    []int // which look each look of the earlier run is, -1 for one at which there was nothing
	Looks int   // how many there are
}

// fits reports whether there were as many numbers then as there must have been, given how many
// there are. A cell has width of them.
func (l Move) fits(were, are, width int) bool {
	if width == 0 {
		return were == 0 && are == 0
	}
	return were == are/l.Looks*len(l.To)
}

// cell returns where a cell is, or -1.
func (l Move) cell(was int) int {
	arm, look := was/len(l.To), was%len(l.To)
	if l.To[look] < 0 {
		return -1
	}
	return arm*l.Looks + l.To[look]
}

// Ints puts numbers of an earlier run, width of them in a cell, into fresh ones. It reports whether
// they fit.
func (l Move) Ints(dst, src []int64, width int) bool {
	if !l.fits(len(src), len(dst), width) {
		return false
	}
	for cell := 0; cell*width < len(src); cell++ {
		if to := l.cell(cell); to >= 0 {
			copy(dst[to*width:(to+1)*width], src[cell*width:])
		}
	}
	return true
}

// sums does the same for sums; they share memory then.
func (l Move) sums(dst []exact.Sum, src *exact.Packed, width int) bool {
	if !l.fits(src.Count, len(dst), width) || !src.Valid() {
		return false
	}
	src.Each(func(at int, s exact.Sum) {
		if to := l.cell(at / width); to >= 0 {
			dst[to*width+at%width] = s
		}
	})
	return true
}

// KeptCells is [Cells] in a form to be encoded.
type KeptCells struct {
	Converted, Ints []int64
	Floats          exact.Packed
}

// Keep returns cells as they are kept. They share memory.
func (m *Cells) Keep() KeptCells {
	return KeptCells{m.converted, m.ints, exact.Pack(m.floats)}
}

// Give puts kept cells into fresh ones of the same columns. It reports whether they fit.
func (k *KeptCells) Give(m *Cells, move Move) bool {
	return move.Ints(m.converted, k.Converted, m.layout.marks) && move.Ints(m.ints, k.Ints, m.layout.ints) &&
		move.sums(m.floats, &k.Floats, m.layout.floats)
}

// KeptCross is a [Cross] in a form to be encoded; the zero value stands for nil.
type KeptCross struct {
	Linked        bool
	Left, Entered KeptCells
	Change        exact.Packed
}

// Keep returns what links looks, if anything does, as it is kept.
func (c *Cross) Keep() KeptCross {
	if c == nil {
		return KeptCross{}
	}
	k := KeptCross{Linked: true, Left: c.Left.Keep()}
	if c.Entered != nil {
		k.Entered, k.Change = c.Entered.Keep(), exact.Pack(c.change)
	}
	return k
}

// Give puts it into a fresh one, nil where looks are not linked. It reports whether it fits.
func (k *KeptCross) Give(c *Cross, move Move) bool {
	if c == nil || !k.Linked {
		return c == nil && !k.Linked
	}
	return k.Left.Give(c.Left, move) && (c.Entered == nil ||
		k.Entered.Give(c.Entered, move) && move.sums(c.change, &k.Change, c.width*c.width))
}
