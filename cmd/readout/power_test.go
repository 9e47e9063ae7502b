package main

import (
	"bytes"
	"testing"
	"time"
)

// Where less is better the effect to find is a fall, however it is written. Of a rate a fall
// takes fewer users than a rise as large.
func TestPowerOfAFall(t *testing.T) {
	plan := func(flags ...string) string {
		var out, errs bytes.Buffer
		args := append([]string{"power", "--json", "--rate", "1%", "--looks", "1"}, flags...)
		if status := run(t.Context(), args, &out, &errs, time.Now); status != exitOK {
			t.Fatalf("%v: exit status %d, %s", flags, status, errs.String())
		}
		return out.String()
	}
	for _, rest := range [][]string{nil, {"--users", "50000"}} {
		for flag, size := range map[string]string{"--mde": "20%", "--absolute": "0.002"} {
			fall, rise := plan(append(rest, flag+"=-"+size)...), plan(append(rest, flag, size)...)
			if fall == rise {
				t.Fatalf("%s %s: a fall is a rise: %s", flag, size, fall)
			}
			for _, written := range []string{size, "-" + size} {
				if got := plan(append(rest, "--decrease", flag+"="+written)...); got != fall {
					t.Errorf("--decrease %s=%s: %s, want %s", flag, written, got, fall)
				}
			}
		}
		// With a margin the sign is that of the difference there is.
		if same, worse := plan(append(rest, "--margin", "30%", "--decrease")...), plan(append(rest, "--margin", "30%", "--decrease", "--mde", "5%")...); same == worse {
			t.Errorf("a rise of 5%% does not bring a guardrail nearer to its margin: %s", worse)
		}
	}
}
