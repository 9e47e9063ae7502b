package experiment

import (
	"cmp"
	"slices"
)

// everybody is the audience that needs no file.
const everybody = "everybody"

// An experimentDecoder reads one file of experiments/ against the rest of the project.
type experimentDecoder struct {
	decoder
	names   *names
	e       *Experiment
	blocked bool // something that e refers to has a fault, reported at its own place
	untyped bool // the type has a fault, so that nobody can say what the variants need
	// writtenOut is how many bytes templates and audiences come to in e.
	writtenOut int
}

// experiment reads one definition. It returns nil when it is no mapping at all.
func (d *experimentDecoder) experiment(n *node, p *Project) *Experiment {
	e := &Experiment{
		File: d.file, Line: n.line, Type: Types()[0], Coverage: Whole,
		Statistics: p.Defaults.Statistics, SeveralVariants: p.Defaults.SeveralVariants,
		Display: Displays()[0], Devices: AllDevices()[0], Hash: Hashes()[0], Excluded: ExcludedPolicies()[0],
	}
	d.e = e
	if t := n.get("type"); t != nil {
		d.untyped = !slices.Contains(asTexts(Types()), t.text)
	}
	if !d.object(n, "experiment", d.fields(p)...) {
		return nil
	}
	e.Title = cmp.Or(e.Title, e.Name)
	e.Salt = cmp.Or(e.Salt, e.Name)
	e.Selector = cmp.Or(e.Selector, e.Name)
	d.checkType(n)
	d.checkForced(n)
	return e
}

// fields returns the keys of an experiment.
func (d *experimentDecoder) fields(p *Project) []field {
	e := d.e
	return []field{
		{"name", rule{func(n *node) {
			if text, ok := d.text(n, "name"); ok && d.name(n, text, "name") {
				e.Name = text
			}
		}, nameShape(namePattern)}, "name is missing"},
		{"title", d.textInto(&e.Title, "title"), ""},
		{"hypothesis", d.textInto(&e.Hypothesis, "hypothesis"), ""},
		{"owner", d.textInto(&e.Owner, "owner"), ""},
		{"type", choice(&d.decoder, &e.Type, "type", Types()), ""},
		{"salt", d.textInto(&e.Salt, "salt"), ""},
		{"selector", d.wordInto(&e.Selector, "selector"), ""},
		{"groups", rule{func(n *node) { e.Groups = d.words(n, "group") }, setShape(nameShape(wordPattern))}, ""},
		{"variants", rule{d.variants, d.variantsShape()}, "variants is missing"},
		{"scorecard", d.scorecard(), ""},
		{"statistics", d.objectRule("statistics", d.statistics(&e.Statistics)...), ""},
		d.severalVariants(&e.SeveralVariants),
		{"audience", rule{d.audience, anyShape(textShape(), refShape(conditionName))}, ""},
		{"pages", d.pages(&e.Pages), ""},
		{"display", choice(&d.decoder, &e.Display, "display", Displays()), ""},
		{"devices", choice(&d.decoder, &e.Devices, "devices", AllDevices()), ""},
		{"coverage", d.shareInto(&e.Coverage, "coverage"), ""},
		{"schedule", d.schedule(p), "schedule is missing: write schedule: {end: 2026-02-01}"},
		// Users are forced into variants: read when the variants are known.
		{"forced", rule{func(*node) {}, forcedShape()}, ""},
		{"exclusion", d.exclusion(), ""},
		{"hash", choice(&d.decoder, &e.Hash, "hash", Hashes()), ""},
		{"excluded", choice(&d.decoder, &e.Excluded, "excluded", ExcludedPolicies()), ""},
	}
}

func (d *experimentDecoder) exclusion() rule {
	x := &Exclusion{}
	return d.objectRule("exclusion",
		field{"group", d.wordInto(&x.Group, "group"), "group is missing"},
		field{"share", d.shareInto(&x.Share, "share"), "share is missing"},
	).then(func(*node) { d.e.Exclusion = x })
}

