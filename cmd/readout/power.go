package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"readout/internal/digits"
	"readout/power"
	"readout/sequential"
)

func (a *app) powerCommand() *cobra.Command {
	var f powerFlags
	c := &cobra.Command{
		Use:     "power",
		Short:   "how many users a test needs, or what given users can find",
		Long:    powerHelp,
		Example: powerExamples,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.given = cmd.Flags().Changed
			return a.plan(f)
		},
	}
	f.register(c.Flags())
	return c
}

const powerHelp = `Computes the users that a test needs for its minimum detectable effect (MDE), or with
--users the power it has, and without an effect the effect it can find.

The default is the test that the daily job makes: one look a day for --looks days, alpha
spent over time, Bonferroni over --metrics primary metrics and all treatment arms.
--looks 1 plans a single look.

A ratio of sums over users, such as revenue per order, is planned with --mean and --sd of its
numerator per user, those of its denominator, and their correlation over users. Users without
any count as 0. Where a scorecard has the ratio, its mean and the square root of its variance
are --mean and --sd at once. What --absolute and the answer give is in the unit of the ratio.

With --margin it plans a guardrail, whose alpha is not corrected for their number: the users with
which it is shown to be worse by less than that, or with --users the probability of that, if
the effect is the one given, or none.

A variant is shipped when all its guardrails pass, too. With --guardrails each test gets so much
power that the one for the primary metric and all of them succeed with --power: plan the primary
metric so, then each guardrail with its --margin, and take the most users.`

const powerExamples = `  readout power --rate 10% --mde 5%
  readout power --mean 24.5 --sd 60 --mde 3% --looks 14 --users-per-day 8000
  readout power --mean 12 --sd 40 --denominator-mean 0.3 --denominator-sd 0.7 --correlation 0.8 --mde 3%
  readout power --rate 10% --mde 5% --users 60000
  readout power --rate 10% --users 60000
  readout power --rate 10% --margin 2% --users 60000
  readout power --rate 10% --mde 5% --guardrails 2`

// planned is the answer, for people and for --json.
type planned struct {
	Alpha float64 `json:"alpha_each"`
	// PowerEach is what the power that was asked for takes of each test; nil where there is one.
	PowerEach *float64 `json:"power_each,omitempty"`
	Inflation float64  `json:"inflation"`
	Users     []int64  `json:"users_per_arm,omitempty"`
	Total     int64    `json:"users,omitempty"`
	// ExpectedEffect and ExpectedNone are the users on average until the test may stop, if the
	// effect is there and if there is none.
	ExpectedEffect int64    `json:"expected_users_effect,omitempty"`
	ExpectedNone   int64    `json:"expected_users_no_effect,omitempty"`
	Days           int64    `json:"days,omitempty"`
	Weeks          int64    `json:"weeks,omitempty"`
	Power          *float64 `json:"power,omitempty"`
	Effect         *float64 `json:"effect,omitempty"`
	Relative       *float64 `json:"relative_effect,omitempty"`
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
	looks, err := f.sequential(design.Alpha)
	if err != nil {
		return err
	}
	if design.Inflation, err = f.inflation(looks, design); err != nil {
		return err
	}
	effect, given, err := f.effect()
	if err != nil {
		return err
	}
	out := planned{Alpha: design.Alpha, Inflation: design.Inflation}
	if f.guardrails > 0 {
		out.PowerEach = &design.Power
	}
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
		if err = out.size(baseline, effect, design, f.usersPerDay); err == nil {
			err = out.expected(f, looks, design)
		}
	case given:
		err = out.findPower(baseline, effect, design, f, looks)
	default:
		err = out.findEffect(baseline, design, f.split(design))
	}
	if err != nil {
		return usageError{err}
	}
	if f.json {
		return a.printJSON(out)
	}
	out.print(a, f)
	return nil
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

// inflation returns how many more users the looks need than a single one.
func (f powerFlags) inflation(looks *sequential.Design, d power.Design) (float64, error) {
	// A power that cannot be planned is refused where the users are computed.
	if looks == nil || !f.plannable(d.Alpha, d.Power) {
		return 1, nil
	}
	inflation, err := looks.Inflation(d.Alpha, f.sides(), d.Power)
	if err != nil {
		return 0, usageError{err}
	}
	return inflation, nil
}

// plannable reports whether some number of users gives a test that power.
func (f powerFlags) plannable(alpha, power float64) bool {
	return power > alpha/float64(f.sides()) && power < 1
}

// findPower computes the power of the looks themselves: how many users they cost depends on
// the power, and is not what it is at --power.
func (p *planned) findPower(b power.Baseline, e power.Effect, d power.Design, f powerFlags, looks *sequential.Design) error {
	d.Inflation = 1
	all, err := power.Power(b, e, d, f.split(d)...)
	if err != nil {
		return err
	}
	single := slices.Min(all)
	p.Power = &single
	if looks == nil || !(single > 0 && single < 1) {
		return nil
	}
	drift, err := sequential.FixedDrift(d.Alpha, f.sides(), single)
	if err != nil {
		return err
	}
	found, err := looks.Power(drift)
	if err != nil {
		return err
	}
	p.Power = &found
	if f.plannable(d.Alpha, found) {
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
			digits.Exact(f.users), digits.Plain(*p.Effect), digits.Plain(100**p.Relative), p.found(f))
	case p.Effect != nil:
		fmt.Fprintf(a.out, "With %s users an effect of %s is found with %s power.\n",
			digits.Exact(f.users), digits.Plain(*p.Effect), p.found(f))
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
		if p.ExpectedEffect > 0 {
			fmt.Fprintf(a.out, "Stopped at the first significant look it takes %s on average if the effect is there; stopped for futility too, %s if there is none.\n",
				digits.Count(p.ExpectedEffect), digits.Count(p.ExpectedNone))
		}
	}
	if p.PowerEach != nil {
		fmt.Fprintf(a.out, "Plan each of the %d tests with %s%% power, as this one is: all succeed with at least %s then.\n",
			f.guardrails+1, digits.Plain(100**p.PowerEach), f.power)
	}
	fmt.Fprintf(a.out, "Alpha of each comparison %.4g; %s the users of a test with a single look.\n", p.Alpha, times(p.Inflation))
}

// found is the power with which an effect is found, as it is written.
func (p *planned) found(f powerFlags) string {
	if p.PowerEach != nil {
		return digits.Plain(100**p.PowerEach) + "%"
	}
	return f.power
}

// times writes a factor.
func times(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) + " times" }
