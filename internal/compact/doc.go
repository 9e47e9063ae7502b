// Package compact measures structures of the compact Thrift protocol, in which Parquet writes its
// footers and the headers of its pages: bytes in, a length out. It decodes nothing.
//
// The library's decoder takes memory for as many elements as a list says it has, and recurses as
// deep as the bytes say, which ends the program: a few bytes of a damaged file are enough. What has
// a length here is safe to decode.
//
// It imports no package of ours.
package compact
