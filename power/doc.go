// Package power plans: how many users a comparison needs, how likely it is to find an effect
// with given users, and which effect it finds with given users and power.
//
// In go control as it is expected to be ([Mean], [Rate], [Ratio]), an [Effect], and a
// [Design]; out come users per arm, probabilities or effects. [SampleSize], [Power] and [MDE]
// invert each other. All use one rule, that of the test which analysis makes at the end:
// effect over sqrt(Var_t/n_t + Var_c/n_c), with the variances that hold under the
// alternative, against a normal or, on request, Student's t critical value.
//
// A relative effect r is planned as the absolute effect r·|control mean|. It costs no extra
// users for the noise of the control mean: the interval of the lift excludes 0 exactly when
// that of the absolute effect does. Only a relative non-inferiority margin carries it.
//
// Power counts rejections in the direction of the effect. A two-sided test also rejects in
// the other direction, which is no success; packages that count it report up to alpha/2 more
// where power is small, and the same to five digits from a power of 0.8 on.
//
// What cannot be computed is refused with a sentence that names the valid range, never
// answered with 0, NaN or infinity. The package reads no history and no traffic; a sequential
// design's inflation and the variance that covariates leave come in as numbers.
// It imports nothing of this module.
package power
