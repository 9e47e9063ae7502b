package experiment

// A Type says whether a definition is analysed or only served.
type Type string

// The types of a definition.
const (
	TypeExperiment      Type = "experiment"
	TypePersonalization Type = "personalization"
)

// Types returns the allowed names of type, the default first.
func Types() []Type { return []Type{TypeExperiment, TypePersonalization} }

// An Aggregate turns the events of one user into one number.
type Aggregate string

// The aggregates per user.
const (
	AggregateAny          Aggregate = "any"           // 1 when there is at least one event, else 0
	AggregateCount        Aggregate = "count"         // number of events
	AggregateSum          Aggregate = "sum"           // sum of values
	AggregateMax          Aggregate = "max"           // greatest value
	AggregateMin          Aggregate = "min"           // smallest value
	AggregateFirst        Aggregate = "first"         // value of the earliest event
	AggregateLast         Aggregate = "last"          // value of the latest event
	AggregateDistinctDays Aggregate = "distinct_days" // days of the project's zone with an event
)

// Aggregates returns the allowed names of aggregate, the default first.
func Aggregates() []Aggregate {
	return []Aggregate{
		AggregateAny, AggregateCount, AggregateSum, AggregateMax, AggregateMin,
		AggregateFirst, AggregateLast, AggregateDistinctDays,
	}
}

// A Goal is the direction in which a metric gets better.
type Goal string

// The goals of a metric.
const (
	GoalIncrease Goal = "increase"
	GoalDecrease Goal = "decrease"
)

// Goals returns the allowed names of goal, the default first.
func Goals() []Goal { return []Goal{GoalIncrease, GoalDecrease} }

// Sides says whether a test looks in both directions or in the goal's only.
type Sides string

// The sides of a metric's test.
const (
	SidesTwo Sides = "two-sided"
	SidesOne Sides = "one-sided"
)

// AllSides returns the allowed names of sides, the default first.
func AllSides() []Sides { return []Sides{SidesTwo, SidesOne} }

// Immature says what happens to users whose window is not over.
type Immature string

// The policies for immature users.
const (
	ImmatureExclude Immature = "exclude"
	ImmatureInclude Immature = "include"
)

// ImmaturePolicies returns the allowed names of immature, the default first.
func ImmaturePolicies() []Immature { return []Immature{ImmatureExclude, ImmatureInclude} }

// SeveralVariants says what happens to users seen in more than one variant.
type SeveralVariants string

// The policies for users seen in several variants.
const (
	SeveralExclude SeveralVariants = "exclude" // left out everywhere
	SeveralFirst   SeveralVariants = "first"   // the variant seen first wins
)

// SeveralVariantsPolicies returns the allowed names of several_variants, the default first.
func SeveralVariantsPolicies() []SeveralVariants {
	return []SeveralVariants{SeveralExclude, SeveralFirst}
}

// A Method is how an experiment is tested.
type Method string

// The methods. MethodFixed, one planned look, is for ad-hoc analysis only and
// not allowed in YAML.
const (
	MethodSequential      Method = "sequential"
	MethodSequentialCUPED Method = "sequential-cuped"
	MethodFixed           Method = "fixed"
)

// Methods returns the names of method that YAML allows, the default first.
func Methods() []Method { return []Method{MethodSequentialCUPED, MethodSequential} }

// A CUPEDFit says which regression on what is known from before the exposure method
// sequential-cuped uses.
type CUPEDFit string

// The regressions.
const (
	CUPEDPooled     CUPEDFit = "pooled"     // one coefficient over all arms together
	CUPEDInteracted CUPEDFit = "interacted" // one coefficient per arm (Lin 2013)
)

// CUPEDFits returns the allowed names of cuped, the default first.
func CUPEDFits() []CUPEDFit { return []CUPEDFit{CUPEDPooled, CUPEDInteracted} }

// A Procedure is a way to look repeatedly and keep the error rate.
type Procedure string

// The sequential procedures.
const (
	ProcedureGroupSequential Procedure = "group-sequential"
	ProcedureAlwaysValid     Procedure = "always-valid"
)

// Procedures returns the allowed names of procedure, the default first.
func Procedures() []Procedure {
	return []Procedure{ProcedureGroupSequential, ProcedureAlwaysValid}
}

// A SpendingName names a function that spreads alpha over calendar time.
type SpendingName string

// The spending functions.
const (
	SpendingOBrienFleming   SpendingName = "obrien-fleming"    // Lan–DeMets, O'Brien–Fleming type
	SpendingPocock          SpendingName = "pocock"            // Lan–DeMets, Pocock type
	SpendingKimDeMets       SpendingName = "kim-demets"        // α·t^ρ, parameter ρ
	SpendingHwangShihDeCani SpendingName = "hwang-shih-decani" // parameter γ
)

