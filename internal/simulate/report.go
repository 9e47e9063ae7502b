package simulate

import (
	"context"
	"fmt"
	"math/rand/v2"

	"readout/experiment"
	"readout/sequential"
)

// Report is everything that was simulated.
type Report struct {
	Options Options
	// Without are the worlds without an effect, and Special those apart from the grid; Again
	// are those of either with a rate above its limit, simulated once more with more runs and
	// other random numbers.
	Without, Again []Found
	Special        []Special
	// Uneven are worlds without an effect in which treatment has a tenth of the users. They are
	// shown and not judged: tests of skewed values do not keep their level there.
	Uneven []Found
	// With are worlds whose effect a single look at the end finds with about 80%, of the plain
	// metric, or in WithCovariates of the adjusted one.
	With, WithCovariates []Found
	Ended                []Ended
	Linked               []Linked
}

// Linked is what the recursion over neighbouring looks comes to for a metric without a
// window.
type Linked struct {
	Habit string
	Looks int
	// Rates are the shares of draws, with the correlations of all pairs of looks, that cross the
	// boundaries; in the order of linkedSpendings and Alphas.
	Rates [][]Rate
}

// againFactor is how many times as many runs a world with a rate above its limit gets the second
// time.
const againFactor = 4

// worldsWithout returns the worlds without an effect: everything crossed with everything. Of
// quantiles, which cost most, only planned traffic.
func worldsWithout() []World {
	var out []World
	for _, k := range Kinds() {
		for _, looks := range []int{14, 28} {
			for _, traffic := range []float64{0.5, 1, 2} {
				if k.quantile > 0 && traffic != 1 {
					continue
				}
				for _, growth := range []float64{1, 3} {
					for _, phases := range []bool{false, true} {
						out = append(out, World{Kind: k, Looks: looks, Traffic: traffic, Growth: growth, Phases: phases})
					}
				}
			}
		}
	}
	return out
}

// worldsUneven returns the worlds with an uneven split.
func worldsUneven() []World {
	var out []World
	for _, k := range Kinds() {
		out = append(out, World{Kind: k, Looks: 28, Traffic: 1, Growth: 1, Uneven: true})
	}
	return out
}

// Names returns the names of all worlds without an effect.
func Names() []string {
	worlds := append(worldsWithout(), worldsUneven()...)
	for _, s := range specials() {
		worlds = append(worlds, s.worlds...)
	}
	var out []string
	for _, w := range worlds {
		out = append(out, w.Name())
	}
	return out
}

// worldsWith returns the worlds that are to get an effect, with the given traffic.
func worldsWith(traffic ...float64) []World {
	var out []World
	for _, k := range Kinds() {
		if !k.effects() {
			continue
		}
		for _, looks := range []int{14, 28} {
			for _, t := range traffic {
				out = append(out, World{Kind: k, Looks: looks, Traffic: t, Growth: 1})
			}
		}
	}
	return out
}

// effects reports whether treatment can have an effect of a known size.
func (k Kind) effects() bool {
	return k.quantile == 0 && !(k.Open() && k.aggregate == experiment.AggregateAny)
}

// Run simulates everything.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Runs < 1 {
		return Report{}, fmt.Errorf("%d runs, want 1 at least", o.Runs)
	}
	r := Report{Options: o}
	o.part = "without an effect"
	var err error
	if r.Without, err = find(ctx, o.only(worldsWithout()), o); err != nil {
		return r, err
	}
	if r.Special, err = o.special(ctx); err != nil {
		return r, err
	}
	var again []World
	for _, f := range r.judged() {
		if len(f.above()) > 0 {
			again = append(again, f.World)
		}
	}
	more := o
	more.part, more.Runs, more.Seed = "again", againFactor*o.Runs, o.Seed+1
	if r.Again, err = find(ctx, again, more); err != nil {
		return r, err
	}
	o.part = "uneven splits"
	if r.Uneven, err = find(ctx, o.only(worldsUneven()), o); err != nil {
		return r, err
	}
	if r.With, err = o.power(ctx, "with an effect", false, worldsWith(0.5, 1, 2)); err != nil {
		return r, err
	}
	if r.WithCovariates, err = o.power(ctx, "with an effect, CUPED", true, worldsWith(1)); err != nil {
		return r, err
	}
	if r.Ended, err = o.ended(ctx); err != nil {
		return r, err
	}
	r.Linked, err = o.linked(ctx)
	return r, err
}

// power gives the worlds their effects and runs them.
func (o Options) power(ctx context.Context, part string, covariates bool, worlds []World) ([]Found, error) {
	o.part = part
	worlds = o.only(worlds)
	if err := giveEffects(ctx, worlds, o.Seed, covariates); err != nil {
		return nil, err
	}
	return find(ctx, worlds, o)
}

// giveEffects gives worlds the effects of [World.withEffect].
func giveEffects(ctx context.Context, worlds []World, seed uint64, covariates bool) (err error) {
	for i := range worlds {
		if err := ctx.Err(); err != nil {
			return err
		}
		if worlds[i], err = worlds[i].withEffect(seed, covariates); err != nil {
			return err
		}
	}
	return nil
}

