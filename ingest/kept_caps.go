package ingest

import (
	"cmp"
	"math"
	"slices"

	"readout/ingest/raw"
	"readout/ingest/scatter"
)

// Caps are no sums over users: a percentile depends on all of them. What a run keeps for the
// next is the spells of all users, which it brings up to date as it does totals, and what
// the caps came to at each look, which holds for the looks before the first at which
// something has changed. Spells are told by what they say alone, not by their users; so it
// does not do for bundles whose looks are linked by user.

// cappedLook is what the caps of a bundle come to at a look.
type cappedLook struct {
	capping []Capping
	changed [][]int64  // by arm and outcome, how many users the caps change
	cells   *raw.Cells // by arm, of capped numbers
}

// keepable reports whether the caps of the bundle, if it has any, can be brought up to date.
func (b *bundle) keepable() bool { return b.caps == nil || !b.cross }

// compareSpells orders spells by all that is kept of them: looks, arm and numbers.
func compareSpells(a, b spell) int {
	order := cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.arm, b.arm))
	for i := range a.x {
		if order != 0 {
			break
		}
		order = cmp.Compare(a.x[i], b.x[i])
	}
	return order
}

// exchangeSpells puts spells in and takes others out of those of a bundle, which are in order
// and stay so. It reports whether all that were to be taken out were there.
func exchangeSpells(all, in, out []spell) ([]spell, bool) {
	slices.SortFunc(in, compareSpells)
	slices.SortFunc(out, compareSpells)
	merged := make([]spell, 0, len(all)+len(in)-min(len(out), len(all)))
	for len(all)+len(in) > 0 {
		from := &all
		if len(all) == 0 || len(in) > 0 && compareSpells(in[0], all[0]) < 0 {
			from = &in
		}
		next := (*from)[0]
		*from = (*from)[1:]
		if len(out) > 0 && compareSpells(next, out[0]) == 0 {
			out = out[1:]
			continue
		}
		merged = append(merged, next)
	}
	return merged, len(out) == 0
}

// unchanged returns how many looks of the run from the first on are the same for a bundle: those
// before the first at which spells, or the users whom the clock counts, differ.
func (o ownLooks) unchanged(in, out []spell, clock []int64) int {
	same := o.skip + o.looks
	for _, s := range slices.Concat(in, out) {
		same = min(same, int(s.from))
	}
	for at, n := range clock {
		if n != 0 {
			same = min(same, o.skip+at%o.looks)
		}
	}
	return same
}

// exchangeSpells brings the spells of the base up to date by those of the difference, and
// forgets what caps came to at looks that have changed. It reports whether they fit.
func (p *program) exchangeSpells(base, difference *experimentTotals) bool {
	for i := range p.bundles {
		b := &p.bundles[i]
		if b.caps == nil {
			continue
		}
		in, out := difference.spells[i], difference.taken[i]
		capped := base.capped[i]
		clear(capped[min(p.unchanged(in, out, difference.clocks[b.clock]), len(capped)):])
		spells, ok := exchangeSpells(base.spells[i], in, out)
		if !ok {
			return false
		}
		base.spells[i], difference.spells[i], difference.taken[i] = spells, nil, nil
	}
	return true
}

// capLooks finds what caps come to at all looks asked for, where it is not known.
func (p *program) capLooks(t *experimentTotals, asked int) {
	for i := range p.bundles {
		b := &p.bundles[i]
		if b.caps == nil {
			continue
		}
		if t.capped[i] == nil {
			t.capped[i] = make([]cappedLook, asked)
			slices.SortFunc(t.spells[i], compareSpells)
		}
		if !slices.ContainsFunc(t.capped[i], func(l cappedLook) bool { return l.cells == nil }) {
			continue
		}
		// A walk adds up what it goes through: here copies.
		clock := slices.Clone(t.clocks[b.clock])
		cumulateAll([][]int64{clock}, p.looks)
		w := &lookWalk{
			bundle: b, ownLooks: p.ownLooks, k: -1, raw: t.bundles[i].Pick(0, 1), clock: clock,
			caps: newCapper(b, t.spells[i]), known: t.capped[i], users: make([]int64, p.arms()),
		}
		for range asked - p.skip {
			w.next()
		}
		for k := range p.skip {
			t.capped[i][k] = t.capped[i][p.skip]
		}
	}
}

// keptCaps is the spells of a bundle, and what its caps came to.
type keptCaps struct {
	// Of the spells in order, as they are in memory: looks and arm in 4 bytes, width numbers.
	From, To, Arm, X []byte
	Looks            []keptCappedLook
}

type keptCappedLook struct {
	Capping []keptCapping
	Changed [][]int64
	Cells   raw.KeptCells
}

// keptCapping is Capping, where gob would take a bound of 0 for none.
type keptCapping struct {
	Lower, Upper []float64 // none or one
	Problem      CapProblem
}

