package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"readout/experiment"
	"readout/power"
	"readout/sequential"
)

type powerFlags struct {
	rate, mean, sd    string
	denominator       string
	denominatorSD     string
	correlation       string
	mde, absolute     string
	margin            string
	power, confidence string
	weights, kept     string
	arms, metrics     int
	guardrails        int
	looks             int
	spending          string
	usersPerDay       float64
	users             float64
	oneSided, fall    bool
	json              bool
	given             func(flag string) bool // whether it stands on the command line
}

// register adds the flags to those of a command.
func (f *powerFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.rate, "rate", "", "control's share of users who convert, such as 10%")
	flags.StringVar(&f.mean, "mean", "", "control's mean per user, with --sd")
	flags.StringVar(&f.sd, "sd", "", "standard deviation per user")
	flags.StringVar(&f.denominator, "denominator-mean", "", "of a ratio: mean of the denominator per user, --mean and --sd being those of the numerator")
	flags.StringVar(&f.denominatorSD, "denominator-sd", "", "of a ratio: standard deviation of the denominator per user")
	flags.StringVar(&f.correlation, "correlation", "", "of a ratio: correlation of numerator and denominator over users, from -1 to 1")
	flags.StringVar(&f.mde, "mde", "", "effect to find, relative to control, such as 5%")
	flags.StringVar(&f.absolute, "absolute", "", "effect to find, in the metric's unit")
	flags.StringVar(&f.margin, "margin", "", "plan a guardrail that may be worse by less than this, relative to control, such as 2%")
	flags.StringVar(&f.power, "power", "80%", "probability of finding it")
	flags.IntVar(&f.guardrails, "guardrails", 0, "guardrails of the experiment, that are to pass as well with the probability --power")
	flags.StringVar(&f.confidence, "confidence", "95%", "confidence of the whole test")
	flags.StringVar(&f.weights, "weights", "", "traffic, control first, such as 50,25,25 (default: equal)")
	flags.IntVar(&f.arms, "arms", 2, "variants, control included")
	flags.IntVar(&f.metrics, "metrics", 1, "primary metrics")
	flags.IntVar(&f.looks, "looks", 28, "looks, one a day")
	flags.StringVar(&f.spending, "spending", string(experiment.SpendingOBrienFleming), "spending function: obrien-fleming or pocock")
	flags.StringVar(&f.kept, "variance-kept", "100%", "share of the variance that CUPED leaves")
	flags.Float64Var(&f.usersPerDay, "users-per-day", 0, "new users a day, for the duration")
	flags.Float64Var(&f.users, "users", 0, "users in all arms together: compute power or effect instead")
	flags.BoolVar(&f.oneSided, "one-sided", false, "test in the direction of the effect only")
	flags.BoolVar(&f.fall, "decrease", false, "less is better: find the fall instead of the rise, guard against a rise")
	flags.BoolVar(&f.json, "json", false, "print JSON")
}

// baseline reads what control is expected to be.
func (f powerFlags) baseline() (power.Baseline, error) {
	switch {
	case f.rate != "" && f.mean+f.sd+f.denominator+f.denominatorSD+f.correlation != "":
		return power.Baseline{}, usagef("give --rate, or --mean with --sd, not both")
	case f.rate != "":
		p, err := fraction("--rate", f.rate)
		return power.Rate(p), err
	case f.mean == "" || f.sd == "":
		return power.Baseline{}, usagef("say what control is like: --rate 10%%, or --mean 24.5 --sd 60")
	}
	mean, err := float("--mean", f.mean)
	if err != nil {
		return power.Baseline{}, err
	}
	sd, err := float("--sd", f.sd)
	if err != nil || f.denominator+f.denominatorSD+f.correlation == "" {
		return power.Mean(mean, sd), err
	}
	return f.ratio(power.Column{Mean: mean, SD: sd})
}

