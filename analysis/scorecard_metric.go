package analysis

import "time"

// Role of a metric on the scorecard.
type Role string

const (
	Primary   Role = "primary"   // what the decision rests on
	Secondary Role = "secondary" // for understanding, not corrected for their number
	Guardrail Role = "guardrail" // must not get worse by more than its margin
)

// MetricResult is one metric, in all variants.
type MetricResult struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
	// Kind is proportion (any), mean, ratio or quantile.
	Kind string `json:"kind"`
	// Goal is increase or decrease.
	Goal string `json:"goal"`
	// OneSided says that the test looks for an improvement only.
	OneSided bool `json:"one_sided,omitempty"`
	// Window says in words which conversions count and which users.
	Window string `json:"window"`
	// FirstNumber is when the first user is mature; Final when no user is added any more.
	FirstNumber time.Time `json:"first_number"`
	Final       time.Time `json:"final"`
	// Reason says why nothing could be computed; empty otherwise.
	Reason   string          `json:"reason,omitempty"`
	Variants []VariantResult `json:"variants"`
	// Comparisons has one entry per treatment, in the order of the variants.
	Comparisons []Comparison `json:"comparisons"`
	// Exact says that the rate is rare and tested by how conversions fall between the arms.
	Exact bool `json:"exact,omitempty"`
	// CUPED is nil without covariate adjustment.
	CUPED *CUPED `json:"cuped,omitempty"`
	// Caps has one entry per capped column: of the value, and of the denominator of a ratio.
	Caps []Cap `json:"caps,omitempty"`
}

// VariantResult is one variant's raw figures for one metric.
type VariantResult struct {
	Variant string `json:"variant"`
	// Users counted by this metric: the mature ones, where it has a window. They are unknown
	// where the metric was not computed.
	Users Count `json:"users"`
	// Conversions counts users with at least one conversion; of a summary that is unknown too.
	Conversions Count `json:"conversions"`
	// Total is the sum over users; of a ratio, of the numerator, DenominatorTotal of the
	// denominator; of a quantile how many values there are.
	Total            Number `json:"total"`
	DenominatorTotal Number `json:"denominator_total"`
	// Mean per user, the rate of a proportion, the ratio of totals, or the quantile.
	Mean Number `json:"mean"`
	// Variance per user (divisor n − 1), of a ratio of its linearisation; SE of Mean.
	Variance Number `json:"variance"`
	SE       Number `json:"se"`
	// Covariate is the mean of the covariate before exposure, where there is one.
	Covariate Number `json:"covariate"`
	Reason    string `json:"reason,omitempty"`
}

// Cap is what the cap of a column came to.
type Cap struct {
	// Of is value or denominator.
	Of string `json:"of"`
	// Lower and Upper are the bounds; null where there is none.
	Lower Number `json:"lower"`
	Upper Number `json:"upper"`
	// Users counts those whose number was changed.
	Users int64 `json:"users"`
	// Problem says why the cap was not applied, and so nothing computed; empty otherwise.
	Problem string `json:"problem,omitempty"`
}

// CUPED says what the adjustment did.
type CUPED struct {
	// Theta holds the coefficients in the order of Covariates.
	Covariates []string  `json:"covariates"`
	Theta      []float64 `json:"theta"`
	// ThetaByVariant holds them per variant, in the scorecard's order, where every arm has
	// coefficients of its own; Theta is empty then.
	ThetaByVariant [][]float64 `json:"theta_by_variant,omitempty"`
	// VarianceKept is adjusted over raw variance; EffectiveSampleGained is its inverse − 1.
	VarianceKept          Number `json:"variance_kept"`
	EffectiveSampleGained Number `json:"effective_sample_gained"`
	// MissingHistory counts users whose look-back reaches before the first data.
	MissingHistory int64  `json:"missing_history"`
	Note           string `json:"note,omitempty"`
}

// Verdict of a comparison in one word.
type Verdict string

