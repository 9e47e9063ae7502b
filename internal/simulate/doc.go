// Package simulate measures the error rates of the tests: how often an experiment finds
// something that is not there, finds something that is there, and has an interval that holds
// the truth.
//
// In go a number of runs and a seed, out comes a page of tables. A [World] says how users
// come and behave; every run of it draws users day by day, lets package analysis estimate
// every day's look, and asks for each procedure and alpha whether the experiment would have
// stopped. One set of users serves all of them, so that rows share their chance.
//
// What is measured is the product: estimates, degrees of freedom and correlations are those of
// [analysis.Looks], boundaries those of package sequential. Where a look's statistic lies
// beyond what any boundary could be, or short of it, none is computed; where a test does not
// follow from the estimates of its looks, these are put on record one by one. A test holds that
// the answers are those of scorecards made day by day.
//
// Every run has random numbers of its own, from the seed, the world's name and the run's
// number: results depend neither on the number of workers nor on what else is simulated.
//
// The package reads and writes nothing and has no clock. It may import experiment, moments,
// sequential, analysis and internal/digits.
package simulate