// ratio reads what control is expected to be like of a ratio with the given numerator.
func (f powerFlags) ratio(numerator power.Column) (power.Baseline, error) {
	if f.denominator == "" || f.denominatorSD == "" || f.correlation == "" {
		return power.Baseline{}, usagef("a ratio takes --denominator-mean, --denominator-sd and --correlation, beside --mean and --sd of its numerator")
	}
	var denominator power.Column
	var correlation float64
	for _, n := range []struct {
		flag, text string
		value      *float64
	}{
		{"--denominator-mean", f.denominator, &denominator.Mean},
		{"--denominator-sd", f.denominatorSD, &denominator.SD},
		{"--correlation", f.correlation, &correlation},
	} {
		v, err := float(n.flag, n.text)
		if err != nil {
			return power.Baseline{}, err
		}
		*n.value = v
	}
	b, err := power.Ratio(numerator, denominator, correlation)
	if err != nil {
		return b, usageError{err}
	}
	return b, nil
}

// float reads a number.
func float(flag, text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, usagef("%s %q is not a number", flag, text)
	}
	return v, nil
}

// effect reads the effect to find, if one is given; with a margin it is none by default. Where
// less is better the effect to find is a fall, written with a sign or without; with a margin the
// sign says which way treatment differs.
func (f powerFlags) effect() (e power.Effect, given bool, err error) {
	e, given, err = f.writtenEffect()
	if f.fall && f.margin == "" {
		e.Size = -math.Abs(e.Size)
	}
	return e, given, err
}

// writtenEffect reads the effect as it is written.
func (f powerFlags) writtenEffect() (e power.Effect, given bool, err error) {
	switch {
	case f.mde != "" && f.absolute != "":
		return e, false, usagef("give --mde or --absolute, not both")
	case f.mde != "":
		e.Relative = true
		e.Size, err = signedFraction("--mde", f.mde)
	case f.absolute != "":
		if e.Size, err = strconv.ParseFloat(f.absolute, 64); err != nil {
			err = usagef("--absolute %q: want a number in the metric's unit; of a rate, 0.01 is one percentage point", f.absolute)
		}
	default:
		return e, f.margin != "", nil
	}
	return e, true, err
}

// design reads the test.
func (f powerFlags) design() (power.Design, error) {
	d := power.Design{OneSided: f.oneSided, Decrease: f.fall}
	asked, err := fraction("--power", f.power)
	if err != nil {
		return d, err
	}
	if d.Power, err = f.powerOfEach(asked); err != nil {
		return d, err
	}
	confidence, err := fraction("--confidence", f.confidence)
	if err != nil {
		return d, err
	}
	if d.VarianceKept, err = fraction("--variance-kept", f.kept); err != nil {
		return d, err
	}
	if d.VarianceKept == 0 {
		return d, usagef("--variance-kept %q: want more than 0%% and at most 100%%", f.kept)
	}
	if d.Weights, err = f.traffic(); err != nil {
		return d, err
	}
	if f.metrics < 1 || f.metrics > 1000 {
		return d, usagef("--metrics %d: want 1 to 1000", f.metrics)
	}
	alpha := experiment.Statistics{Confidence: confidence}.Alpha()
	if !(alpha > 0 && alpha < 1) {
		return d, usagef("--confidence %q: want more than 0%% and less than 100%%", f.confidence)
	}
	d.Alpha = alpha / float64(f.metrics*(len(d.Weights)-1))
	if f.margin != "" {
		// Guardrails are read at the confidence of the whole test.
		d.Alpha = alpha
		if d.Margin, err = f.guard(); err != nil {
			return d, err
		}
	}
	return d, nil
}

// powerOfEach returns the power that a test and its guardrails take each for all of them to
// succeed with the power asked for,
//
//	1 − (1 − power) / (guardrails + 1)
//
// Guardrails make it likelier that a good variant is not shipped, so it is the probability of a
// miss that is divided among them, as alpha is among primary metrics. By Bonferroni's inequality it
// suffices however the metrics depend on each other.
//
// Source: M. Schultzberg, S. Ankargren, M. Frånberg (2024), "Risk-aware product decisions in A/B
// tests with multiple metrics".
func (f powerFlags) powerOfEach(asked float64) (float64, error) {
	if f.guardrails < 0 || f.guardrails > 1000 {
		return 0, usagef("--guardrails %d: want 0 to 1000", f.guardrails)
	}
	if f.guardrails > 0 && f.users > 0 && f.mde+f.absolute+f.margin != "" {
		return 0, usagef("--guardrails raises the power that is planned for, and with --users it is asked how much there is: leave one of them out")
	}
	if f.guardrails == 0 {
		return asked, nil
	}
	return 1 - (1-asked)/float64(f.guardrails+1), nil
}