const (
	Better       Verdict = "better"       // significant, in the direction of the goal
	Worse        Verdict = "worse"        // significant, against the goal
	NotYet       Verdict = "not yet"      // not significant, looks to come
	NoDifference Verdict = "inconclusive" // not significant, no look to come
	Passes       Verdict = "passes"       // guardrail inside its margin
	Fails        Verdict = "fails"        // guardrail beyond its margin
	Undecided    Verdict = "undecided"    // guardrail neither
	CannotSay    Verdict = "cannot say"   // not defined, see Reason
	TooEarly     Verdict = "too early"    // no look yet, or no alpha to spend so far
)

// Comparison is one treatment against control, for one metric.
type Comparison struct {
	Variant string `json:"variant"`
	// Effect is the difference treatment − control (adjusted where CUPED is on) with its
	// standard error and Welch degrees of freedom; Raw is the unadjusted one.
	Effect Estimate `json:"effect"`
	Raw    Estimate `json:"raw"`
	// Phases is how many phases of traffic the effect and the lift are from, where users came in
	// several: the effect is then not the difference of the variants' means, which are those of
	// all users, nor is the lift relative to the mean of all users of control.
	Phases int `json:"phases,omitempty"`
	// Lo and Hi bound the repeated confidence interval of the effect; of an always-valid
	// test the intersection of all of them so far.
	Lo Number `json:"lo"`
	Hi Number `json:"hi"`
	// Lift is the effect over the control mean; LiftLo and LiftHi by Fieller's theorem with
	// the same critical value. Unbounded says that the interval has no finite ends.
	Lift          Number `json:"lift"`
	LiftLo        Number `json:"lift_lo"`
	LiftHi        Number `json:"lift_hi"`
	LiftUnbounded bool   `json:"lift_unbounded,omitempty"`
	LiftReason    string `json:"lift_reason,omitempty"`
	// Z is the standard normal equivalent of the statistic, Critical today's boundary for it.
	Z        Number `json:"z"`
	Critical Number `json:"critical"`
	// P is the sequential p-value (always-valid: the smallest so far; fixed method: Welch's),
	// never below 1e-300; LnP is its natural logarithm without that floor.
	P   Number `json:"p"`
	LnP Number `json:"ln_p"`
	// Q is the Benjamini–Hochberg q-value among secondary metrics.
	Q Number `json:"q"`
	// Alpha is this comparison's own; Time the spending time in [0, 1]; Spent what has been
	// spent of Alpha so far.
	Alpha Number `json:"alpha"`
	Time  Number `json:"time"`
	Spent Number `json:"spent"`
	// Look counts the looks so far; 0: none yet. Today says whether this day is one; if it
	// is not, effect, lift, interval and p-value are those of the last look, at the date AsOf.
	Look  int    `json:"look"`
	Today bool   `json:"look_today"`
	AsOf  string `json:"as_of,omitempty"`
	// Stopped says that the variant was stopped: what stands here is from its last look.
	Stopped bool `json:"stopped,omitempty"`
	// PAdjusted is the Holm-adjusted p-value, where that correction is chosen: intervals
	// are then not adjusted, which IntervalUnadjusted says.
	PAdjusted          Number `json:"p_adjusted"`
	IntervalUnadjusted bool   `json:"interval_unadjusted,omitempty"`
	// Significant says whether the boundary has been crossed at this or an earlier look.
	Significant bool    `json:"significant"`
	Verdict     Verdict `json:"verdict"`
	Sentence    string  `json:"sentence"`
	// AsTested is the day's look as it was recorded, where rows that came later have changed the
	// day's numbers since: p-value, boundary and verdict are still those of the look. It is nil
	// where nothing has changed.
	AsTested *LookOfRecord `json:"as_tested,omitempty"`
	// Record is the look at which the comparison was decided; nil while undecided.
	Record *LookOfRecord `json:"record,omitempty"`
	// Approximate says that the error rate is kept only approximately: past users keep changing
	// in a way that the test does not see in full, or the end was moved.
	Approximate bool `json:"approximate,omitempty"`
	// Stagewise is the inference after the test has ended, of primary metrics tested
	// group-sequentially; nil while it goes on.
	Stagewise *Stagewise `json:"stagewise,omitempty"`
	// FutilityBound is the value of the statistic in the direction of the goal at or below
	// which the last look is futile, which Futile says: the minimum detectable effect would
	// hardly have led here. It may be ignored without harm to alpha. Futility is computed
	// for primary metrics tested group-sequentially for a minimum detectable effect.
	FutilityBound Number `json:"futility_bound"`
	Futile        bool   `json:"futile,omitempty"`
	// ConditionalPowerMDE and ConditionalPowerNow are the probabilities, given the last look,
	// of a significant improvement at the end if the effect were the minimum detectable one
	// and if it were the one estimated now. ExpectedUsers is the forecast of both arms' users
	// at the end that they rest on. Under Holm's correction they and PowerSoFar are at alpha over
	// the comparisons of the family that are not rejected yet, this one included.
	ConditionalPowerMDE Number `json:"conditional_power_mde"`
	ConditionalPowerNow Number `json:"conditional_power_now"`
	ExpectedUsers       Number `json:"expected_users"`
	// PowerSoFar is the power for the MDE that a test has which ends with the last look, with
	// today's standard error; of a guardrail, to pass if there were no effect.
	PowerSoFar Number `json:"power_so_far"`
	Margin     Number `json:"margin"`
	// Harm says that a guardrail lies beyond its margin at the level corrected for the
	// number of guardrails and arms.
	Harm bool `json:"harm,omitempty"`
	// CountedFirst is the comparison with users seen in several variants counted in the first,
	// where leaving them out biases it; nil otherwise.
	CountedFirst *CountedFirst `json:"counted_first,omitempty"`
	// Reason says why there is no interval or p-value; empty otherwise.
	Reason string `json:"reason,omitempty"`
	// Looks are all looks so far, today's included, as they were recorded.
	Looks []LookPoint `json:"looks,omitempty"`
}

