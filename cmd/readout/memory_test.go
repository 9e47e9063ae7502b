package main

import (
	"errors"
	"strings"
	"testing"
)

func TestParseMemory(t *testing.T) {
	machine := func() (uint64, error) { return 8 << 30, nil }
	unknown := func() (uint64, error) { return 0, errors.New("not told") }
	for _, c := range []struct {
		text    string
		machine func() (uint64, error)
		want    int64
		fault   string
	}{
		{text: "50%", want: 4 << 30},
		{text: " 12.5 % ", want: 1 << 30},
		{text: "0.0001%", want: leastMemory},
		{text: "50%", machine: unknown, want: 0},
		{text: "256MiB", want: 256 << 20},
		{text: "2 GB", want: 2e9},
		{text: "100000000", want: 1e8},
		{text: "0%", fault: "at most 100%"},
		{text: "101%", fault: "at most 100%"},
		{text: "NaN%", fault: "at most 100%"},
		{text: "1MiB", fault: "at least 64 MiB"},
		{text: "-1GiB", fault: "not a size"},
		{text: "much", fault: "not a size"},
		{text: "9e9GiB", fault: "--memory"},
		{text: "", want: 4 << 30},
	} {
		if c.machine == nil {
			c.machine = machine
		}
		got, err := (&app{memory: c.text}).parseMemory(c.machine)
		if c.fault == "" && (err != nil || got != c.want) || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%q: %d, %v; want %d %s", c.text, got, err, c.want, c.fault)
		}
	}
}
