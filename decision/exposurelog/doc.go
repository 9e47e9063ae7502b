// Package exposurelog moves exposures from the queue of a decision store into Parquet files
// that the batch engine reads: DIR/date=YYYY-MM-DD/part-NAME.parquet.
//
// Nothing is lost and nothing is there twice, whenever the process dies: a batch keeps its
// name and its rows until it is done, and writing the same rows to the same name again leaves
// the same file.
//
// In go a store, a folder and the names of its columns ([Log], [Target]); out come files. It does
// not decide what is an exposure, and removes no file but what an earlier try of the same batch
// has left. Of ours it imports decision and internal/exposure.
package exposurelog
