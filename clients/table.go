package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// print says what failed or was skipped.
func (r *result) print(out io.Writer) {
	if r.skipped != nil {
		fmt.Fprintf(out, "SKIPPED %s: %v\n", r.name, r.skipped)
		return
	}
	for _, check := range r.shows {
		if reason := r.failed[check]; reason != "" {
			fmt.Fprintf(out, "%s: %s\n", check, strings.ReplaceAll(reason, " | ", "\n  "))
		}
	}
	if r.fault != nil {
		fmt.Fprintf(out, "FAILED %s: %v\n", r.name, r.fault)
	}
}

// cell returns what the table says about a check, and how it counts.
func (r *result) cell(check string) (text string, passed, failed, skipped int) {
	reason, shown := r.failed[check]
	switch {
	case !slices.Contains(r.shows, check):
		return "-", 0, 0, 0
	case r.skipped != nil:
		return "skipped", 0, 0, 1
	case !shown || reason != "":
		return "FAILED", 0, 1, 0
	}
	return "passed", 1, 0, 0
}

// printTable prints what every client showed and returns how many checks failed. A program
// that fails in another way than by a check counts as one more.
func printTable(out io.Writer, results []result) int {
	var passed, failed, skipped int
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nclient\t%s\n", strings.Join(checks, "\t"))
	for _, r := range results {
		fmt.Fprint(table, r.name)
		before := failed
		for _, check := range checks {
			text, p, f, s := r.cell(check)
			fmt.Fprint(table, "\t", text)
			passed, failed, skipped = passed+p, failed+f, skipped+s
		}
		fmt.Fprintln(table)
		if r.fault != nil && failed == before {
			failed++
		}
	}
	// Standard output that cannot be written leaves nothing to report to.
	_ = table.Flush()
	for _, r := range results {
		if r.skipped != nil {
			reason, _, _ := strings.Cut(r.skipped.Error(), "\n")
			fmt.Fprintf(out, "SKIPPED %s: %s\n", r.name, reason)
		}
	}
	fmt.Fprintf(out, "\nclients: %d passed, %d failed, %d skipped\n", passed, failed, skipped)
	return failed
}