// Estimate is a difference with its uncertainty.
type Estimate struct {
	Value Number `json:"value"`
	SE    Number `json:"se"`
	DF    Number `json:"df"`
}

// Stagewise is the inference at the look that ended a group-sequential test, outcomes being
// ordered by stage: crossing earlier is more extreme, and at the same look a larger
// statistic is. Other than the repeated interval, it holds at that look alone, and there it
// is narrower.
type Stagewise struct {
	Date string `json:"date"`
	Look int    `json:"look"`
	// P is never below 1e-300.
	P Number `json:"p"`
	// Estimate is the median-unbiased estimate of the effect, which the plain one exceeds
	// where a test stopped early.
	Estimate Number `json:"estimate"`
	Lo       Number `json:"lo"`
	Hi       Number `json:"hi"`
}

// LookOfRecord is a look as it was recorded, above all the one at which a comparison crossed
// its boundary, or with which Holm's correction decided it: what was said then stays. Date is
// the day of the decision, which under Holm's correction another comparison's later look may
// have brought.
type LookOfRecord struct {
	Date     string `json:"date"`
	Look     int    `json:"look"`
	Effect   Number `json:"effect"`
	Lo       Number `json:"lo"`
	Hi       Number `json:"hi"`
	Lift     Number `json:"lift"`
	LiftLo   Number `json:"lift_lo"`
	LiftHi   Number `json:"lift_hi"`
	P        Number `json:"p"`
	Critical Number `json:"critical"`
}

// LookPoint is one look of the past, for pictures.
type LookPoint struct {
	Date     string `json:"date"`
	Effect   Number `json:"effect"`
	SE       Number `json:"se"`
	Lo       Number `json:"lo"`
	Hi       Number `json:"hi"`
	Lift     Number `json:"lift"`
	LiftLo   Number `json:"lift_lo"`
	LiftHi   Number `json:"lift_hi"`
	Z        Number `json:"z"`
	Critical Number `json:"critical"`
	Spent    Number `json:"spent"`
	// Futility is the bound at or below which the statistic in the direction of the goal is futile.
	Futility Number `json:"futility,omitzero"`
}
