// Readout is the statistics engine behind server-side A/B experiments.
//
// It reads exposures and conversions from Parquet, computes every scorecard metric once a
// day, tests them sequentially, and moves experiments to Ready for review past their end:
//
//	readout demo                    a complete small project with its scorecards
//	readout init shop               a new project
//	readout new, readout template   a new experiment, and payloads to start variants from
//	readout validate                checks all files, every error with file:line:column
//	readout run, readout cron       the daily job, through the end of yesterday; once, or on schedule
//	readout analyze checkout        one experiment, ad hoc
//	readout analyze --exposures e.parquet --conversions c.parquet --metric purchase
//	readout power --rate 10% --mde 5%
//	readout status, readout report  where every experiment stands, and pages about it
//	readout schedule, start, stop, extend, stop-variant, decide, archive
//	readout publish, readout explain    what the decision service serves, and who gets what
//	readout schema, readout simulate    schemas of the files; error rates of the procedures
//
// What a test needs, for example:
//
//	$ readout power --rate 10% --mde 5% --looks 1
//	115,520 users are needed: 57,760 in control, 57,760 in treatment 1.
//	Alpha of each comparison 0.05; 1.000 times the users of a test with a single look.
//
// Results go to standard output, everything else to standard error. The exit status is 0
// when all is well, 1 when something failed, 2 for wrong usage or configuration, and 3 when
// the work was done but a check of the data needs attention.
package main