// audience reads conditions, the name of an audience, or everybody.
func (d *experimentDecoder) audience(n *node) {
	if n.kind == kindText && n.text == everybody {
		return
	}
	read := d.condition
	if n.kind == kindText {
		read = func(n *node, named func(*node) (Condition, bool)) (Condition, bool) { return named(n) }
	}
	if c, ok := read(n, d.namedAudience); ok {
		d.e.Audience = &c
	}
}

// namedAudience returns the condition of audiences/NAME.yaml.
func (d *experimentDecoder) namedAudience(n *node) (Condition, bool) {
	name, ok := d.text(n, "audience")
	if !ok {
		return Condition{}, false
	}
	c, known := d.names.audiences[name]
	if !known {
		d.errorf(n, "%s; audiences are the files audiences/NAME.yaml", Unknown("audience", name, sortedKeys(d.names.audiences)))
		return Condition{}, false
	}
	if c == nil {
		// Its fault is reported at its own place, and e is left out.
		d.blocked = true
		return Condition{}, true
	}
	d.writesOut(n, c.size)
	return *c, true
}

// schedule returns the rule of start and end.
func (d *experimentDecoder) schedule(p *Project) rule {
	s := &d.e.Schedule
	read := func(key string, end bool) rule {
		return rule{func(v *node) {
			text, ok := v.text, v.kind == kindNumber
			if !ok {
				text, ok = d.text(v, key)
			}
			if !ok {
				return
			}
			t, isDate, err := ParseInstant(text, p.Location, end)
			switch {
			case err != nil:
				d.errorf(v, "%s %q: %s", key, clip(text), err)
			case end:
				s.End, s.EndDate = t, isDate
			default:
				s.Start, s.StartDate = t, isDate
			}
		}, textShape()}
	}
	return d.objectRule("schedule",
		field{"start", read("start", false), ""},
		field{"end", read("end", true), "end is missing: every experiment needs one, such as end: 2026-02-01"},
	).then(func(n *node) {
		// Neither is zero unless it is missing or has a fault of its own.
		if !s.Start.IsZero() && !s.End.IsZero() && !s.End.After(s.Start) {
			d.errorf(n.get("end"), "end %s is not after start %s", n.get("end").text, n.get("start").text)
		}
	})
}

func (d *experimentDecoder) personalization() bool { return d.e.Type == TypePersonalization }

// checkType reports what does not fit the type of the definition.
func (d *experimentDecoder) checkType(n *node) {
	variants := n.get("variants")
	if variants == nil || variants.kind != kindMapping || d.untyped {
		return
	}
	if d.personalization() {
		d.checkPersonalization(n, variants)
		return
	}
	switch {
	case variants.get(Control) == nil:
		d.errorf(variants, "variant control is missing: every experiment needs one")
	case len(variants.pairs) < 2:
		d.errorf(variants, "control alone compares nothing: add a variant, or write type: personalization")
	}
}

// checkPersonalization reports what a personalization must have or must not have.
func (d *experimentDecoder) checkPersonalization(n, variants *node) {
	if len(variants.pairs) != 1 {
		d.errorf(variants, "a personalization has exactly one variant, found %d", len(variants.pairs))
	}
	for _, key := range []string{"scorecard", "statistics"} {
		if v := n.get(key); v != nil {
			d.errorf(v, "a personalization is not analysed: remove %s", key)
		}
	}
	if n.get("audience") == nil {
		d.errorf(n, "a personalization needs an audience: write conditions, or audience: everybody")
	}
}

// checkForced reads forced users once the variants are known.
func (d *experimentDecoder) checkForced(n *node) {
	forced := n.get("forced")
	if forced == nil || forced.kind == kindNull || len(d.e.Variants) == 0 {
		return
	}
	d.e.Forced = d.forced(forced, d.e.variantNames())
}
