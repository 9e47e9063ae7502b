// Command enginebench measures what it costs to turn exposures and conversions into moments
// and scorecards, beside DuckDB and Polars on the same files in the same run.
//
// It writes made-up data with package benchdata into a cache, then starts every program as
// a process of its own, in turn, there and back, several times over, and takes medians of its CPU time, wall
// time and peak memory. What the programs computed must agree, or nothing is reported.
// DuckDB and Polars run scripts of ours (with_duckdb.py, with_polars.py); one that Python
// cannot import is left out and named.
//
// The result is Markdown, written between two marker lines of docs/benchmarks.md.
//
// It calls package ingest for the engine alone, and the built cmd/readout for the daily
// job; it knows no statistics.
package main
