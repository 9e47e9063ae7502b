package experiment

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// CheckEdits returns the edits that a running experiment does not bear, each
// with the way out: of the experiments that are Running or Ready for review at
// now, compared with the definition in the log, and of the variants that
// decisions ship. Edits that it does not return are allowed; [Changes] records
// them. It also returns what [Undefined] does.
func CheckEdits(p *Project, log *Log, now time.Time) Errors {
	var errs Errors
	for _, e := range p.Experiments {
		errs = append(errs, checkEdits(log, e, now)...)
	}
	_, gone := Undefined(p, log, now)
	errs = append(errs, gone...)
	errs.sort()
	return errs
}

// Undefined returns the experiments of the log that no file defines any more, and an error for
// each, unless nobody knows which files there are.
func Undefined(p *Project, log *Log, now time.Time) (names []string, errs Errors) {
	for _, name := range log.Experiments() {
		state, _ := log.Recorded(name)
		_, defined := p.Experiment(name)
		if p.Unlisted || defined || slices.Contains(p.Faulty, name) || state.Status == Draft || state.Archived {
			continue
		}
		names = append(names, name)
		errs = append(errs, Error{File: "experiments", Message: fmt.Sprintf(
			"%s is %s, but no file defines it: bring its file back, or the name in it; it may go when the experiment is archived", name, state.At(now))})
	}
	return names, errs
}

// checkEdits is CheckEdits for one experiment.
func checkEdits(log *Log, e *Experiment, now time.Time) Errors {
	s := log.State(e)
	c := &editChecker{e: e, state: s, status: s.At(now)}
	switch {
	case c.status == Completed:
		c.decided()
		c.exclusion(log, now)
	case s.Definition != nil && c.status.underWay():
		c.next = e.Definition()
		c.running(now)
		c.exclusion(log, now)
	}
	if len(c.errs) == 0 {
		c.clock(now)
	}
	return c.errs
}

// An editChecker compares one experiment with its recorded definition.
type editChecker struct {
	e      *Experiment
	state  State
	status Status
	next   *Definition // of the YAML
	errs   Errors
}

func (c *editChecker) refuse(line int, format string, args ...any) {
	c.errs = append(c.errs, Error{File: c.e.File, Line: line, Message: fmt.Sprintf(format, args...)})
}

// clock refuses an edit that would be recorded before entries that are in the log.
func (c *editChecker) clock(now time.Time) {
	_, err := c.e.dated(c.state, now)
	if err == nil || c.state.Definition == nil || len(c.state.Definition.changes(c.e.Definition())) == 0 {
		return
	}
	c.refuse(c.e.Line, "it was changed, and from when on cannot be recorded: %v", err)
}

// decided refuses to take away the variant that a decision ships.
func (c *editChecker) decided() {
	if _, ok := c.e.Variant(c.state.Decision.Variant); !ok {
		c.refuse(c.e.Line, "variant %q is gone, but it was decided that everybody gets it: put it back", c.state.Decision.Variant)
	}
}

// running refuses what would break an experiment with users in it.
func (c *editChecker) running(now time.Time) {
	changed := c.state.Definition.changes(c.next)
	c.variants()
	c.metrics()
	for _, field := range changed {
		switch field {
		case "type":
			c.refuse(c.e.Line, "type was changed while %s is %s: put it back, or write another definition under a new name", c.e.Name, c.status)
		case "salt":
			c.refuse(c.e.Line, "salt was %q and is now %q, which would give users other variants while %s is %s: put it back, or start a new experiment",
				c.state.Definition.Salt, c.e.Salt, c.e.Name, c.status)
		case "hash":
			c.refuse(c.e.Line, "hash was %s and is now %s, which would give users other variants while %s is %s: put it back, or start a new experiment",
				c.state.Definition.Bucket, c.e.Hash, c.e.Name, c.status)
		case "statistics", "several_variants":
			c.refuse(c.e.Line, "%s was changed while %s is %s, so that its looks would no longer count: put it back, here or in the defaults of readout.yaml; readout analyze %s answers with other settings",
				field, c.e.Name, c.status, c.e.Name)
		case "schedule":
			c.schedule(now)
		}
	}
}

