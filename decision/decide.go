package decision

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"readout/experiment"
)

// A Visitor is who asks, where and on what.
type Visitor struct {
	ID      string // what is hashed and counted, verbatim; empty for nobody
	Session string // of the visit; empty is a visit of its own
	URL     string
	Device  string // mobile or desktop, in any case; anything else is on all devices only
	Known   Known

	placeholders map[string]any // what Known says, as payloads see it; made when one asks
}

// attributes returns what is known of the visitor as the placeholders of payloads see it.
func (v *Visitor) attributes() map[string]any {
	if v.placeholders == nil {
		v.placeholders = nested(v.Known.all())
	}
	return v.placeholders
}

// An Outcome is what one experiment decided about one visitor.
type Outcome struct {
	Variant string // empty when none was drawn
	Shown   bool
	Body    []byte // JSON of the payload; nil for none
	Reason  Reason
	// Remember is what is to be stored before the answer leaves, when Changed.
	Remember Assignment
	Changed  bool
	// Expose says that an exposure is to be logged together with Remember.
	Expose bool
}

// Decide decides about a visitor of whom earlier is remembered. Without expose nothing is
// spent: no exposure, no display budget; an assignment that is made all the same is to be
// remembered, so that it holds.
//
// The order is: status, forced variant, audience, page and device, then the assignment, kept
// if there is one, else drawn behind holdouts, exclusion group and coverage, then the display
// budget and the payload: before somebody enters those of all variants.
func (x *Experiment) Decide(v *Visitor, earlier Assignment, now time.Time, expose bool) Outcome {
	status := x.def.StatusAt(now)
	if status == experiment.Draft || status == experiment.Scheduled {
		return out(NotRunning)
	}
	if v.ID == "" {
		return out(NoID)
	}
	if i, ok := x.forced[v.ID]; ok {
		return x.show(Outcome{Reason: ForcedVariant}, i, v)
	}
	switch {
	case !x.audience(v.Known):
		return out(NotInAudience)
	case !x.pages.match(v.URL):
		return out(NotOnPage)
	case !x.onDevice(v.Device):
		return out(NotOnDevice)
	}
	o := Outcome{Remember: earlier}
	var shown int
	if status == experiment.Completed {
		o.Reason, shown = Decided, x.variant(x.def.Decision.Variant)
	} else if shown = x.assign(&o, v.ID, now); o.Reason.hides() {
		return o
	}
	session, visit := x.visit(v)
	if x.spent(earlier, session, visit) {
		o.Reason = AlreadyShown
		return o
	}
	if o.Reason == Assigned && x.enters(earlier) {
		if other, _ := x.unrendered(shown, v, now); other >= 0 {
			o.Reason = NotRendered
			return o
		}
	}
	o = x.show(o, shown, v)
	if !o.Shown || !expose {
		return o
	}
	if x.def.Display == experiment.DisplayOnce || visit {
		o.Remember = o.Remember.show(session, visit)
	}
	if o.Reason == Assigned && x.enters(earlier) {
		o.Remember.Exposed, o.Expose = true, true
	}
	o.Changed = !o.Remember.Equal(earlier)
	return o
}

func out(r Reason) Outcome { return Outcome{Reason: r} }

// hides reports whether nothing is shown for a reason.
func (r Reason) hides() bool {
	switch r {
	case Assigned, ForcedVariant, Decided, VariantStopped:
		return false
	}
	return true
}

// assign takes the variant that is remembered, or draws one, and returns the position of
// the one to show.
func (x *Experiment) assign(o *Outcome, id string, now time.Time) int {
	earlier := o.Remember
	if earlier.Variant == "" && (earlier.Out == "" || x.def.Excluded == experiment.ExcludedReconsider) {
		variant, reason := x.drawFor(id, now)
		if variant < 0 && earlier.Out != "" {
			o.Reason = reason
			return -1
		}
		o.Remember.At, o.Changed = now.UTC().Truncate(time.Microsecond), true
		if variant < 0 {
			o.Remember.Out = reason
		} else {
			o.Remember.Variant, o.Remember.Out = x.def.Variants[variant].Name, ""
		}
	}
	if o.Remember.Variant == "" {
		o.Reason = o.Remember.Out
		return -1
	}
	o.Reason = Assigned
	i := x.variant(o.Remember.Variant)
	if i < 0 || x.stoppedAt(i, now) {
		o.Reason, i = VariantStopped, x.control()
	}
	return i
}

