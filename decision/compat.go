package decision

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"

	"github.com/twmb/murmur3"

	"readout/experiment"
)

// The hashes of other libraries, so that people can move in and everybody keeps the variant
// they had. Each gives a position among the millionths of everybody; what one library calls
// seed, key, salt or group is our salt.

// growthBookV2 is GrowthBook's hash version 2: FNV-1a of 32 bits over the UTF-16 units of
// seed and id, as in JavaScript, and again over the decimal digits of that, in
// ten-thousandths.
//
// Source: GrowthBook SDK specification, section "Hashing algorithm".
func growthBookV2(salt, id string) experiment.Share {
	return experiment.Share(fnv32a(strconv.FormatUint(uint64(fnv32a(salt+id)), 10))%10_000) * 100
}

// fnv32a is FNV-1a with a whole UTF-16 unit in the place of a byte.
func fnv32a(text string) uint32 {
	h := uint32(2166136261)
	for _, r := range text {
		units := [2]rune{r, 0}
		n := 1
		if high, low := utf16.EncodeRune(r); high != '\uFFFD' {
			units, n = [2]rune{high, low}, 2
		}
		for _, u := range units[:n] {
			h = (h ^ uint32(u)) * 16777619
		}
	}
	return h
}

// optimizely is Optimizely's bucketing: MurmurHash3 of 32 bits with seed 1 over id and
// experiment, scaled to ten-thousandths.
//
// Source: Optimizely Feature Experimentation, "How bucketing works".
func optimizely(salt, id string) experiment.Share {
	h := murmur3.SeedStringSum32(1, id+salt)
	return experiment.Share(uint64(h)*10_000>>32) * 100
}

// statsig is Statsig's hash: the first 8 bytes of SHA-256 over salt, a point and the id,
// modulo ten thousand.
//
// Source: Statsig documentation, "How evaluation works".
func statsig(salt, id string) experiment.Share {
	sum := sha256.Sum256([]byte(salt + "." + id))
	return experiment.Share(binary.BigEndian.Uint64(sum[:8])%10_000) * 100
}

// flagd is the fractional operation of flagd: MurmurHash3 of 32 bits over flag and id, scaled
// to the whole.
//
// Source: flagd documentation, "Fractional operation".
func flagd(salt, id string) experiment.Share {
	high, _ := bits.Mul64(uint64(murmur3.StringSum32(salt+id))<<32, uint64(experiment.Whole))
	return experiment.Share(high)
}

// unleashVariantSeed is what Unleash seeds the draw of variants with, so that it does not
// depend on the draw of the rollout.
const unleashVariantSeed = 86028157

// unleash is Unleash's normalized hash: MurmurHash3 of 32 bits over group, a colon and the
// id, as a number from 1 to parts.
//
// Source: Unleash documentation, "Stickiness" and client specification.
func unleash(salt, id string, seed, parts uint32) uint32 {
	return murmur3.SeedStringSum32(seed, salt+":"+id)%parts + 1
}

// drawKept draws with one hash for coverage and variant: every variant keeps the start of
// its range and is covered up to its share of that, so that a change of coverage moves
// nobody from one variant to another.
func drawKept(hash func(salt, id string) experiment.Share) draw {
	return func(salt, id string, coverage experiment.Share, traffic []experiment.Share) (int, bool) {
		b := hash(salt, id)
		var from experiment.Share
		for i, share := range traffic {
			if b >= from && b < from+share {
				covered := int64(b-from)*int64(experiment.Whole) < int64(share)*int64(coverage)
				return i, covered
			}
			from += share
		}
		return 0, false
	}
}

// drawFlagd draws the variant as flagd does, which has no coverage: that is drawn as ours.
func drawFlagd(salt, id string, coverage experiment.Share, traffic []experiment.Share) (int, bool) {
	if coverage < experiment.Whole && bucket(salt, stageCoverage, id) >= coverage {
		return 0, false
	}
	return at(traffic, flagd(salt, id)), true
}

// drawUnleash draws as Unleash does: the rollout in hundredths, the variant in thousandths,
// each range with its upper end.
func drawUnleash(salt, id string, coverage experiment.Share, traffic []experiment.Share) (int, bool) {
	if experiment.Share(unleash(salt, id, 0, 100))*(experiment.Whole/100) > coverage {
		return 0, false
	}
	return at(traffic, experiment.Share(unleash(salt, id, unleashVariantSeed, 1000))*(experiment.Whole/1000)-1), true
}
