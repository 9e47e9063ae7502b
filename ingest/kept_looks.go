package ingest

import (
	"slices"
)

// lookMove says which look now each look of an earlier run is.
type lookMove struct {
	to    []int // by look then; -1 for one at which there was nothing
	looks int   // how many there are now
}

// fits reports whether there were as many numbers then as there must have been, given how many
// there are now. A cell has width of them.
func (l lookMove) fits(were, are, width int) bool {
	if width == 0 {
		return were == 0 && are == 0
	}
	return were == are/l.looks*len(l.to)
}

// cell returns where a cell is now, or -1.
func (l lookMove) cell(was int) int {
	arm, look := was/len(l.to), was%len(l.to)
	if l.to[look] < 0 {
		return -1
	}
	return arm*l.looks + l.to[look]
}

// giveInts puts numbers, width of them in a cell, where their looks are now. It reports whether
// they fit.
func giveInts(dst, src []int64, width int, looks lookMove) bool {
	if !looks.fits(len(src), len(dst), width) {
		return false
	}
	for cell := 0; cell*width < len(src); cell++ {
		if to := looks.cell(cell); to >= 0 {
			copy(dst[to*width:(to+1)*width], src[cell*width:])
		}
	}
	return true
}

// looksNow returns what lookMove.to is, and the first look now that there was not then; false
// if looks then and now do not go together. Nothing of the experiment is before start.
func (k *keptTotals) looksNow(looks lookTable, start int64) (to []int, added int, ok bool) {
	end := len(k.Looks) - 1
	for _, was := range k.Looks[:end] {
		at, found := slices.BinarySearch(looks, was)
		if !found {
			if at = -1; was > start {
				return nil, 0, false
			}
		}
		to = append(to, at)
	}
	last := lookTable(k.Looks).lastAsked()
	for added < len(looks)-1 && looks[added] <= last {
		if looks[added] > start && !slices.Contains(k.Looks, looks[added]) {
			return nil, 0, false
		}
		added++
	}
	return append(to, len(looks)-1), added, true
}

// ownNow returns what to is for the looks of which there are numbers, then and now.
func (k *keptTotals) ownNow(to []int, own ownLooks) lookMove {
	move := lookMove{looks: own.looks}
	for _, now := range to[k.Skip:] {
		move.to = append(move.to, max(now-own.skip, -1))
	}
	return move
}