// variants refuses to rename, remove, add or reorder variants.
func (c *editChecker) variants() {
	before, after := c.state.Definition.variants(), c.e.variantNames()
	gone, added := missingFrom(before, after), missingFrom(after, before)
	switch {
	case len(gone) > 0 && len(gone) == len(added):
		for i, name := range gone {
			c.refuse(c.line(added[i]), "variant %q was renamed to %q or replaced by it while %s is %s: put the name back, title and payload may change; a new idea needs a new experiment",
				name, added[i], c.e.Name, c.status)
		}
		return
	case len(gone) == 0 && len(added) == 0 && !slices.Equal(before, after):
		c.refuse(c.e.Line, "variants were put in another order, which would give new users other variants while %s is %s: put back the order %s",
			c.e.Name, c.status, strings.Join(before, ", "))
	}
	for _, name := range gone {
		if _, stopped := c.state.VariantStopped(name); stopped {
			c.refuse(c.e.Line, "variant %q was removed while %s is %s: put it back, its users are known by it although it is stopped", name, c.e.Name, c.status)
			continue
		}
		c.refuse(c.e.Line, "variant %q was removed while %s is %s: put it back, and stop it with readout stop-variant %s %s --why …",
			name, c.e.Name, c.status, c.e.Name, name)
	}
	for _, name := range added {
		c.refuse(c.line(name), "variant %q was added while %s is %s: an arm added later needs a new experiment", name, c.e.Name, c.status)
	}
}

// metrics refuses other definitions of metrics, and other metrics to decide by.
func (c *editChecker) metrics() {
	redefined := false
	for _, m := range c.e.Scorecard.Metrics() {
		before, recorded := c.state.Definition.Metrics[m.Name]
		if recorded && before != c.next.Metrics[m.Name] {
			redefined = true
			c.errs = append(c.errs, Error{File: m.File, Line: m.Line, Message: fmt.Sprintf(
				"the definition of metric %s was changed while %s is %s: put it back, here or in the defaults of readout.yaml, and give the new definition a name of its own",
				m.Name, c.e.Name, c.status)})
		}
	}
	if redefined {
		return
	}
	for _, role := range []string{"primary", "guardrails"} {
		if c.state.Definition.differs(c.next, role) {
			c.refuse(c.e.Line, "scorecard %s was changed while %s is %s: put it back, secondary metrics may come and go", role, c.e.Name, c.status)
		}
	}
}

// schedule refuses an end in the past of an experiment that runs. Any other date
// in the YAML has no effect any more: the log holds the facts.
func (c *editChecker) schedule(now time.Time) {
	end := c.e.Schedule.End
	if c.status != Running || end.After(now) || end.Equal(c.state.End) {
		return
	}
	c.refuse(c.e.Line, "schedule.end was moved into the past, to %s, while %s is %s: put it back, and end it now with readout stop %s --why …",
		c.e.stamp(end), c.e.Name, c.status, c.e.Name)
}

// line returns where a variant is defined.
func (c *editChecker) line(name string) int {
	v, _ := c.e.Variant(name)
	return v.Line
}

// missingFrom returns the texts of list that are not in other.
func missingFrom(list, other []string) []string {
	var missing []string
	for _, text := range list {
		if !slices.Contains(other, text) {
			missing = append(missing, text)
		}
	}
	return missing
}

// Changes returns the entries that record how definitions differ from those in
// the log, one per experiment, to be appended at a publish. Drafts, archived
// experiments and those with an edit that [CheckEdits] refuses have none.
// Transitions due must be in the log before.
func Changes(p *Project, log *Log, now time.Time) []Entry {
	var entries []Entry
	for _, e := range p.Experiments {
		s := log.State(e)
		if s.Status == Draft || s.Archived || len(checkEdits(log, e, now)) > 0 {
			continue
		}
		next := e.Definition()
		at := now
		if s.last.After(now) {
			at = s.last
		}
		entry := Entry{
			Experiment: e.Name, At: at.UTC(), Action: ActionPublish, From: s.Status, To: s.Status,
			Definition: next, By: "readout",
		}
		if s.Definition == nil {
			entry.Why = "no definition was recorded yet"
			entries = append(entries, entry)
			continue
		}
		if entry.Changed = s.Definition.changes(next); len(entry.Changed) == 0 {
			continue
		}
		entry.Why = e.reason(s, entry.Changed)
		entries = append(entries, entry)
	}
	return entries
}

// reason says what follows from changed fields.
func (e *Experiment) reason(s State, changed []string) string {
	has := func(field string) bool { return slices.Contains(changed, field) }
	parts := []string{strings.Join(changed, ", ") + " changed"}
	switch s.Status {
	case Scheduled:
		return parts[0] + " before the start"
	case ReadyForReview:
		return parts[0] + " after the end"
	case Completed:
		return parts[0] + " after the decision"
	}
	if has("traffic") {
		parts = append(parts, "new users are split anew and the analysis begins a new phase, users who are in keep their variant")
	}
	if has("coverage") {
		parts = append(parts, "users who are in stay in, whoever was left out stays out unless excluded is reconsider")
	}
	if has("schedule") && !e.Schedule.End.Equal(s.End) {
		parts = append(parts, fmt.Sprintf("it still ends %s, only readout extend and stop move that", e.stamp(s.End)))
	}
	return strings.Join(parts, "; ")
}
