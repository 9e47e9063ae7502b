// Package exposurelog moves exposures from the queue of a decision store into Parquet files
// that the batch engine reads: DIR/date=YYYY-MM-DD/part-NAME.parquet.
//
// Nothing is lost and nothing is there twice, whenever the process dies: a batch keeps its
// name and its rows until it is done, and writing the same rows to the same name again leaves
// the same file.
package exposurelog
