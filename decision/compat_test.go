package decision

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"testing"

	"readout/experiment"
)

// TestCompatibility holds the hashes of other libraries to what those libraries gave: which
// ones, and by which calls, is in testdata/README.md.
func TestCompatibility(t *testing.T) {
	f, err := os.Open("testdata/bucketing_vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	n := 0
	for lines.Scan() {
		var v struct {
			Seed, ID       string
			GrowthBook     float64 `json:"growthbook_v2"`
			Optimizely     int     `json:"optimizely"`
			UnleashRollout uint32  `json:"unleash_rollout_1_100"`
			UnleashVariant uint32  `json:"unleash_variant_1_1000"`
			Statsig        int     `json:"statsig_10000"`
			Flagd          uint64  `json:"murmur3_32_seed0_flagd_flag+id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		n++
		for _, c := range []struct {
			name      string
			got, want experiment.Share
		}{
			{"growthbook-v2", growthBookV2(v.Seed, v.ID), experiment.Share(math.Round(v.GrowthBook * 1e6))},
			{"optimizely", optimizely(v.Seed, v.ID), experiment.Share(v.Optimizely) * 100},
			{"statsig", statsig(v.Seed, v.ID), experiment.Share(v.Statsig) * 100},
			{"flagd", flagd(v.Seed, v.ID), experiment.Share(v.Flagd * 1_000_000 >> 32)},
			{"unleash rollout", experiment.Share(unleash(v.Seed, v.ID, 0, 100)), experiment.Share(v.UnleashRollout)},
			{"unleash variant", experiment.Share(unleash(v.Seed, v.ID, unleashVariantSeed, 1000)), experiment.Share(v.UnleashVariant)},
		} {
			if c.got != c.want {
				t.Errorf("%s of %q, %q: %d, want %d", c.name, v.Seed, v.ID, c.got, c.want)
			}
		}
		// Unleash counts both from 1, each range with its upper end: on that end one is in, a step before it not.
		rollout, thousandth := experiment.Share(v.UnleashRollout)*(experiment.Whole/100), experiment.Share(v.UnleashVariant)*(experiment.Whole/1000)
		for step, want := range []bool{true, false} {
			_, covered := drawUnleash(v.Seed, v.ID, rollout-experiment.Share(step)*(experiment.Whole/100), []experiment.Share{experiment.Whole})
			first := thousandth - experiment.Share(step)*(experiment.Whole/1000)
			variant, _ := drawUnleash(v.Seed, v.ID, experiment.Whole, []experiment.Share{first, experiment.Whole - first})
			if covered != want || (variant == 0) != want {
				t.Errorf("unleash of %q, %q: covered %v and variant %d, a step before the upper ends: %v", v.Seed, v.ID, covered, variant, !want)
			}
		}
	}
	if n != 76 {
		t.Errorf("%d vectors, want 76", n)
	}
}
