package decision

import (
	"fmt"

	"readout/experiment"
)

// draw says which variant an id falls to, by position, and whether it is covered at all.
// Traffic shares sum to Whole; coverage is the part of everybody that enters.
type draw func(salt, id string, coverage experiment.Share, traffic []experiment.Share) (variant int, covered bool)

// drawOf returns the draw of a hash.
func drawOf(h experiment.Hash) (draw, error) {
	switch h {
	case experiment.HashReadout:
		return drawReadout, nil
	case experiment.HashGrowthBook:
		return drawKept(growthBookV2), nil
	case experiment.HashOptimizely:
		return drawKept(optimizely), nil
	case experiment.HashStatsig:
		return drawKept(statsig), nil
	case experiment.HashFlagd:
		return drawFlagd, nil
	case experiment.HashUnleash:
		return drawUnleash, nil
	}
	return nil, fmt.Errorf("unknown hash %q", h)
}

// drawReadout draws coverage and variant by hashes of their own, so that a change of
// coverage moves nobody from one variant to another. The variants' ranges are half-open, in
// the order of the configuration.
func drawReadout(salt, id string, coverage experiment.Share, traffic []experiment.Share) (int, bool) {
	if coverage < experiment.Whole && bucket(salt, stageCoverage, id) >= coverage {
		return 0, false
	}
	return at(traffic, bucket(salt, stageVariant, id)), true
}

// at returns the position of the range that a bucket falls into. The shares sum to more than
// any bucket: to Whole, or in a redraw to what is left.
func at(shares []experiment.Share, b experiment.Share) int {
	var end experiment.Share
	for i, share := range shares {
		if end += share; b < end {
			return i
		}
	}
	return 0
}
