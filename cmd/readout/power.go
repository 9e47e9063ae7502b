package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"readout/experiment"
	"readout/internal/digits"
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
	looks             int
	spending          string
	usersPerDay       float64
	users             float64
	oneSided, fall    bool
	json              bool
	given             func(flag string) bool // whether it stands on the command line
}

func (a *app) powerCommand() *cobra.Command {
	var f powerFlags
	c := &cobra.Command{
		Use:   "power",
		Short: "how many users a test needs, or what given users can find",
		Long: `Computes the users that a test needs for its minimum detectable effect (MDE), or with
--users the power it has, and without an effect the effect it can find.

The default is the test that the daily job makes: one look a day for --looks days, alpha
spent over time, Bonferroni over --metrics primary metrics and all treatment arms.
--looks 1 plans a single look.

A ratio of sums over users, such as revenue per order, is planned with --mean and --sd of its
numerator per user, those of its denominator, and their correlation over users. Users without
any count as 0. Where a scorecard has the ratio, its mean and the square root of its variance
are --mean and --sd at once. What --absolute and the answer give is in the unit of the ratio.

With --margin it plans a guardrail, which is not corrected for their number: the users with
which it is shown to be worse by less than that, or with --users the probability of that, if
the effect is the one given, or none.`,
		Example: `  readout power --rate 10% --mde 5%
  readout power --mean 24.5 --sd 60 --mde 3% --looks 14 --users-per-day 8000
  readout power --mean 12 --sd 40 --denominator-mean 0.3 --denominator-sd 0.7 --correlation 0.8 --mde 3%
  readout power --rate 10% --mde 5% --users 60000
  readout power --rate 10% --users 60000
  readout power --rate 10% --margin 2% --users 60000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.given = cmd.Flags().Changed
			return a.plan(f)
		},
	}
	flags := c.Flags()
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
	return c
}

// planned is the answer, for people and for --json.
type planned struct {
	Alpha     float64  `json:"alpha_each"`
	Inflation float64  `json:"inflation"`
	Users     []int64  `json:"users_per_arm,omitempty"`
	Total     int64    `json:"users,omitempty"`
	Days      int64    `json:"days,omitempty"`
	Weeks     int64    `json:"weeks,omitempty"`
	Power     *float64 `json:"power,omitempty"`
	Effect    *float64 `json:"effect,omitempty"`
	Relative  *float64 `json:"relative_effect,omitempty"`
}

func (a *app) plan(f powerFlags) error {
	baseline, err := f.baseline()
	if err != nil {
		return err
	}
	design, err := f.design()
	if err != nil {
		return err
	}
	effect, given, err := f.effect()
	if err != nil {
		return err
	}
	out := planned{Alpha: design.Alpha, Inflation: design.Inflation}
	for _, n := range []struct {
		flag  string
		value float64
	}{{"users", f.users}, {"users-per-day", f.usersPerDay}} {
		if f.given(n.flag) && !(n.value > 0 && n.value <= math.MaxFloat64) {
			return usagef("--%s %v: want a number above 0", n.flag, n.value)
		}
	}
	switch {
	case f.users == 0 && !given:
		return usagef("give the effect to find with --mde (relative) or --absolute, a margin with --margin, or the users there are with --users")
	case f.users == 0:
		err = out.size(baseline, effect, design, f.usersPerDay)
	case given:
		err = out.findPower(baseline, effect, design, f)
	default:
		err = out.findEffect(baseline, design, f.split(design))
	}
	if err != nil {
		return usageError{err}
	}
	if f.json {
		encoder := json.NewEncoder(a.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(out)
	}
	out.print(a, f)
	return nil
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
	var err error
	if d.Power, err = fraction("--power", f.power); err != nil {
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
	// Rounding 1 − 0.95 to the decimals that percentages have keeps alpha at 0.05.
	alpha := math.Round((1-confidence)*1e12) / 1e12
	d.Alpha = alpha / float64(f.metrics*(len(d.Weights)-1))
	if f.margin != "" {
		// Guardrails are read at the confidence of the whole test.
		d.Alpha = alpha
		if d.Margin, err = f.guard(); err != nil {
			return d, err
		}
	}
	d.Inflation, err = f.inflation(d)
	return d, err
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

// inflation returns how many more users the sequential design needs than a single look.
func (f powerFlags) inflation(d power.Design) (float64, error) {
	if f.looks < 1 || f.looks > sequential.MaxLooks {
		return 0, usagef("--looks %d: want 1 to %d", f.looks, sequential.MaxLooks)
	}
	// What cannot be planned is refused where the users are computed.
	if f.looks == 1 || !(d.Alpha > 0 && d.Alpha < 1) || !(d.Power > d.Alpha/float64(f.sides()) && d.Power < 1) {
		return 1, nil
	}
	looks, err := f.sequential(d.Alpha)
	if err != nil {
		return 0, err
	}
	inflation, err := looks.Inflation(d.Alpha, f.sides(), d.Power)
	if err != nil {
		return 0, usageError{err}
	}
	return inflation, nil
}

func (f powerFlags) sides() int {
	if f.oneSided {
		return 1
	}
	return 2
}

// sequential returns the boundaries of the looks, at equal steps of time and information.
func (f powerFlags) sequential(alpha float64) (sequential.Design, error) {
	if s := experiment.SpendingName(f.spending); s != experiment.SpendingOBrienFleming && s != experiment.SpendingPocock {
		return sequential.Design{}, usagef("--spending %q: want obrien-fleming or pocock", f.spending)
	}
	spending, err := sequential.NewSpending(f.spending, nil)
	if err != nil {
		return sequential.Design{}, err
	}
	information, spend := make([]float64, f.looks), make([]float64, f.looks)
	before := 0.0
	for k := range information {
		information[k] = float64(k+1) / float64(f.looks)
		spent := sequential.Spent(spending, information[k], alpha, f.sides())
		spend[k], before = spent-before, spent
	}
	process, err := sequential.FromInformation(information)
	if err != nil {
		return sequential.Design{}, err
	}
	bounds, err := sequential.Boundaries(process, spend, f.sides())
	if err != nil {
		return sequential.Design{}, err
	}
	design := sequential.Design{Process: process, Upper: bounds}
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

func (p *planned) size(b power.Baseline, e power.Effect, d power.Design, perDay float64) error {
	size, err := power.SampleSize(b, e, d)
	if err != nil {
		return err
	}
	p.Users, p.Total = size.Users, size.Total
	if perDay > 0 {
		if p.Days, err = power.Days(size.Total, perDay); err != nil {
			return err
		}
		p.Weeks = power.WholeWeeks(p.Days) / 7
	}
	return nil
}

// findPower computes the power of the looks themselves: how many users they cost depends on
// the power, and is not what it is at --power.
func (p *planned) findPower(b power.Baseline, e power.Effect, d power.Design, f powerFlags) error {
	d.Inflation = 1
	all, err := power.Power(b, e, d, f.split(d)...)
	if err != nil {
		return err
	}
	single := slices.Min(all)
	p.Power = &single
	if f.looks == 1 || !(single > 0 && single < 1) {
		return nil
	}
	drift, err := sequential.FixedDrift(d.Alpha, f.sides(), single)
	if err != nil {
		return err
	}
	looks, err := f.sequential(d.Alpha)
	if err != nil {
		return err
	}
	found, err := looks.Power(drift)
	if err != nil {
		return err
	}
	p.Power = &found
	if found > d.Alpha/float64(f.sides()) && found < 1 {
		p.Inflation, err = looks.Inflation(d.Alpha, f.sides(), found)
	}
	return err
}

func (p *planned) findEffect(b power.Baseline, d power.Design, users []float64) error {
	all, err := power.MDE(b, d, users...)
	if err != nil {
		return err
	}
	largest := all[0]
	for _, v := range all {
		if math.Abs(v) > math.Abs(largest) {
			largest = v
		}
	}
	p.Effect = &largest
	if r, ok := b.Relative(largest); ok {
		p.Relative = &r
	}
	return nil
}

func (p *planned) print(a *app, f powerFlags) {
	switch {
	case p.Power != nil && f.margin != "":
		fmt.Fprintf(a.out, "With %s users a guardrail with a margin of %s passes with %.1f%% probability.\n",
			digits.Exact(f.users), f.margin, 100**p.Power)
	case p.Power != nil:
		fmt.Fprintf(a.out, "With %s users the power is %.1f%%.\n", digits.Exact(f.users), 100**p.Power)
	case p.Effect != nil && p.Relative != nil:
		fmt.Fprintf(a.out, "With %s users an effect of %s (%s%% of control) is found with %s power.\n",
			digits.Exact(f.users), digits.Plain(*p.Effect), digits.Plain(100**p.Relative), f.power)
	case p.Effect != nil:
		fmt.Fprintf(a.out, "With %s users an effect of %s is found with %s power.\n",
			digits.Exact(f.users), digits.Plain(*p.Effect), f.power)
	default:
		fmt.Fprintf(a.out, "%s users are needed:", digits.Count(p.Total))
		for i, n := range p.Users {
			name := "control"
			if i > 0 {
				name = fmt.Sprintf("treatment %d", i)
			}
			fmt.Fprintf(a.out, " %s in %s", digits.Count(n), name)
			if i < len(p.Users)-1 {
				fmt.Fprint(a.out, ",")
			}
		}
		fmt.Fprintln(a.out, ".")
		if p.Days > 0 {
			fmt.Fprintf(a.out, "At %s new users a day that takes %s %s; in whole weeks, %s %s.\n",
				digits.Exact(f.usersPerDay), digits.Count(p.Days), plural(int(p.Days), "day", "days"),
				digits.Count(p.Weeks), plural(int(p.Weeks), "week", "weeks"))
		}
	}
	fmt.Fprintf(a.out, "Alpha of each comparison %.4g; %s the users of a test with a single look.\n", p.Alpha, times(p.Inflation))
}

// times writes a factor.
func times(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) + " times" }

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
		return 0, usagef("%s %q: write a percentage such as 10%%", flag, text)
	}
	return v / 100, nil
}
