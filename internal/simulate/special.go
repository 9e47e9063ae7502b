package simulate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

// Special are worlds without an effect apart from the grid, in each of which one thing is
// as the grid does not have it.
type Special struct {
	Title string
	Found []Found

	// text says what is special, column what the cells of the worlds say.
	text, column string
	cell         func(World) string
	worlds       []World
}

// specials returns the special worlds, not simulated yet: in all else they have 28 looks, planned
// traffic, constant variance and one phase.
func specials() []Special {
	windowed := []string{"mean", "any", "count", "sum, heavy tails"}
	worlds := func(kinds []string, change ...func(*World)) []World {
		var out []World
		for _, k := range Kinds() {
			if !slices.Contains(kinds, k.Name) {
				continue
			}
			for _, c := range change {
				w := World{Kind: k, Looks: 28, Traffic: 1, Growth: 1}
				c(&w)
				out = append(out, w)
			}
		}
		return out
	}
	leave := func(share float64) func(*World) { return func(w *World) { w.Leave = share } }
	late := func(share float64) func(*World) { return func(w *World) { w.Late = share } }
	few := func(users int) func(*World) { return func(w *World) { w.Users, w.Looks = users, 14 } }
	return []Special{
		{
			Title: "Users who leave", column: "leave a day",
			text: "Users are seen in the other variant, and left out from the next look on: on a day 1% or 3% of them, and " + strconv.Itoa(leaveFactor) + " times as many of\n" +
				"those who have converted or spent, or whose value is above the average. Looks are linked by the values of those who stay, of\n" +
				"the median by their number ([decision 009](decisions/009-linked-looks.md)). 28 looks, planned traffic, constant variance, one phase.",
			cell: func(w World) string { return fmt.Sprintf("%g%%", 100*w.Leave) },
			worlds: worlds(append([]string{"any, rare", "any, no window", "count, no window", "sum, no window", "median"}, windowed...),
				leave(0.01), leave(0.03)),
		},
		{
			Title: "Few users", column: "users",
			text:   "So many users of both arms together at the end, over 14 looks, with constant traffic and variance, in one phase.",
			cell:   func(w World) string { return strconv.Itoa(w.Users) },
			worlds: worlds(append([]string{"ratio"}, windowed...), few(60), few(150), few(400)),
		},
		{
			Title: "Coverage that rises", column: "first day",
			text: "1% of those who come are let in on the first two days, 5% on the next two, a quarter on three more, then all.\n" +
				"28 looks, 14,000 users, constant variance, one phase.",
			cell:   func(w World) string { return strconv.Itoa(w.rampUsers(0)) + " users" },
			worlds: worlds(append([]string{"ratio"}, windowed...), func(w *World) { w.Ramp = true }),
		},
		{
			Title: "Extended experiments", column: "days",
			text: "Planned for 14 days, and extended to 28 after the tenth, whatever the looks say. 28 looks, planned traffic, constant variance, one\n" +
				"phase.",
			cell:   func(w World) string { return fmt.Sprintf("%d, %d", w.Looks/2, w.Looks) },
			worlds: worlds([]string{"mean"}, func(w *World) { w.Extended = true }),
		},
		{
			Title: "Late conversions", column: "late",
			text: "Of so many users conversions are known a day later than they themselves, after a look without them.\n" +
				"28 looks, planned traffic, constant variance, one phase.",
			cell:   func(w World) string { return fmt.Sprintf("%g%%", 100*w.Late) },
			worlds: worlds([]string{"any", "count", "sum, heavy tails"}, late(0.1), late(0.3)),
		},
	}
}

// special runs the special worlds.
func (o Options) special(ctx context.Context) ([]Special, error) {
	out := specials()
	for i := range out {
		o.part = out[i].Title
		var err error
		if out[i].Found, err = find(ctx, o.only(out[i].worlds), o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// judged returns the worlds without an effect whose rates are held against their limits.
func (r Report) judged() []Found {
	out := slices.Clone(r.Without)
	for _, s := range r.Special {
		out = append(out, s.Found...)
	}
	return out
}
