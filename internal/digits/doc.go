// Package digits writes numbers for people: rounded, and with a comma after every three digits
// of the whole part, 1,234,567. So it does spans of time, in their largest whole unit.
//
// Every sentence, table and page takes its digits from here, so that a number looks the same
// wherever it stands. What programs read (JSON, CSV, Parquet, Arrow) does not, nor do error
// messages that repeat what somebody typed.
//
// It imports no package of ours.
package digits
