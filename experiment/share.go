package experiment

import (
	"strconv"
	"strings"
)

// A Share is a part of all users in millionths, the resolution of assignment.
// It is exact where a sum of fractions is not: three shares of 33.3333%,
// 33.3333% and 33.3334% are one Whole.
type Share int

// Whole is the share of everybody.
const Whole Share = 1_000_000

// Fraction returns the share as a number in [0, 1].
func (s Share) Fraction() float64 { return float64(s) / float64(Whole) }

// String returns the share as a percentage, such as "33.3%".
func (s Share) String() string { return s.percent() + "%" }

// percent returns the share in percent without the sign, such as "33.3".
func (s Share) percent() string {
	sign := ""
	if s < 0 {
		sign, s = "-", -s
	}
	const perPercent = Whole / 100
	whole, rest := s/perPercent, s%perPercent
	text := sign + strconv.Itoa(int(whole))
	if rest == 0 {
		return text
	}
	digits := strconv.Itoa(int(rest + perPercent))[1:]
	return text + "." + strings.TrimRight(digits, "0")
}
