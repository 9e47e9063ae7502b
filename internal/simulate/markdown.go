package simulate

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"readout/experiment"
	"readout/internal/digits"
)

// percent writes a probability as a percentage with so many decimals.
func percent(p float64, decimals int) string {
	return strconv.FormatFloat(100*p, 'f', decimals, 64)
}

// Markdown writes the report as a page.
func (r Report) Markdown(w io.Writer) error {
	var b strings.Builder
	if err := r.write(&b); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write puts the parts of the page together.
func (r Report) write(b *strings.Builder) error {
	procedures, err := Procedures()
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "# Error rates\n\nWritten by\n\n    %s\n\n", r.Options.command())
	b.WriteString(introduction)
	if err := r.writeOutcome(b); err != nil {
		return err
	}
	fmt.Fprintf(b, worldsText, burnIn)
	r.writeSummary(b, procedures)
	if err := r.writeAgain(b); err != nil {
		return err
	}
	r.writeWithout(b, procedures)
	r.writeSpecial(b, procedures)
	r.writeUneven(b, procedures)
	r.writePower(b, procedures)
	r.writeEnded(b)
	r.writeLinked(b)
	return nil
}

// command returns the command line that makes the page again.
func (o Options) command() string {
	line := fmt.Sprintf("readout simulate --runs %d --seed %d", o.Runs, o.Seed)
	if o.Only != "" {
		line += " --only '" + o.Only + "'"
	}
	return line
}

const introduction = `and not by hand. [Statistics](statistics.md) says what the procedures are. Figures are percentages of simulated
experiments. Estimates, degrees of freedom and correlations come from the code that makes scorecards, day by
day; one set of users serves every procedure, alpha, and CUPED on and off, so rows of a world err together.

`

// writeOutcome says whether everything holds.
func (r Report) writeOutcome(b *strings.Builder) error {
	failures, err := r.Failures()
	if err != nil {
		return err
	}
	first, _, err := r.twice()
	if err != nil {
		return err
	}
	b.WriteString("## Outcome\n\n")
	fmt.Fprintf(b, "- **%s runs** per row without and with an effect, %s for intervals; seed %d.\n",
		digits.Count(int64(r.Options.Runs)), digits.Count(int64(max(1, r.Options.Runs/2))), r.Options.Seed)
	b.WriteString("- **Monte Carlo standard error**, and limit of nominal level plus three of them:")
	for i, alpha := range Alphas() {
		se := standardError(alpha, r.Options.Runs)
		fmt.Fprintf(b, "%s %s ± %s, limit %s", []string{"", ";"}[min(i, 1)], percent(alpha, 0), percent(se, 2), percent(alpha+3*se, 2))
	}
	fmt.Fprintf(b, ".\n- **Twice.** Of so many figures some lie above three standard errors by chance: of %s, %s do. Their worlds are\n"+
		"  simulated again with %d times as many runs and other random numbers; a figure fails when it is above its\n"+
		"  limit both times.\n", digits.Count(int64(r.figures())), digits.Count(int64(len(first))), againFactor)
	if len(failures) == 0 {
		b.WriteString("- **Everything holds**: error rates, power, intervals.\n\n")
		return nil
	}
	fmt.Fprintf(b, "- **%d do not hold:**\n", len(failures))
	for _, f := range failures {
		fmt.Fprintf(b, "  - %s\n", f)
	}
	b.WriteString("\n")
	return nil
}

// figures returns how many rates without an effect there are.
func (r Report) figures() int {
	n := 0
	for _, f := range r.judged() {
		for _, metric := range f.counts {
			n += len(metric) * len(Alphas())
		}
	}
	return n
}