// guard reads the margin of a guardrail, which lies where the metric is worse.
func (f powerFlags) guard() (power.Effect, error) {
	margin, err := fraction("--margin", f.margin)
	if err == nil && margin == 0 {
		err = usagef("--margin %q: want more than 0%% and at most 100%%", f.margin)
	}
	if !f.fall {
		margin = -margin
	}
	return power.Effect{Size: margin, Relative: true}, err
}

// traffic reads the weights of the arms, control first.
func (f powerFlags) traffic() ([]float64, error) {
	if f.weights == "" {
		if f.arms < 2 || f.arms > 100 {
			return nil, usagef("--arms %d: want 2 to 100", f.arms)
		}
		w := make([]float64, f.arms)
		for i := range w {
			w[i] = 1
		}
		return w, nil
	}
	var out []float64
	for part := range strings.SplitSeq(f.weights, ",") {
		w, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(part), "%"), 64)
		if err != nil || !(w > 0) || w > 1e9 {
			return nil, usagef("--weights %q: want numbers above 0, control first, such as 50,25,25", f.weights)
		}
		out = append(out, w)
	}
	if len(out) < 2 || len(out) > 100 {
		return nil, usagef("--weights %q: want 2 to 100 arms", f.weights)
	}
	if f.given("arms") && f.arms != len(out) {
		return nil, usagef("--arms %d and --weights %q, which are %d arms: leave --arms out, or make them agree", f.arms, f.weights, len(out))
	}
	return out, nil
}

func (f powerFlags) sides() int {
	if f.oneSided {
		return 1
	}
	return 2
}

// sequential returns the looks with their boundaries, at equal steps of time and information; nil
// for a single look.
func (f powerFlags) sequential(alpha float64) (*sequential.Design, error) {
	if f.looks < 1 || f.looks > sequential.MaxLooks {
		return nil, usagef("--looks %d: want 1 to %d", f.looks, sequential.MaxLooks)
	}
	if f.looks == 1 {
		return nil, nil
	}
	if s := experiment.SpendingName(f.spending); s != experiment.SpendingOBrienFleming && s != experiment.SpendingPocock {
		return nil, usagef("--spending %q: want obrien-fleming or pocock", f.spending)
	}
	spend, err := f.increments(alpha, f.sides())
	if err != nil {
		return nil, err
	}
	information := make([]float64, f.looks)
	for k := range information {
		information[k] = float64(k + 1)
	}
	process, err := sequential.FromInformation(information)
	if err != nil {
		return nil, err
	}
	bounds, err := sequential.Boundaries(process, spend, f.sides())
	if err != nil {
		return nil, err
	}
	design := &sequential.Design{Process: process, Upper: bounds}
	if f.sides() == 2 {
		design.Lower = sequential.Mirror(bounds)
	}
	return design, nil
}

// split shares --users among the arms by their weights.
func (f powerFlags) split(d power.Design) []float64 {
	var sum float64
	for _, w := range d.Weights {
		sum += w
	}
	out := make([]float64, len(d.Weights))
	for i, w := range d.Weights {
		out[i] = f.users * w / sum
	}
	return out
}

// fraction reads a share such as 10% as a number in [0, 1].
func fraction(flag, text string) (float64, error) {
	v, err := signedFraction(flag, text)
	if err == nil && (v < 0 || v > 1) {
		return 0, usagef("%s %q: want 0%% to 100%%", flag, text)
	}
	return v, err
}

// signedFraction reads a percentage such as -5%.
func signedFraction(flag, text string) (float64, error) {
	number, ok := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, usagef("%s %q: want a percentage such as 10%%%s", flag, text, experiment.PercentHint(text))
	}
	return v / 100, nil
}
