package ingest

import "readout/ingest/exact"

// giveSums puts kept sums into fresh ones, with width in a cell; they share memory then.
func giveSums(k *exact.Packed, dst []exact.Sum, width int, looks lookMove) bool {
	if !looks.fits(k.Count, len(dst), width) || !k.Valid() {
		return false
	}
	k.Each(func(at int, s exact.Sum) {
		if to := looks.cell(at / width); to >= 0 {
			dst[to*width+at%width] = s
		}
	})
	return true
}