// worldsText describes the worlds; its one verb is the burn-in.
const worldsText = `## Worlds

Users come every day, assigned at random; 14,000 are planned for both arms together, whatever the number of looks.

- **mean**: normal, correlation with the covariate 0.8. **any**: 20%% of users convert. **any, rare**: 2%%, which the
  always-valid procedure tests by conversions alone. **count**: overdispersed, mean 1. **sum, heavy tails**: 30%% of users
  spend something lognormal; the skewness of all values is about 9. **ratio**: values of events per event, both
  correlated within users. **median**, **quantile 90%%**: of single values, one to three per user; without CUPED, which does
  not apply, and at planned traffic only.
- **no window**: users' values grow until the end. any: 8%% a day. count: one to three events on some days, independently.
  sum: on a third of days, always the user's own amount. ratio: on a third of days. Looks are linked by joint moments.
- **traffic** × 0.5, × 2: a quarter of the days as planned, then a third, or 2.3 times as many, users a day.
- **variance** drifting: the standard deviation, of rates and counts the mean, triples from the first day to the last.
- **phases** two: treatment has 30%% of the traffic in the first half and 50%% in the second, and what users do falls by 20%%
  in between. All other splits are even, but for [uneven ones](#uneven-splits), which are harder and stand apart.
- **special**: [users who leave](#users-who-leave), [few users](#few-users), [coverage that rises](#coverage-that-rises),
  [an end that is moved](#extended-experiments), [late conversions](#late-conversions), each in worlds of its own.
- **CUPED** with the metric before exposure as covariate; 10%% of users have no history.
- **Procedures**: group-sequential with spending by O'Brien–Fleming (OBF, also one-sided in the direction of the goal),
  Pocock, Kim–DeMets with ρ = 2 (KD 2) and Hwang–Shih–DeCani with γ = −4 (HSD −4); always-valid, looked at daily from %d
  users per arm on; one look at the end, which is Welch's test, for reference. Two-sided but for the one.

`

// header writes the head of a table.
func header(b *strings.Builder, columns ...string) {
	b.WriteString("|")
	for _, c := range columns {
		b.WriteString(" " + c + " |")
	}
	b.WriteString("\n|")
	for i := range columns {
		if i == 0 {
			b.WriteString("---|")
		} else {
			b.WriteString("--:|")
		}
	}
	b.WriteString("\n")
}

