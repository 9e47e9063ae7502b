package experiment

import (
	"testing"
	"time"
)

// TestCheckEdits says what may be edited while the experiment runs.
func TestCheckEdits(t *testing.T) {
	f := func(name string, change func(*Project, *Experiment), want string, wantReason string) {
		t.Helper()
		start := at(t, "2026-01-10T00:00:00Z")
		p := completeProject(t)
		e, _ := p.Experiment("checkout-button")
		e.Variants = append(e.Variants, Variant{Name: "huge", Line: 10})
		log := &Log{states: make(map[string]State)}
		play(t, log, e, Request{Action: ActionStart, At: start})
		play(t, log, e, Request{Action: ActionStopVariant, At: start.Add(time.Hour), Variant: "huge"})
		change(p, e)
		got, reason := "", ""
		if errs := CheckEdits(p, log, start.Add(48*time.Hour)); len(errs) > 0 {
			got = errs.Error()
		}
		same(t, name, want, got)
		for _, entry := range Changes(p, log, start.Add(48*time.Hour)) {
			reason += entry.Why
		}
		same(t, name+" reason", wantReason, reason)
	}
	edit := func(change func(*Experiment)) func(*Project, *Experiment) {
		return func(_ *Project, e *Experiment) { change(e) }
	}
	const file = "experiments/checkout-button.yaml:"

	f("nothing", edit(func(*Experiment) {}), "", "")
	f("texts", edit(func(e *Experiment) { e.Title, e.Hypothesis = "x", "y" }), "", "title, hypothesis changed")
	f("audience, pages, payload", edit(func(e *Experiment) {
		e.Audience, e.Pages, e.Variants[1].Payload = nil, Pages{}, []byte("1")
	}), "", "payload, audience, pages changed")
	f("traffic", edit(func(e *Experiment) { e.Variants[0].Traffic, e.Variants[1].Traffic = Whole/4, 3*Whole/4 }),
		"", "traffic changed; new users are split anew and the analysis begins a new phase, users who are in keep their variant")
	f("coverage", edit(func(e *Experiment) { e.Coverage = Whole / 5 }),
		"", "coverage changed; users who are in stay in, whoever was left out stays out unless excluded is reconsider")
	f("secondary metrics", edit(func(e *Experiment) { e.Scorecard.Secondary = nil }), "", "secondary changed")
	f("later end", edit(func(e *Experiment) { e.Schedule.End = at(t, "2026-03-01T00:00:00Z").In(e.Schedule.End.Location()) }),
		"", "schedule changed; it still ends 2026-02-02T00:00:00+01:00, only readout extend and stop move that")

	f("past end", edit(func(e *Experiment) { e.Schedule.End = at(t, "2026-01-11T23:00:00Z").In(e.Schedule.End.Location()) }),
		file+"1: schedule.end was moved into the past, to 2026-01-12T00:00:00+01:00, while checkout-button is Running: put it back, and end it now with readout stop checkout-button --why …", "")
	f("renamed", edit(func(e *Experiment) { e.Variants[1].Name = "large" }),
		file+`9: variant "big" was renamed to "large" or replaced by it while checkout-button is Running: put the name back, title and payload may change; a new idea needs a new experiment`, "")
	f("removed", edit(func(e *Experiment) { e.Variants = e.Variants[:1] }),
		file+`1: variant "big" was removed while checkout-button is Running: put it back, and stop it with readout stop-variant checkout-button big --why …`+"\n"+
			file+`1: variant "huge" was removed while checkout-button is Running: put it back, its users are known by it although it is stopped`, "")
	f("added", edit(func(e *Experiment) { e.Variants = append(e.Variants, Variant{Name: "tiny", Line: 11}) }),
		file+`11: variant "tiny" was added while checkout-button is Running: an arm added later needs a new experiment`, "")
	f("order", edit(func(e *Experiment) { e.Variants[0], e.Variants[1] = e.Variants[1], e.Variants[0] }),
		file+"1: variants were put in another order, which would give new users other variants while checkout-button is Running: put back the order control, big, huge", "")
	f("salt", edit(func(e *Experiment) { e.Salt = "x" }),
		file+`1: salt was "checkout-2026" and is now "x", which would give users other variants while checkout-button is Running: put it back, or start a new experiment`, "")
	f("hash", edit(func(e *Experiment) { e.Hash = Hashes()[1] }),
		file+"1: hash was readout and is now growthbook-v2, which would give users other variants while checkout-button is Running: put it back, or start a new experiment", "")
	f("type", edit(func(e *Experiment) { e.Type = TypePersonalization }),
		file+"1: type was changed while checkout-button is Running: put it back, or write another definition under a new name", "")
	f("metric", edit(func(e *Experiment) { e.Scorecard.Primary[0].Numerator.Event = "x" }),
		"readout.yaml:19: the definition of metric purchased was changed while checkout-button is Running: put it back, here or in the defaults of readout.yaml, and give the new definition a name of its own", "")
	f("secondary metric", edit(func(e *Experiment) { e.Scorecard.Secondary[0].Numerator.Event = "x" }),
		"readout.yaml:21: the definition of metric revenue was changed while checkout-button is Running: put it back, here or in the defaults of readout.yaml, and give the new definition a name of its own", "")
	f("primary", edit(func(e *Experiment) { e.Scorecard.Primary = nil }),
		file+"1: scorecard primary was changed while checkout-button is Running: put it back, secondary metrics may come and go", "")
	f("margin", edit(func(e *Experiment) { e.Scorecard.Guardrails[0].Margin = 0.1 }),
		file+"1: scorecard guardrails was changed while checkout-button is Running: put it back, secondary metrics may come and go", "")
	f("statistics", edit(func(e *Experiment) { e.Statistics.Confidence = 0.9 }),
		file+"1: statistics was changed while checkout-button is Running, so that its looks would no longer count: put it back, here or in the defaults of readout.yaml; readout analyze checkout-button answers with other settings", "")
	f("no file", func(p *Project, _ *Experiment) { p.Experiments = p.Experiments[1:] },
		"experiments: checkout-button is Running, but no file defines it: bring its file back, or the name in it; it may go when the experiment is archived", "")
	f("a file with a fault", func(p *Project, _ *Experiment) {
		p.Experiments, p.Faulty = p.Experiments[1:], []string{"checkout-button"}
	}, "", "")
	f("a folder that cannot be read", func(p *Project, _ *Experiment) {
		p.Experiments, p.Unlisted = nil, true
	}, "", "")
}

