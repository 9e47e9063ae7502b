// Package profiles holds the table of user attributes that the decision service targets by:
// Parquet files with a column of ids and a column per attribute, read once and kept compact.
//
// Attributes are texts, numbers and truths; UUIDs, dates and timestamps are texts. Columns of
// other types, nested ones and lists are left out and named. The column of ids is no
// attribute: who asks knows the id, and it would double the memory of the table. Names of
// folders are none either.
//
// It watches nothing and knows no published state. Of ours it imports only decision.
package profiles
