package benchdata

import (
	"fmt"
	"time"
)

// Days of the tables: conversions cover all of them, exposures those after LeadDays, which
// give every user a history.
const (
	Days     = 58
	LeadDays = 30
)

// First returns the start of the first day, in UTC.
func First() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// Size says how much is written.
type Size struct {
	Name        string
	Users       int
	Experiments int
	// Enrolled is the share of users in an experiment, in (0, 1].
	Enrolled float64
	// Conversions is how many rows there are, before duplicates.
	Conversions int
}

// Sizes returns the sizes there are, ascending. L is three times M. F has the conversions of M,
// but few of its users are in an experiment.
func Sizes() []Size {
	return []Size{
		{"T", 5_000, 3, 0.2, 60_000},
		{"S", 200_000, 1, 1, 2_000_000},
		{"F", 2_000_000, 1, 0.02, 30_000_000},
		{"M", 2_000_000, 20, 0.2, 30_000_000},
		{"L", 6_000_000, 20, 0.2, 90_000_000},
	}
}

// ParseSize returns the size of that name.
func ParseSize(name string) (Size, error) {
	for _, s := range Sizes() {
		if s.Name == name {
			return s, nil
		}
	}
	return Size{}, fmt.Errorf("no size %q: there are T, S, F, M and L", name)
}

// Experiment returns the name of an experiment.
func Experiment(i int) string { return fmt.Sprintf("exp_%02d", i) }

// Variants returns the variants of an experiment, two to four, control first.
func Variants(i int) []string { return []string{"control", "a", "b", "c"}[:2+i%3] }

// Format says how the same rows are written.
type Format int

const (
	Snappy Format = iota // user ids are text of 16 to 20 characters, compression is Snappy
	Zstd                 // the same ids, compression is Zstandard
	Int64                // user ids are 64-bit integers, compression is Snappy
)

var formatNames = [...]string{"snappy", "zstd", "int64"}

// String returns the format's name, as ParseFormat reads it.
func (f Format) String() string { return formatNames[f] }

// ParseFormat returns the format of that name.
func ParseFormat(name string) (Format, error) {
	for i, n := range formatNames {
		if n == name {
			return Format(i), nil
		}
	}
	return 0, fmt.Errorf("no format %q: there are snappy, zstd and int64", name)
}
