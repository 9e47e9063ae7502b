// Package snappy decompresses blocks of Snappy, the codec of most Parquet files: bytes in, as many
// bytes out as the caller expects.
//
// A block is a list of elements: bytes as they are, and copies of bytes that came before. In the
// ids and times that experiments are read from, elements are some four bytes long and follow each
// other in no order. Whoever asks of each what it is lets the processor guess, which costs as much
// as dozens of instructions where it is wrong. decode_amd64.s does not ask, and takes two thirds of
// the time of the library, which decompresses on other machines.
//
// Source: Google, "Snappy compressed format description" (format_description.txt of
// github.com/google/snappy). That elements are decoded without branches, by a table of what their
// tags say, is the idea of that project's decoder in C++ (snappy.cc, DecompressBranchless).
//
// It imports no package of ours.
package snappy

import "errors"

// ErrDamaged is returned for what is no block of Snappy, or does not decompress to as many bytes as
// are expected.
var ErrDamaged = errors.New("the block is damaged")
