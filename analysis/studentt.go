package analysis

import (
	"math"

	"readout/sequential"
)

// normalScore returns the standard normal z whose tail beyond |z| equals Student's beyond
// |t|, with the sign of t: Φ(z) = F_df(t).
func normalScore(t, df float64) float64 {
	return math.Copysign(sequential.LogUpperQuantile(sequential.LogStudentTail(math.Abs(t), df)), t)
}

// studentScore is the inverse of normalScore: T_df⁻¹(Φ(z)).
func studentScore(z, df float64) float64 {
	return math.Copysign(sequential.StudentFromLogTail(sequential.LogUpperTail(math.Abs(z)), df), z)
}
