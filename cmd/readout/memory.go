package main

import (
	"cmp"
	"math"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

// memoryShare is the share of the machine's memory, or of what the process may have of it,
// that the commands which read data take at most unless told otherwise.
const memoryShare = "50%"

// leastMemory is below what a run needs whatever the data.
const leastMemory = 64 << 20

// memoryFlag adds --memory to a command that reads data.
func (a *app) memoryFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.memory, "memory", memoryShare,
		"memory to use at most: 2GiB, 512MiB, or a share of the machine's; rows beyond it are kept on disk meanwhile")
}

// memoryLimit returns the bytes that --memory allows and has the runtime collect garbage in
// time for it. 0 is no limit: a share of a machine that does not tell how much memory it has.
func (a *app) memoryLimit() (int64, error) {
	limit, err := a.parseMemory(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem))
	if limit > 0 && err == nil {
		debug.SetMemoryLimit(limit)
	}
	return limit, err
}

func (a *app) parseMemory(machine memlimit.Provider) (int64, error) {
	text := cmp.Or(strings.TrimSpace(a.memory), memoryShare)
	if share, ok := strings.CutSuffix(text, "%"); ok {
		percent, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			return 0, usagef("--memory %q: a share is above 0%% and at most 100%%", a.memory)
		}
		all, err := machine()
		if err != nil {
			return 0, nil
		}
		return max(leastMemory, int64(min(float64(all), math.MaxInt64/2)*percent/100)), nil
	}
	bytes, err := humanize.ParseBytes(text)
	switch {
	case err != nil:
		return 0, usagef("--memory %q is not a size such as 2GiB, or a share such as 50%%", a.memory)
	case bytes < leastMemory:
		return 0, usagef("--memory %q is too little: give at least %s", a.memory, humanize.IBytes(leastMemory))
	case bytes > math.MaxInt64:
		return 0, usagef("--memory %q is more than there can be", a.memory)
	}
	return int64(bytes), nil
}
