package analysis

// Names of the checks, which never change.
const (
	CheckSampleRatio      = "sample_ratio"
	CheckSegmentRatio     = "segment_sample_ratio"
	CheckZeroWeight       = "zero_weight_arms"
	CheckSeveralVariants  = "several_variants"
	CheckUnknownVariants  = "unknown_variants"
	CheckNullIDs          = "null_ids"
	CheckOutsideDates     = "exposures_outside_dates"
	CheckMissingDays      = "missing_days"
	CheckFreshness        = "freshness"
	CheckDateOnly         = "date_only_times"
	CheckMissingZone      = "missing_zone"
	CheckCovariateBalance = "covariate_balance"
	CheckNoConversions    = "no_conversions"
	CheckFewUsers         = "few_users"
	CheckSmallPhases      = "small_phases"
	CheckSegmentValues    = "segment_values"
	CheckPartWeeks        = "part_weeks"
	CheckDefinition       = "definition_changed"
	CheckValues           = "values_left_out"
)

// Thresholds of the checks.
const (
	// sampleRatioAlarm is the probability of ever raising the alarm of a sample ratio
	// mismatch when users are split as planned.
	sampleRatioAlarm = 0.001
	// fewExpected is the expected count per arm below which chi-square is not used.
	fewExpected = 5
	// stragglers is the share of all users up to which those of an arm whose traffic has ended
	// are taken for ones who came before the service had read of it: as many come in 86 seconds
	// of each day.
	stragglers = 0.001
	// severalWarning is the share of users in several variants that deserves a warning.
	severalWarning = 0.01
	// nullWarning is the share of rows without a user id that deserves a warning.
	nullWarning = 0.01
	// imbalanceLevel is the p-value, over all covariates together, below which one is
	// called imbalanced. It is read daily, hence small.
	imbalanceLevel = 0.001
	// smallArm is the number of users per arm below which the normal approximation of a
	// skewed metric is not to be trusted.
	smallArm = 100
	// fewConversions is the same for the number of users who did and who did not convert.
	fewConversions = 10
)

// checks returns all findings, in a fixed order: about the split of users and the rows that were
// read (checks_data.go), and about metrics and their tests (checks_metrics.go).
func (a *analyzer) checks(card *Scorecard) []Check {
	out := []Check{a.sampleRatioCheck()}
	for _, check := range []func(*Scorecard) (Check, bool){
		a.segmentRatioCheck, a.segmentValuesCheck, a.zeroWeightCheck, a.severalCheck, a.unknownCheck, a.nullCheck, a.outsideCheck,
		a.missingDaysCheck, a.freshnessCheck, a.dateOnlyCheck, a.missingZoneCheck, a.valuesCheck,
		a.balanceCheck, a.noConversionsCheck, a.fewUsersCheck, a.smallPhasesCheck, a.partWeeksCheck, a.definitionCheck,
	} {
		if c, ok := check(card); ok {
			out = append(out, c)
		}
	}
	return out
}

// sum adds up counts.
func sum(counts []int64) int64 {
	var all int64
	for _, n := range counts {
		all += n
	}
	return all
}
