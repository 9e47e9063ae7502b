package main

import (
	"slices"
	"strings"
)

// garbage is how much memory may be garbage before it is collected, besides as much as is in
// use. Requests leave little behind and the service keeps little beside its profiles, so that
// by Go's own rule, as much garbage as there is memory in use, it would collect all the time:
// this much saves a tenth of the CPU time of a request.
const garbage = 64 << 20

// ballast returns memory that is never touched, and so takes none of the machine's, but counts
// as in use while it is kept. A share of what is in use, as GOGC says it, would have to follow
// what is: a batch of exposures makes tenfold of it, and tenfold garbage with it. When the
// environment says GOGC there is none.
func ballast(environment []string) []byte {
	if slices.ContainsFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, "GOGC=") }) {
		return nil
	}
	return make([]byte, garbage)
}
