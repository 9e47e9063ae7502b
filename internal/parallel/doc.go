// Package parallel does many pieces of work that have nothing to do with each other on all cores:
// the scorecards of a day, the experiments of a summary, the pages of a site.
package parallel
