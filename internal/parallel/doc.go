// Package parallel does many pieces of work that have nothing to do with each other on all cores:
// the scorecards of a day, the experiments of a summary, the pages of a site.
//
// An error of one piece stops no other; all come back by number. The package puts nothing
// together, so that results cannot depend on who finishes first. It imports none of ours.
package parallel