// line writes a row of a table.
func line(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// writeSummary shows every procedure over all worlds.
func (r Report) writeSummary(b *strings.Builder, procedures []Procedure) {
	b.WriteString("## Without an effect, in short\n\nThe mean of the rates of all worlds but the special ones, the least and the largest.\n\n")
	columns := []string{"procedure"}
	for _, alpha := range Alphas() {
		columns = append(columns, percent(alpha, 0)+"%: mean", "least", "largest")
	}
	header(b, columns...)
	for p, procedure := range procedures {
		cells := []string{procedure.Name}
		for a := range Alphas() {
			sum, n, least, largest := 0.0, 0, math.Inf(1), 0.0
			for _, f := range r.Without {
				for m := range f.counts {
					share := f.rate(m, p, a).Share()
					sum, n = sum+share, n+1
					least, largest = min(least, share), max(largest, share)
				}
			}
			if n == 0 {
				cells = append(cells, "", "", "")
				continue
			}
			cells = append(cells, percent(sum/float64(n), 2), percent(least, 2), percent(largest, 2))
		}
		line(b, cells...)
	}
	b.WriteString("\n")
}

// writeAgain shows the rates that were above their limits, and what they were again.
func (r Report) writeAgain(b *strings.Builder) error {
	first, _, err := r.twice()
	if err != nil || len(first) == 0 {
		return err
	}
	fmt.Fprintf(b, "## Above the limit\n\nThe second figure is from %s runs.\n\n", digits.Count(int64(againFactor*r.Options.Runs)))
	header(b, "world", "CUPED", "procedure", "alpha", "rate", "again", "limit", "")
	for _, x := range first {
		verdict := "passes"
		if x.again.above(x.alpha) {
			verdict = "**fails**"
		}
		limit := x.alpha + 3*standardError(x.alpha, x.again.Runs)
		line(b, x.world.Name(), x.cuped, x.procedure, percent(x.alpha, 0), percent(x.rate.Share(), 2), percent(x.again.Share(), 2), percent(limit, 2), verdict)
	}
	b.WriteString("\n")
	return nil
}

// writeWithout shows every rate without an effect: a table per kind of metric and number of
// looks.
func (r Report) writeWithout(b *strings.Builder, procedures []Procedure) {
	b.WriteString("## Without an effect\n\nColumns are the procedures with alpha in %. A figure above its limit is bold.\n")
	title := ""
	for _, f := range r.Without {
		if t := fmt.Sprintf("%s, %d looks", f.World.Kind.Name, f.World.Looks); t != title {
			title = t
			fmt.Fprintf(b, "\n### %s\n\n", strings.ToUpper(t[:1])+t[1:])
			header(b, append([]string{"traffic", "variance", "phases", "CUPED"}, rateColumns(procedures)...)...)
		}
		for m := range f.counts {
			cells := append(f.World.cells(), cupedStates[m])
			line(b, append(cells, f.rateCells(m, procedures)...)...)
		}
	}
	b.WriteString("\n")
}

// rateCells returns the rates of a metric for every procedure and alpha, those above their
// limits bold.
func (f Found) rateCells(metric int, procedures []Procedure) []string {
	var cells []string
	for p := range procedures {
		for a, alpha := range Alphas() {
			rate := f.rate(metric, p, a)
			cell := percent(rate.Share(), 1)
			if rate.above(alpha) {
				cell = "**" + percent(rate.Share(), 2) + "**"
			}
			cells = append(cells, cell)
		}
	}
	return cells
}

// rateColumns returns the columns of [Found.rateCells].
func rateColumns(procedures []Procedure) []string {
	var columns []string
	for _, p := range procedures {
		for _, alpha := range Alphas() {
			columns = append(columns, p.Name+" "+percent(alpha, 0))
		}
	}
	return columns
}

// writeSpecial shows the rates without an effect of the worlds apart from the grid.
func (r Report) writeSpecial(b *strings.Builder, procedures []Procedure) {
	for _, s := range r.Special {
		if len(s.Found) == 0 {
			continue
		}
		fmt.Fprintf(b, "## %s\n\n%s\n\n", s.Title, s.text)
		header(b, append([]string{"metric", s.column, "CUPED"}, rateColumns(procedures)...)...)
		for _, f := range s.Found {
			for m := range f.counts {
				cells := []string{f.World.Kind.Name, s.cell(f.World), cupedStates[m]}
				line(b, append(cells, f.rateCells(m, procedures)...)...)
			}
		}
		b.WriteString("\n")
	}
}

// writeUneven shows the rates without an effect where treatment has a tenth of the users.
func (r Report) writeUneven(b *strings.Builder, procedures []Procedure) {
	if len(r.Uneven) == 0 {
		return
	}
	b.WriteString("## Uneven splits\n\nWithout an effect, 28 looks, planned traffic, constant variance, and a tenth of the users in treatment. These figures are\n" +
		"no part of the outcome: skewed values do not keep their level there, [for a reason](how-we-know.md#uneven-splits).\n\n")
	header(b, append([]string{"metric", "CUPED"}, rateColumns(procedures)...)...)
	for _, f := range r.Uneven {
		for m := range f.counts {
			cells := []string{f.World.Kind.Name, cupedStates[m]}
			line(b, append(cells, f.rateCells(m, procedures)...)...)
		}
	}
	b.WriteString("\n")
}

// cells describes a world in a row of a table.
func (w World) cells() []string {
	variance, phases := "constant", "one"
	if w.Growth != 1 {
		variance = "drifting"
	}
	if w.Phases {
		phases = "two"
	}
	return []string{"× " + strconv.FormatFloat(w.Traffic, 'g', -1, 64), variance, phases}
}

// writePower shows how often an effect is found.
func (r Report) writePower(b *strings.Builder, procedures []Procedure) {
	fmt.Fprintf(b, "## With an effect\n\nThe effect is one that a single look at the end finds with about 80%%, with the users that come, at alpha %s.\n"+
		"*Loss* is how many points OBF, the default, finds less than that single look, ± its standard error. It may be %s.\n\n",
		percent(endedAlpha, 0), percent(powerMargin, 1))
	columns := []string{"metric", "looks", "traffic", "CUPED"}
	for _, p := range procedures {
		columns = append(columns, p.Name)
	}
	header(b, append(columns, "loss")...)
	for m, rows := range [][]Found{r.With, r.WithCovariates} {
		for _, f := range rows {
			cells := []string{f.World.Kind.Name, strconv.Itoa(f.World.Looks), f.World.cells()[0], cupedStates[m]}
			for p := range procedures {
				cells = append(cells, percent(f.rate(m, p, 1).Share(), 1))
			}
			points, se := f.loss(m, 0, 1)
			loss := percent(points, 1) + " ± " + percent(se, 1)
			if points > powerMargin+3*se {
				loss = "**" + loss + "**"
			}
			line(b, append(cells, loss)...)
		}
	}
	b.WriteString("\n")
}

// writeEnded shows how often intervals hold the effect.
func (r Report) writeEnded(b *strings.Builder) {
	runs := max(1, r.Options.Runs/2)
	fmt.Fprintf(b, "## Intervals\n\nWith the same effect and 95%% confidence, planned traffic, CUPED off: how often an interval holds the effect. *All* are the repeated\n"+
		"intervals of all looks together, *random* the one of a look that chance picked, *record* that of the look of\n"+
		"record, or without one of the last; *stage-wise* the interval after the end. *Above* is how often the median-unbiased\n"+
		"estimate lies above the effect, *plain* how often the plain one at the same look does. Looks go on after a crossing. Standard\n"+
		"error %s at 95%%, %s at 50%%.\n\n",
		percent(standardError(0.95, runs), 1), percent(standardError(0.5, runs), 1))
	header(b, "metric", "looks", "spending", "found", "all", "random", "record", "stage-wise", "above", "plain", "")
	for _, e := range r.Ended {
		verdict := "holds"
		if len(e.problems()) > 0 {
			verdict = "**fails**"
		}
		name := "OBF"
		if e.Spending == experiment.SpendingPocock {
			name = "Pocock"
		}
		cells := []string{e.World.Kind.Name, strconv.Itoa(e.World.Looks), name}
		for _, rate := range []Rate{e.Found, e.All, e.Random, e.Record, e.Stagewise, e.Above, e.Plain} {
			cells = append(cells, percent(rate.Share(), 1))
		}
		line(b, append(cells, verdict)...)
	}
	b.WriteString("\n")
}

// writeLinked shows what the recursion over neighbouring looks comes to.
func (r Report) writeLinked(b *strings.Builder) {
	if len(r.Linked) == 0 {
		return
	}
	draws := r.Options.Runs * drawsPerRun
	fmt.Fprintf(b, "## The recursion without a window\n\nBoundaries take the looks of a metric as a Markov chain through the correlations of neighbouring looks. Without a\n"+
		"window they are not quite one. The level that these boundaries really have, from %s draws of normal statistics with\n"+
		"the correlations of all pairs of looks, which are known for these habits of users\n"+
		"([decision 012](decisions/012-the-recursion-is-enough.md)). Standard error", digits.Count(int64(draws)))
	for i, alpha := range Alphas() {
		fmt.Fprintf(b, "%s %s at %s%%", []string{"", ","}[min(i, 1)], percent(standardError(alpha, draws), 3), percent(alpha, 0))
	}
	b.WriteString(".\n\n")
	columns := []string{"habit", "looks"}
	for _, name := range []string{"OBF", "Pocock"} {
		for _, alpha := range Alphas() {
			columns = append(columns, name+" "+percent(alpha, 0))
		}
	}
	header(b, columns...)
	for _, l := range r.Linked {
		cells := []string{l.Habit, strconv.Itoa(l.Looks)}
		for _, rates := range l.Rates {
			for _, rate := range rates {
				cells = append(cells, percent(rate.Share(), 2))
			}
		}
		line(b, cells...)
	}
	b.WriteString("\n")
}