// ended runs experiments with an effect to their ends, half as many as otherwise.
func (o Options) ended(ctx context.Context) ([]Ended, error) {
	o.part, o.Runs = "intervals", max(1, o.Runs/2)
	worlds := o.only(worldsWith(1))
	if err := giveEffects(ctx, worlds, o.Seed, false); err != nil {
		return nil, err
	}
	return end(ctx, worlds, []experiment.SpendingName{experiment.SpendingOBrienFleming, experiment.SpendingPocock}, o)
}

// linkedSpendings are the spending functions for which the recursion is checked.
func linkedSpendings() []sequential.Spending {
	return []sequential.Spending{sequential.OBrienFleming{}, sequential.Pocock{}}
}

// drawsPerRun is how many draws of normal statistics stand for one run: they cost little.
const drawsPerRun = 500

// linked checks the recursion, unless only some worlds are asked for.
func (o Options) linked(ctx context.Context) ([]Linked, error) {
	if o.Only != "" {
		return nil, nil
	}
	var out []Linked
	for i, h := range Habits() {
		for _, looks := range []int{14, 28} {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			l, err := h.linked(looks, o.Runs*drawsPerRun, rand.New(rand.NewPCG(o.Seed, uint64(i*1000+looks))))
			if err != nil {
				return nil, err
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// linked draws statistics with the correlations of all pairs of looks and holds them against
// the boundaries of the recursion.
func (h Habit) linked(looks, draws int, r *rand.Rand) (Linked, error) {
	correlations := h.Correlations(looks)
	var bounds [][]sequential.Critical
	for _, s := range linkedSpendings() {
		for _, alpha := range Alphas() {
			b, err := boundariesOf(correlations, s, alpha)
			if err != nil {
				return Linked{}, err
			}
			bounds = append(bounds, b)
		}
	}
	counts := crossings(correlations, bounds, draws, r)
	out := Linked{Habit: h.Name, Looks: looks}
	for range linkedSpendings() {
		var rates []Rate
		for range Alphas() {
			rates = append(rates, Rate{counts[0], draws})
			counts = counts[1:]
		}
		out.Rates = append(out.Rates, rates)
	}
	return out, nil
}

// place is where a rate stands in a [Found].
type place struct{ metric, procedure, alpha int }

// above returns the places of the rates above alpha by more than three standard errors.
func (f Found) above() []place {
	var out []place
	for m := range f.counts {
		for p := range f.counts[m] {
			for a, alpha := range Alphas() {
				if f.rate(m, p, a).above(alpha) {
					out = append(out, place{m, p, a})
				}
			}
		}
	}
	return out
}

// twice returns what was above its limit, and of that what was so again.
func (r Report) twice() (first, second []beyond, err error) {
	procedures, err := Procedures()
	if err != nil {
		return nil, nil, err
	}
	again := make(map[string]Found, len(r.Again))
	for _, f := range r.Again {
		again[f.World.Name()] = f
	}
	for _, f := range r.judged() {
		for _, at := range f.above() {
			b := beyond{
				world: f.World, cuped: cupedStates[at.metric], procedure: procedures[at.procedure].Name, alpha: Alphas()[at.alpha],
				rate: f.rate(at.metric, at.procedure, at.alpha), again: again[f.World.Name()].rate(at.metric, at.procedure, at.alpha),
			}
			first = append(first, b)
			if b.again.above(b.alpha) {
				second = append(second, b)
			}
		}
	}
	return first, second, nil
}

// beyond is a rate above its limit.
type beyond struct {
	world            World
	cuped, procedure string
	alpha            float64
	rate, again      Rate
}

// cupedStates say of the metrics of a run, in their order, whether CUPED is on.
var cupedStates = [...]string{"off", "on"}

// powerMargin is how much less power than a single look the default may have.
const powerMargin = 0.025

// Failures returns, in words, what does not hold: error rates that were above their limits
// twice, power too far below that of a single look, and intervals that miss too often.
func (r Report) Failures() ([]string, error) {
	_, second, err := r.twice()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, b := range second {
		out = append(out, fmt.Sprintf("%s; CUPED %s; %s at %v: found in %s", b.world.Name(), b.cuped, b.procedure, b.alpha, percent(b.again.Share(), 2)))
	}
	for m, rows := range [][]Found{r.With, r.WithCovariates} {
		for _, f := range rows {
			if points, se := f.loss(m, 0, 1); points > powerMargin+3*se {
				out = append(out, fmt.Sprintf("%s; CUPED %s: power is %s points below that of a single look", f.World.Name(), cupedStates[m], percent(points, 1)))
			}
		}
	}
	for _, e := range r.Ended {
		for _, problem := range e.problems() {
			out = append(out, fmt.Sprintf("%s; %s: %s", e.World.Name(), e.Spending, problem))
		}
	}
	return out, nil
}
