package decision

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"readout/experiment"
)

// A stage is one of the draws that decide about a visitor. Each has a hash of its own, so
// that being covered says nothing about the variant.
type stage string

const (
	stageHoldout  stage = "holdout"
	stageGroup    stage = "group"
	stageCoverage stage = "coverage"
	stageVariant  stage = "variant"
)

// bucket returns where a visitor falls among the millionths of everybody: the first 8 bytes
// of the SHA-256 of salt 0x00 stage 0x00 id, as a big-endian number h, give
// ⌊h·1,000,000/2⁶⁴⌋. It needs nothing but SHA-256, so SQL can compute it too.
func bucket(salt string, s stage, id string) experiment.Share {
	text := make([]byte, 0, 128)
	text = append(text, salt...)
	text = append(text, 0)
	text = append(text, s...)
	text = append(text, 0)
	text = append(text, id...)
	sum := sha256.Sum256(text)
	high, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), uint64(experiment.Whole))
	return experiment.Share(high)
}
