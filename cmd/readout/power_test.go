package main

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
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

// The power of given users is that of the looks, also where it is far from --power. Expected
// values are from an integration in Python over a fixed grid of 600 points.
func TestPowerOfLooks(t *testing.T) {
	for _, c := range []struct {
		want  float64
		flags []string
	}{
		{0.4083676256, []string{"--looks", "28", "--spending", "pocock", "--users", "60000"}},
		{0.9840645569, []string{"--looks", "28", "--spending", "pocock", "--users", "300000"}},
		{0.2552478389, []string{"--looks", "5", "--one-sided", "--users", "15000"}},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"power", "--json", "--rate", "10%", "--mde", "5%"}, c.flags...)
		if status := run(t.Context(), args, &out, &errs, time.Now); status != exitOK {
			t.Fatalf("%v: exit status %d, %s", c.flags, status, errs.String())
		}
		var got planned
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(*got.Power-c.want) <= 1e-7) {
			t.Errorf("%v: power %v, want %v", c.flags, *got.Power, c.want)
		}
		// So many users are needed for that power.
		args = append(args, "--power", strconv.FormatFloat(100**got.Power, 'g', -1, 64)+"%")
		args = slices.DeleteFunc(args, func(a string) bool { return a == "--users" || strings.HasSuffix(a, "0000") || a == "15000" })
		out.Reset()
		if status := run(t.Context(), args, &out, &errs, time.Now); status != exitOK {
			t.Fatalf("%v: exit status %d, %s", args, status, errs.String())
		}
		var size planned
		if err := json.Unmarshal(out.Bytes(), &size); err != nil {
			t.Fatal(err)
		}
		given, err := strconv.ParseFloat(c.flags[len(c.flags)-1], 64)
		if err != nil || !(math.Abs(size.Inflation-got.Inflation) <= 1e-6) || !(math.Abs(float64(size.Total)-given) <= 2) {
			t.Errorf("%v: %d users at %v times those of a single look, want %v at %v", args, size.Total, size.Inflation, given, got.Inflation)
		}
	}
}
