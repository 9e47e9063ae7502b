// Package raw adds up users: of the columns of numbers that users have, the raw moments Σ x_i and
// Σ x_i x_j, exact, in cells by arm and look.
//
// Cells let users enter and leave, and exchange the numbers of those who stay (cells.go; counts.go
// where all numbers are counts, which is most of what a run does). Which moment stands where is the
// layout (layout.go). Cells are added up and taken apart (parts.go), and become means and centred
// co-moments in one rounding (centre.go). A Cross links the cells of a look with those of the look
// before, over the users who count at both (cross.go). Both can be kept for a later run, which may
// have other looks (kept.go).
package raw