// play makes a move in memory, after the transitions that are due.
func play(t testing.TB, log *Log, e *Experiment, r Request) {
	t.Helper()
	r.By, r.Why = "ann", "because"
	for _, due := range log.State(e).Due(r.At) {
		if err := log.add(due); err != nil {
			t.Fatal(err)
		}
	}
	entry, err := Move(e, log.State(e), r)
	if err == nil {
		err = log.add(entry)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestEditsByStatus refuses an edit only while there are users whom it harms.
func TestEditsByStatus(t *testing.T) {
	e := checkout(t)
	log := &Log{states: make(map[string]State)}
	p := &Project{Experiments: []*Experiment{e}}
	refused := func(now string, want int) {
		t.Helper()
		renamed := *e
		renamed.Variants = append([]Variant{}, e.Variants...)
		renamed.Variants[1].Name = "large"
		p.Experiments[0] = &renamed
		if errs := CheckEdits(p, log, at(t, now)); len(errs) != want {
			t.Errorf("%s: %d refused, want %d: %v", now, len(errs), want, errs)
		}
	}
	refused("2026-01-01T00:00:00Z", 0)
	play(t, log, e, Request{Action: ActionSchedule, At: at(t, "2026-01-02T00:00:00Z")})
	refused("2026-01-03T00:00:00Z", 0)
	// Running by its clock, whether or not that is logged.
	refused("2026-01-05T00:00:00Z", 1)
	play(t, log, e, Request{Action: ActionStop, At: at(t, "2026-01-20T00:00:00Z")})
	refused("2026-01-21T00:00:00Z", 1)
	// After the end another end in the YAML harms nobody.
	sooner := *e
	sooner.Schedule.End = at(t, "2026-01-19T00:00:00Z")
	p.Experiments[0] = &sooner
	if errs := CheckEdits(p, log, at(t, "2026-01-21T00:00:00Z")); errs != nil {
		t.Errorf("refused %v", errs)
	}
	play(t, log, e, Request{Action: ActionDecide, Variant: "bigger", At: at(t, "2026-01-22T00:00:00Z")})
	refused("2026-01-23T00:00:00Z", 0)

	e.Variants = e.Variants[:2]
	p.Experiments[0] = e
	same(t, "decided variant",
		`experiments/checkout.yaml:1: variant "bigger" is gone, but it was decided that everybody gets it: put it back`,
		CheckEdits(p, log, at(t, "2026-01-23T00:00:00Z")).Error())
	if changes := Changes(p, log, at(t, "2026-01-23T00:00:00Z")); changes != nil {
		t.Errorf("a refused edit was recorded: %v", changes)
	}
}

// TestUndefined: what is under way, or decided, needs its file; a Draft and what is archived do not.
func TestUndefined(t *testing.T) {
	start := at(t, "2026-01-10T00:00:00Z")
	stop := Request{Action: ActionStop, At: start.Add(time.Hour)}
	decide := Request{Action: ActionDecide, At: start.Add(2 * time.Hour), Variant: "big"}
	f := func(want string, moves ...Request) {
		t.Helper()
		p := completeProject(t)
		e, _ := p.Experiment("checkout-button")
		log := &Log{states: make(map[string]State)}
		for _, r := range moves {
			play(t, log, e, r)
		}
		p.Experiments = nil
		got := ""
		names, errs := Undefined(p, log, start.Add(3*time.Hour))
		for _, err := range errs {
			got += err.Message
		}
		same(t, "message", want, got)
		if len(names) != len(errs) {
			t.Errorf("%d names with %d errors", len(names), len(errs))
		}
	}
	gone := func(status string) string {
		return "checkout-button is " + status + ", but no file defines it: bring its file back, or the name in it; it may go when the experiment is archived"
	}
	begin := Request{Action: ActionStart, At: start}
	f("")
	f("", Request{Action: ActionSchedule, At: at(t, "2026-01-01T00:00:00Z")}, Request{Action: ActionCancel, At: at(t, "2026-01-02T00:00:00Z")})
	f(gone("Running"), begin)
	f(gone("Ready for review"), begin, stop)
	f(gone("Completed"), begin, stop, decide)
	f("", begin, stop, decide, Request{Action: ActionArchive, At: start.Add(2 * time.Hour)})
}
