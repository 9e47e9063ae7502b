package ingest

import (
	"slices"

	"readout/ingest/raw"
)

// looksNow returns what raw.Move.To is, and the first look now that there was not then; false
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
func (k *keptTotals) ownNow(to []int, own ownLooks) raw.Move {
	move := raw.Move{Looks: own.looks}
	for _, now := range to[k.Skip:] {
		move.To = append(move.To, max(now-own.skip, -1))
	}
	return move
}
