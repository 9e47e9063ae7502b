package experiment

import "testing"

func TestShareString(t *testing.T) {
	for want, share := range map[string]Share{
		"0%": 0, "100%": Whole, "50%": Whole / 2, "33.3333%": 333_333, "0.0001%": 1, "5.05%": 50_500, "-1.5%": -15_000,
	} {
		if got := share.String(); got != want {
			t.Errorf("Share(%d) = %s, want %s", share, got, want)
		}
	}
	if got := Share(333_333).Fraction(); got != 0.333333 {
		t.Errorf("fraction %v", got)
	}
}