// control returns the position of the control, or of a personalization's only variant.
func (x *Experiment) control() int { return max(0, x.variant(experiment.Control)) }

// drawFor draws a variant for somebody new, or returns -1 and why there is none.
func (x *Experiment) drawFor(id string, now time.Time) (int, Reason) {
	if x.holdouts.to > 0 && x.holdouts.has(bucket("", stageHoldout, id)) {
		return -1, HeldOut
	}
	if g := x.def.Exclusion; g != nil && !x.reserved.has(bucket(g.Group, stageGroup, id)) {
		return -1, InOtherGroup
	}
	traffic := x.traffic()
	i, covered := x.draw(x.def.Salt, id, x.def.Coverage, traffic)
	if !covered {
		return -1, NotCovered
	}
	return x.redraw(i, id, now, traffic), ""
}

// traffic returns the shares of the variants, stopped ones too, for the caller to keep.
func (x *Experiment) traffic() []experiment.Share {
	traffic := make([]experiment.Share, len(x.def.Variants))
	for i, v := range x.def.Variants {
		traffic[i] = v.Traffic
	}
	return traffic
}

// stoppedAt reports whether a variant, by position, is stopped at an instant.
func (x *Experiment) stoppedAt(i int, now time.Time) bool {
	at, stopped := x.stopped[i]
	return stopped && !now.Before(at)
}

// redraw draws again among the variants that run when variant i has been stopped: in
// proportion to their shares, by a hash of its own, so that whoever fell to one of those
// is not moved.
func (x *Experiment) redraw(i int, id string, now time.Time, traffic []experiment.Share) int {
	if !x.stoppedAt(i, now) {
		return i
	}
	var left experiment.Share
	for j := range traffic {
		if x.stoppedAt(j, now) {
			traffic[j] = 0
		}
		left += traffic[j]
	}
	if left == 0 {
		return x.control()
	}
	b := bucket(x.def.Salt, stageVariant+"/stopped", id)
	return at(traffic, experiment.Share(int64(b)*int64(left)/int64(experiment.Whole)))
}

// visit returns the hash of the visitor's session, if the display budget is one per visit and
// there is a session.
func (x *Experiment) visit(v *Visitor) (session uint64, ok bool) {
	if x.def.Display != experiment.DisplayOncePerVisit || v.Session == "" {
		return 0, false
	}
	return sessionHash(v.Session), true
}

// spent reports whether the display budget is.
func (x *Experiment) spent(earlier Assignment, session uint64, visit bool) bool {
	return x.def.Display == experiment.DisplayOnce && earlier.seen() || visit && slices.Contains(earlier.Sessions, session)
}

// enters reports whether a visitor who is shown the assigned variant is counted from then on.
func (x *Experiment) enters(earlier Assignment) bool {
	return x.def.Type == experiment.TypeExperiment && !earlier.Exposed
}

// unrendered returns the first variant beside the one to show, by position, whose payload cannot
// be made for a visitor, and why; -1 for none. It is asked before somebody enters: who is counted
// must not depend on the draw, or a variant with a fault would lack visitors that the others have.
func (x *Experiment) unrendered(shown int, v *Visitor, now time.Time) (int, error) {
	for i, p := range x.payloads {
		if i == shown || len(p.templates) == 0 || x.stoppedAt(i, now) {
			continue
		}
		if _, err := p.render(v); err != nil {
			return i, err
		}
	}
	return -1, nil
}

// show fills in a variant and its payload.
func (x *Experiment) show(o Outcome, i int, v *Visitor) Outcome {
	body, err := x.payloads[i].render(v)
	if err != nil {
		o.Reason = NotRendered
		return o
	}
	o.Variant, o.Shown, o.Body = x.def.Variants[i].Name, true, body
	return o
}

// onDevice reports whether the experiment is shown on a device. One that is unknown is on
// all devices only.
func (x *Experiment) onDevice(device string) bool {
	return x.def.Devices == experiment.DevicesAll || strings.EqualFold(device, string(x.def.Devices))
}

// sessionHash is what is remembered of a session: the first 8 bytes of its SHA-256.
func sessionHash(session string) uint64 {
	sum := sha256.Sum256([]byte(session))
	return binary.BigEndian.Uint64(sum[:8])
}