// SpendingNames returns the allowed names of spending, the default first.
func SpendingNames() []SpendingName {
	return []SpendingName{
		SpendingOBrienFleming, SpendingPocock, SpendingKimDeMets, SpendingHwangShihDeCani,
	}
}

// A Correction keeps the error rate over several comparisons.
type Correction string

// The corrections over the family of primary metrics and treatment arms.
const (
	CorrectionBonferroni Correction = "bonferroni"
	CorrectionHolm       Correction = "holm"
)

// Corrections returns the allowed names of correction, the default first.
func Corrections() []Correction { return []Correction{CorrectionBonferroni, CorrectionHolm} }

// Futility says whether and how the test may stop for lack of effect.
type Futility string

// The kinds of futility bounds.
const (
	FutilityNonBinding Futility = "non-binding" // may be ignored without harm to alpha
	FutilityBinding    Futility = "binding"
	FutilityNone       Futility = "none"
)

// Futilities returns the allowed names of futility, the default first.
func Futilities() []Futility {
	return []Futility{FutilityNonBinding, FutilityBinding, FutilityNone}
}

// Display says how often a user is shown the experiment.
type Display string

// The displays.
const (
	DisplayAlways       Display = "always"
	DisplayOnce         Display = "once"           // per user, for life
	DisplayOncePerVisit Display = "once-per-visit" // per session
)

// Displays returns the allowed names of display, the default first.
func Displays() []Display { return []Display{DisplayAlways, DisplayOnce, DisplayOncePerVisit} }

// Devices says on which devices the experiment is shown.
type Devices string

// The devices.
const (
	DevicesAll     Devices = "all"
	DevicesMobile  Devices = "mobile"
	DevicesDesktop Devices = "desktop"
)

// AllDevices returns the allowed names of devices, the default first.
func AllDevices() []Devices { return []Devices{DevicesAll, DevicesMobile, DevicesDesktop} }

// A Hash names the way ids are turned into buckets.
type Hash string

// The hashes: our own, and those of others for people who move in without reshuffling.
const (
	HashReadout    Hash = "readout"
	HashGrowthBook Hash = "growthbook-v2"
	HashOptimizely Hash = "optimizely"
	HashStatsig    Hash = "statsig"
	HashFlagd      Hash = "flagd"
	HashUnleash    Hash = "unleash"
)

// Hashes returns the allowed names of hash, the default first.
func Hashes() []Hash {
	return []Hash{HashReadout, HashGrowthBook, HashOptimizely, HashStatsig, HashFlagd, HashUnleash}
}

// Excluded says what happens to a user who was left out once.
type Excluded string

// The policies for users who were left out.
const (
	ExcludedStay       Excluded = "stay"
	ExcludedReconsider Excluded = "reconsider" // for ramp-ups
)

// ExcludedPolicies returns the allowed names of excluded, the default first.
func ExcludedPolicies() []Excluded { return []Excluded{ExcludedStay, ExcludedReconsider} }

// An Operator compares an attribute, or a column, with the values of a condition.
type Operator string

// The operators of conditions.
const (
	OpIs         Operator = "is"
	OpIsNot      Operator = "is_not"
	OpIn         Operator = "in"
	OpNotIn      Operator = "not_in"
	OpAtLeast    Operator = "at_least"
	OpAtMost     Operator = "at_most"
	OpMoreThan   Operator = "more_than"
	OpLessThan   Operator = "less_than"
	OpContains   Operator = "contains"
	OpStartsWith Operator = "starts_with"
	OpEndsWith   Operator = "ends_with"
	OpMatches    Operator = "matches" // a regular expression (RE2)
	OpExists     Operator = "exists"  // true or false
)

// Operators returns the allowed operators of conditions.
func Operators() []Operator {
	return []Operator{
		OpIs, OpIsNot, OpIn, OpNotIn, OpAtLeast, OpAtMost, OpMoreThan, OpLessThan,
		OpContains, OpStartsWith, OpEndsWith, OpMatches, OpExists,
	}
}

// Operand returns the one kind of values that an operator compares with; empty for all kinds.
func (op Operator) Operand() ScalarKind {
	switch op {
	case OpAtLeast, OpAtMost, OpMoreThan, OpLessThan:
		return ScalarNumber
	case OpContains, OpStartsWith, OpEndsWith, OpMatches:
		return ScalarText
	case OpExists:
		return ScalarBool
	}
	return ""
}

// PageOperators returns the allowed operators of page rules. matches is a
// regular expression over the whole URL's text, the others compare text.
func PageOperators() []Operator {
	return []Operator{OpMatches, OpContains, OpStartsWith, OpEndsWith}
}
