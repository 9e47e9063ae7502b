package analysis

import (
	"fmt"
	"math"
	"time"

	"readout/moments"
)

// Look is one line of the looks log: what was seen, and spent, when a comparison was
// tested. It is written once and never changed; later looks are tested against it.
type Look struct {
	Experiment string    `json:"experiment"`
	Metric     string    `json:"metric"`
	Variant    string    `json:"variant"`
	Date       string    `json:"date"`
	At         time.Time `json:"at"`
	Number     int       `json:"look"`
	// Config is the hash of the test's definition: looks of another one do not count.
	Config string `json:"config"`
	// Alpha is the comparison's own, Time the spending time, Spent the alpha spent up to
	// and including this look.
	Alpha float64 `json:"alpha"`
	Time  float64 `json:"time"`
	Spent float64 `json:"spent"`
	// Information is 1/SE².
	Information float64 `json:"information"`
	// Correlation with the look before; null at the first. CrossMoments says that it is
	// from users' values at both looks, which metrics without a window need.
	Correlation  Number  `json:"correlation"`
	CrossMoments bool    `json:"cross_moments,omitempty"`
	Effect       float64 `json:"effect"`
	SE           float64 `json:"se"`
	DF           float64 `json:"df"`
	// Scale is that of the always-valid procedure's mixture, in users or, of a rare rate, in
	// Conversions; the same at all looks.
	Scale Number `json:"scale,omitzero"`
	// Conversions are what the exact test of a rare rate rests on, per phase; none otherwise.
	Conversions []Conversions `json:"conversions,omitempty"`
	// Drift is the expectation of the statistic in the direction of the goal under the
	// minimum detectable effect, BetaSpent what futility bounds have spent so far, and
	// Futility the bound: Futile says that the statistic is not above it.
	Drift     Number  `json:"drift,omitzero"`
	BetaSpent float64 `json:"beta_spent,omitempty"`
	Futility  Number  `json:"futility,omitzero"`
	Futile    bool    `json:"futile,omitempty"`
	// Lift is relative to the control mean, with its interval at this look's boundary.
	Lift   Number `json:"lift"`
	LiftLo Number `json:"lift_lo"`
	LiftHi Number `json:"lift_hi"`
	// Z is the statistic as a standard normal score, Critical the boundary for it; null
	// where too little alpha is spent to stop at all. LnP is the logarithm of the
	// sequential p-value.
	Z        float64 `json:"z"`
	Critical Number  `json:"critical"`
	LnP      float64 `json:"ln_p"`
	Crossed  bool    `json:"crossed"`
	// noP says that the p-value was left out.
	noP bool
	// Control and Treatment hold, per phase, what the covariance with later looks needs.
	Control   []LookArm `json:"control"`
	Treatment []LookArm `json:"treatment"`
}

// Check reports what makes a look that was read impossible to test against.
func (l Look) Check() error {
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
	}{
		{"alpha", l.Alpha, l.Alpha > 0 && l.Alpha < 1},
		{"time", l.Time, l.Time >= 0 && l.Time <= 1},
		{"spent", l.Spent, l.Spent >= 0 && l.Spent <= l.Alpha},
		{"se", l.SE, l.SE > 0},
		{"df", l.DF, l.DF > 0},
		{"ln_p", l.LnP, l.LnP <= 0},
		{"look", float64(l.Number), l.Number > 0},
		{"scale", l.Scale.value, !l.Scale.ok || l.Scale.value > 0},
		{"beta_spent", l.BetaSpent, l.BetaSpent >= 0 && l.BetaSpent < 1},
	} {
		if !f.ok {
			return fmt.Errorf("look of %s on %s: %s is %v", l.Experiment, l.Date, f.name, f.value)
		}
	}
	for _, c := range l.Conversions {
		if c.Treatment < 0 || c.Control < 0 || c.Users < 1 || c.Users-c.Treatment < c.Control || !(c.Share > 0 && c.Share < 1) {
			return fmt.Errorf("look of %s on %s: %d and %d conversions of %d users at a share of %v",
				l.Experiment, l.Date, c.Treatment, c.Control, c.Users, c.Share)
		}
	}
	for _, arms := range [][]LookArm{l.Control, l.Treatment} {
		for _, arm := range arms {
			if len(arm.Cov) != moments.Packed(len(arm.Weights)) || arm.N < 1 {
				return fmt.Errorf("look of %s on %s: an arm has %d weights, %d covariances and %d users",
					l.Experiment, l.Date, len(arm.Weights), len(arm.Cov), arm.N)
			}
			if r := arm.Rate.Or(0); r < 0 || r > 1 {
				return fmt.Errorf("look of %s on %s: an arm has a rate of %v", l.Experiment, l.Date, r)
			}
		}
	}
	return nil
}

// LookArm is one arm in one phase, as it entered a look.
type LookArm struct {
	Phase int   `json:"phase"`
	N     int64 `json:"n"`
	// Share is the weight of the phase among the phases.
	Share float64 `json:"share"`
	// Weights make the estimate out of the columns; Cov is their covariance over users
	// (divisor n − 1), the lower triangle row by row.
	Weights []float64 `json:"weights"`
	Cov     []float64 `json:"cov"`
	// Rate is the share of the users of a rate who had converted; null for other metrics.
	Rate Number `json:"rate,omitzero"`

	// joint is not logged: it belongs to the look before and this one.
	joint *Joint
}