func keepCapping(c Capping) keptCapping {
	k := keptCapping{Problem: c.Problem}
	if c.Lower != nil {
		k.Lower = []float64{*c.Lower}
	}
	if c.Upper != nil {
		k.Upper = []float64{*c.Upper}
	}
	return k
}

// give returns what was kept. It reports whether the problem is one that there is.
func (k *keptCapping) give() (c Capping, ok bool) {
	c.Problem = k.Problem
	if len(k.Lower) > 0 {
		c.Lower = &k.Lower[0]
	}
	if len(k.Upper) > 0 {
		c.Upper = &k.Upper[0]
	}
	return c, k.Problem >= CapApplied && k.Problem <= CapBoundsCross
}

// keepCaps returns the spells of a bundle, and what its caps came to at each look.
func keepCaps(b *bundle, spells []spell, looks []cappedLook) keptCaps {
	width := len(b.whole)
	from, to, arm, x := make([]int32, len(spells)), make([]int32, len(spells)), make([]int32, len(spells)), make([]float64, 0, width*len(spells))
	for i := range spells {
		s := &spells[i]
		from[i], to[i], arm[i] = s.from, s.to, s.arm
		x = append(x, s.x[:width]...)
	}
	k := keptCaps{From: scatter.BytesOf(from), To: scatter.BytesOf(to), Arm: scatter.BytesOf(arm), X: scatter.BytesOf(x)}
	for _, l := range looks {
		kept := keptCappedLook{Changed: l.changed, Cells: l.cells.Keep()}
		for _, c := range l.capping {
			kept.Capping = append(kept.Capping, keepCapping(c))
		}
		k.Looks = append(k.Looks, kept)
	}
	return k
}

// keepCaps adds the caps of all bundles to what is kept.
func (k *keptTotals) keepCaps(p *program, t *experimentTotals) {
	k.Caps = make([]keptCaps, len(p.bundles))
	for i := range p.bundles {
		if b := &p.bundles[i]; b.caps != nil {
			k.Caps[i] = keepCaps(b, t.spells[i], t.capped[i])
		}
	}
}

// giveCaps puts the kept caps into fresh totals. It reports whether they fit.
func (k *keptTotals) giveCaps(p *program, t *experimentTotals, looks raw.Move, asked int, wholeFits bool) bool {
	if len(k.Caps) != len(p.bundles) {
		return false
	}
	for i := range p.bundles {
		b := &p.bundles[i]
		if b.caps == nil {
			continue
		}
		var ok bool
		if t.spells[i], t.capped[i], ok = k.Caps[i].give(b, p.arms(), asked, looks, wholeFits); !ok {
			return false
		}
	}
	return true
}

// give returns the spells and looks of a bundle. It reports whether what was kept fits.
func (k *keptCaps) give(b *bundle, arms, asked int, looks raw.Move, wholeFits bool) (spells []spell, capped []cappedLook, ok bool) {
	width, n := len(b.whole), len(k.From)/4
	if len(k.From) != 4*n || len(k.To) != 4*n || len(k.Arm) != 4*n || len(k.X) != 8*n*width || len(k.Looks) >= len(looks.To) {
		return nil, nil, false
	}
	from, to, arm, x := scatter.FromBytes[int32](k.From, n), scatter.FromBytes[int32](k.To, n), scatter.FromBytes[int32](k.Arm, n), scatter.FromBytes[float64](k.X, n*width)
	spells = make([]spell, n)
	for i := range spells {
		s := spell{from: from[i], to: to[i], arm: arm[i], entered: true}
		if s.from < 0 || int(s.from) >= len(looks.To) || s.to <= s.from || s.arm < 0 || int(s.arm) >= arms {
			return nil, nil, false
		}
		s.from = int32(looks.To[s.from])
		if s.to != math.MaxInt32 {
			if int(s.to) >= len(looks.To) {
				return nil, nil, false
			}
			s.to = int32(looks.To[s.to])
		}
		if s.from < 0 || s.to < 0 {
			return nil, nil, false
		}
		copy(s.x[:], x[i*width:(i+1)*width])
		spells[i] = s
	}
	if !slices.IsSortedFunc(spells, compareSpells) {
		return nil, nil, false
	}
	capped = make([]cappedLook, asked)
	for was := range k.Looks {
		l := &k.Looks[was]
		now := looks.To[was]
		if now < 0 {
			continue
		}
		cells := raw.NewCells(b.wholeIf(wholeFits), len(b.converted), arms)
		ok := now < asked && len(l.Capping) == b.outcomes && len(l.Changed) == arms && l.Cells.Give(cells, raw.Move{To: []int{0}, Looks: 1})
		for _, changed := range l.Changed {
			ok = ok && len(changed) == b.outcomes
		}
		var capping []Capping
		for i := range l.Capping {
			c, fits := l.Capping[i].give()
			capping, ok = append(capping, c), ok && fits
		}
		if !ok {
			return nil, nil, false
		}
		capped[now] = cappedLook{capping, l.Changed, cells}
	}
	return spells, capped, true
}
