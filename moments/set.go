package moments

import (
	"fmt"
	"math"
)

// Set is the joint moments of some columns over N users.
// The zero value is the empty set without columns.
type Set struct {
	// N is the number of users.
	N int64 `json:"n"`
	// Mean holds the mean of each column, in the column's unit.
	Mean []float64 `json:"mean"`
	// C holds the centred co-moments Σ (x_i − mean_i)(x_j − mean_j) over users, the lower
	// triangle row by row: column pair (i, j) with j ≤ i stands at i(i+1)/2 + j.
	C []float64 `json:"c"`
}

// New returns the empty set with the given number of columns.
func New(columns int) Set {
	return Set{Mean: make([]float64, columns), C: make([]float64, Packed(columns))}
}

// Packed returns the length of the lower triangle of a symmetric matrix with the given
// number of columns: p(p+1)/2.
func Packed(columns int) int { return columns * (columns + 1) / 2 }

// Index returns where the pair (i, j), in either order, stands in a packed lower triangle.
func Index(i, j int) int {
	if i < j {
		i, j = j, i
	}
	return i*(i+1)/2 + j
}

// Columns returns the number of columns.
func (s Set) Columns() int { return len(s.Mean) }

// Clone returns a copy that shares no memory with s.
func (s Set) Clone() Set {
	return Set{
		N:    s.N,
		Mean: append([]float64(nil), s.Mean...),
		C:    append([]float64(nil), s.C...),
	}
}

// Moment returns the centred co-moment of columns i and j, Σ (x_i − mean_i)(x_j − mean_j).
func (s Set) Moment(i, j int) float64 { return s.C[Index(i, j)] }

// Cov returns the sample covariance of columns i and j, for i = j the sample variance,
//
//	C_ij / (N − 1)
//
// in the product of the units of both columns. It is 0 for fewer than two users, where it is
// not defined: callers look at N first.
func (s Set) Cov(i, j int) float64 {
	if s.N < 2 {
		return 0
	}
	return s.Moment(i, j) / float64(s.N-1)
}

// Add adds one user with the value x[i] in column i. It panics when the number of values is
// not the number of columns.
//
// Welford's update: with d = x − mean before, mean += d/N, C_ij += d_i (x_j − mean_j after).
// The relative error of a variance is at most of the order of N κ 2⁻⁵³ with the condition
// number κ = √(1 + mean²/variance), where sums of squares have κ².
//
// Sources: B. P. Welford (1962), "Note on a method for calculating corrected sums of
// squares and products"; T. F. Chan, G. H. Golub, R. J. LeVeque (1983), "Algorithms for
// computing the sample variance: analysis and recommendations", table 1.
func (s *Set) Add(x ...float64) {
	if len(x) != len(s.Mean) {
		panic(fmt.Sprintf("moments: %d values for %d columns", len(x), len(s.Mean)))
	}
	s.N++
	n := float64(s.N)
	shrink := (n - 1) / n
	k := 0
	for i := range x {
		di := x[i] - s.Mean[i]
		for j := 0; j <= i; j++ {
			s.C[k] += di * (x[j] - s.Mean[j]) * shrink
			k++
		}
	}
	for i := range x {
		s.Mean[i] += (x[i] - s.Mean[i]) / n
	}
}

// Merge adds the users of o, who must have the same columns, to s. An empty set without
// columns takes those of o. Merging is exact up to rounding and, up to rounding, does not
// depend on the order.
//
//	C = C_s + C_o + d_i d_j n_s n_o / n,   d = mean_o − mean_s,   n = n_s + n_o
//
// Source: Chan, Golub, LeVeque (1979), equation 2.1b.
func (s *Set) Merge(o Set) {
	if len(s.Mean) == 0 && s.N == 0 {
		*s = o.Clone()
		return
	}
	if len(o.Mean) != len(s.Mean) {
		panic(fmt.Sprintf("moments: merge of %d columns into %d", len(o.Mean), len(s.Mean)))
	}
	if o.N == 0 {
		return
	}
	if s.N == 0 {
		s.N = o.N
		copy(s.Mean, o.Mean)
		copy(s.C, o.C)
		return
	}
	ns, no := float64(s.N), float64(o.N)
	n := ns + no
	k := 0
	for i := range s.Mean {
		di := o.Mean[i] - s.Mean[i]
		for j := 0; j <= i; j++ {
			dj := o.Mean[j] - s.Mean[j]
			s.C[k] += o.C[k] + di*dj*(ns*no/n)
			k++
		}
	}
	for i := range s.Mean {
		s.Mean[i] += (o.Mean[i] - s.Mean[i]) * (no / n)
	}
	s.N += o.N
}

// LinearCov returns the sample covariance over users of the linear combinations Σ v_i x_i and
// Σ w_i x_i,
//
//	Σ_i Σ_j v_i w_j Cov(x_i, x_j)
//
// with divisor N − 1, in the product of the units of both. It is 0 for fewer than two users, and
// panics when v or w has not a weight per column. Where terms cancel, as in a ratio whose
// numerator is proportional to its denominator, the error is relative to the largest of them.
func (s Set) LinearCov(v, w []float64) float64 {
	if len(v) != len(s.Mean) || len(w) != len(s.Mean) {
		panic(fmt.Sprintf("moments: %d and %d weights for %d columns", len(v), len(w), len(s.Mean)))
	}
	if s.N < 2 {
		return 0
	}
	var sum float64
	k := 0
	for i := range s.Mean {
		for j := 0; j < i; j++ {
			sum += (v[i]*w[j] + v[j]*w[i]) * s.C[k]
			k++
		}
		sum += v[i] * w[i] * s.C[k]
		k++
	}
	return sum / float64(s.N-1)
}

// Finite reports whether every number of s is finite and no diagonal moment is negative:
// what sums of absurdly large values fail.
func (s Set) Finite() bool {
	for _, m := range s.Mean {
		if math.IsNaN(m) || math.IsInf(m, 0) {
			return false
		}
	}
	for _, c := range s.C {
		if math.IsNaN(c) || math.IsInf(c, 0) {
			return false
		}
	}
	for i := range s.Mean {
		if s.Moment(i, i) < 0 {
			return false
		}
	}
	return true
}