// lookArm returns what a later look needs to know of an arm, without its share.
func lookArm(phase int, arm Arm, weights []float64) LookArm {
	set := arm.Moments
	cov := make([]float64, len(set.C))
	for i := range set.Columns() {
		for j := 0; j <= i; j++ {
			cov[moments.Index(i, j)] = set.Cov(i, j)
		}
	}
	return LookArm{Phase: phase, N: set.N, Weights: weights, Cov: cov, joint: arm.Previous}
}

// covariance returns the covariance between the estimate of an arm at the look at instant
// at and at a later one,
//
//	Cov = Σ_phases share_j share_k · w_j' S_jk w_k · n_jk / (n_j n_k)
//
// with S_jk the covariances, over the n_jk users in at both looks, of their columns at the
// earlier and at the later one, from the arm's joint moments. Where those have no columns, the
// covariances at the earlier look stand in, as they are known by now or else as they are logged: with a
// window a user has the same columns at both, so that they are S_jk but for those who are left out by the
// later one, and without a window they are somewhat too small for values that still grow. Where the
// looks are not linked at all, everybody is taken to stay.
//
// Users who came to be known after the earlier look, with late rows, are linked and took no part in it:
// n_jk is n_j times the share who stay of all who should have taken part. And where rows came late, S_jk
// is made smaller by what was not known at the earlier look: see [LookArm.knownThen]. crossed says that
// no phase needed the stand-in.
func covariance(at time.Time, earlier, later []LookArm) (cov float64, crossed bool) {
	crossed = true
	for _, e := range earlier {
		for _, l := range later {
			if e.Phase != l.Phase || len(e.Weights) != len(l.Weights) || l.N == 0 {
				continue
			}
			s, both, known := e.cov, 1.0, 1.0
			if l.joint.links(at) {
				both = min(1, float64(l.joint.Moments.N)/float64(max(e.N, l.joint.Earlier.N)))
				if now := l.joint.Earlier; now.N > 1 && now.Columns() == len(e.Weights) {
					s, known = now.Cov, e.knownThen(now)
				}
			}
			if p := len(e.Weights); l.joint.linksColumns(at, p) {
				s = func(i, j int) float64 { return l.joint.Moments.Cov(i, p+j) }
			} else {
				crossed = false
			}
			cov += e.Share * l.Share * both * known * bilinear(e.Weights, l.Weights, s) / float64(l.N)
		}
	}
	return cov, crossed
}

// knownThen returns how much of the variance that an arm's estimate would have by now, at the look at
// which it was tested, it shares with the estimate that was tested: less than 1 where rows came late.
//
//	w'Cw / w'S′w
//
// with C those of [LookArm.shared] and S′ the covariances as they are known by now, both over all users of
// that look: the squares of those who left since would hide what came late.
func (e LookArm) knownThen(now moments.Set) float64 {
	shared, all := bilinear(e.Weights, e.Weights, e.shared(now)), bilinear(e.Weights, e.Weights, now.Cov)
	if shared < all {
		return shared / all
	}
	return 1
}

// shared returns the covariances of the columns of an arm when it was tested with the same columns as
// they would be by now. They are those when it was tested: what came late is taken to have nothing to do with what was
// known. Of a rate it has, as nobody converts twice: of a share r that had converted then, and r′ by now,
//
//	C₁₁ = r·(1 − r′) = S₁₁ − r·(r′ − r)
func (e LookArm) shared(now moments.Set) func(i, j int) float64 {
	rate, ok := e.Rate.Get()
	if !ok || now.Mean[0] <= rate {
		return e.cov
	}
	return func(i, j int) float64 {
		if i > 0 || j > 0 {
			return e.cov(i, j)
		}
		return e.cov(0, 0) - rate*(now.Mean[0]-rate)
	}
}

// cov returns the covariance of two columns as the arm was tested.
func (e LookArm) cov(i, j int) float64 { return e.Cov[moments.Index(i, j)] }

// bilinear returns a'Sb.
func bilinear(a, b []float64, s func(i, j int) float64) float64 {
	var q float64
	for i := range a {
		for j := range b {
			q += a[i] * b[j] * s(i, j)
		}
	}
	return q
}

// numbers returns the link by numbers of users alone.
func (j *Joint) numbers() *Joint {
	if j == nil {
		return nil
	}
	return &Joint{Through: j.Through, Moments: moments.Set{N: j.Moments.N}, Earlier: moments.Set{N: j.Earlier.N}}
}

// links reports whether the users are those in at the look at the given instant as well.
func (j *Joint) links(at time.Time) bool { return j != nil && j.Through.Equal(at) }

// linksColumns reports whether there are joint moments with that look, of so many columns at
// either.
func (j *Joint) linksColumns(at time.Time, columns int) bool {
	return j.links(at) && j.Moments.N > 1 && j.Moments.Columns() == 2*columns
}

// correlation returns the correlation of the statistics at two looks, at most 1, and
// whether it is from users' values at both. It is not defined where a standard error is 0.
func correlation(earlier, later Look) (r float64, crossed, ok bool) {
	control, crossedC := covariance(earlier.At, earlier.Control, later.Control)
	treatment, crossedT := covariance(earlier.At, earlier.Treatment, later.Treatment)
	r = (control + treatment) / (earlier.SE * later.SE)
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return 0, false, false
	}
	return math.Min(1, r), crossedC && crossedT, true
}

// looksOf returns the recorded looks of one comparison that belong to the given test, and
// whether there were looks of another definition.
func looksOf(all []Look, metric, variant, config string) (looks []Look, changed bool) {
	for _, l := range all {
		if l.Metric != metric || l.Variant != variant {
			continue
		}
		if l.Config != config {
			changed = true
			continue
		}
		looks = append(looks, l)
	}
	return looks, changed
}
