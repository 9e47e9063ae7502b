package experiment

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// projectFile is the file that makes a directory a project.
const projectFile = "readout.yaml"

// project reads readout.yaml, except for its metrics.
func (d *decoder) project(n *node, p *Project) {
	d.object(n, projectFile, d.projectFields(p)...)
}

// projectFields returns the keys of readout.yaml.
func (d *decoder) projectFields(p *Project) []field {
	return []field{
		{"organization", d.wordInto(&p.Organization, "organization"), "organization is missing"},
		{"project", d.wordInto(&p.Name, "project"), "project is missing"},
		{"timezone", rule{func(v *node) { d.timezone(v, p) }, textShape()}, ""},
		{"schedule", rule{func(v *node) { d.cron(v, p) }, textShape()}, ""},
		{"state", d.textInto(&p.StateDir, "state"), ""},
		{"engine", rule{func(v *node) { d.engine(v, p) }, textShape()}, ""},
		{"data", d.data(&p.Data), "data is missing: where exposures and conversions are"},
		{"defaults", d.defaults(&p.Defaults), ""},
		{"holdouts", rule{func(v *node) { d.holdouts(v, p) }, mapShape(wordPattern, percentShape())}, ""},
		// Metrics need the defaults: they are decoded when all of these are known.
		{"metrics", rule{func(*node) {}, metricsShape()}, ""},
	}
}

func (d *decoder) timezone(n *node, p *Project) {
	name, ok := d.text(n, "timezone")
	if !ok {
		return
	}
	// Both names mean "as this machine is set", which no two machines agree on.
	if name == "Local" {
		d.errorf(n, "timezone: Local depends on the machine: write a name such as Europe/Berlin")
		return
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		d.errorf(n, "timezone: unknown %q: write a name of the IANA database such as Europe/Berlin or UTC", clip(name))
		return
	}
	p.Location = loc
}

func (d *decoder) cron(n *node, p *Project) {
	text, ok := d.text(n, "schedule")
	if !ok {
		return
	}
	if err := checkCron(text); err != nil {
		d.errorf(n, "schedule: %s", err)
		return
	}
	p.Schedule = text
}

// engineSchemes returns the engines beside the embedded one.
func engineSchemes() []string { return []string{"spark", "trino"} }

func (d *decoder) engine(n *node, p *Project) {
	text, ok := d.text(n, "engine")
	if !ok {
		return
	}
	if text != "embedded" {
		u, err := url.Parse(text)
		if err != nil || !slices.Contains(engineSchemes(), u.Scheme) || u.Host == "" {
			d.errorf(n, "engine: %q: write embedded, spark://host:port or trino://host:port", clip(text))
			return
		}
	}
	p.Engine = text
}

func (d *decoder) data(data *Data) rule {
	data.Exposures.Columns = DefaultExposureColumns()
	data.Conversions.Columns = DefaultConversionColumns()
	profiles := &Profiles{ID: "user_id"}
	return d.objectRule("data",
		field{"exposures", d.exposures(&data.Exposures), "exposures is missing"},
		field{"conversions", d.conversions(&data.Conversions), "conversions is missing"},
		field{"profiles", d.profiles(profiles).then(func(*node) { data.Profiles = profiles }), ""},
	)
}

const pathMissing = "path is missing: a file, directory, glob or object-store URL"

// path returns the rule of where data are. Paths are published and printed on
// reports, so that no secret may be in one.
func (d *decoder) path(target *string) rule {
	return d.textInto(target, "path").then(func(n *node) {
		scheme, rest, isURL := strings.Cut(n.text, "://")
		if host, _, _ := strings.Cut(rest, "/"); isURL && strings.Contains(host, "@") {
			d.errorf(n, "path: credentials do not belong into a file: write %s://BUCKET/…, and give them to the store's own settings", clip(scheme))
		}
	})
}

func (d *decoder) exposures(e *Exposures) rule {
	c := &e.Columns
	return d.objectRule("data exposures",
		field{"path", d.path(&e.Path), pathMissing},
		field{"columns", d.objectRule("columns",
			field{"user", d.textInto(&c.User, "user"), ""},
			field{"experiment", d.textInto(&c.Experiment, "experiment"), ""},
			field{"variant", d.textInto(&c.Variant, "variant"), ""},
			field{"time", d.textInto(&c.Time, "time"), ""},
		).then(func(v *node) { d.distinct(v, c.User, c.Experiment, c.Variant, c.Time) }), ""},
		field{"segments", rule{func(v *node) { e.Segments = d.texts(v, "segments") }, setShape(textShape())}, ""},
	).then(func(n *node) {
		if segments := n.get("segments"); segments != nil {
			d.furtherColumns(segments, c.User, c.Experiment, c.Variant, c.Time)
		}
	})
}

// furtherColumns reports segments that are a column with a meaning of its own: of the
// variant, every segment would have one arm.
func (d *decoder) furtherColumns(segments *node, taken ...string) {
	for _, item := range segments.items {
		if item.kind == kindText && slices.Contains(taken, item.text) {
			d.errorf(item, "segments: %q is a column of exposures already, see columns: name a further one", clip(item.text))
		}
	}
}

func (d *decoder) conversions(s *Conversions) rule {
	c := &s.Columns
	return d.objectRule("data conversions",
		field{"path", d.path(&s.Path), pathMissing},
		field{"columns", d.objectRule("columns",
			field{"user", d.textInto(&c.User, "user"), ""},
			field{"event", d.textInto(&c.Event, "event"), ""},
			field{"time", d.textInto(&c.Time, "time"), ""},
			field{"value", d.textInto(&c.Value, "value"), ""},
		).then(func(v *node) { d.distinct(v, c.User, c.Event, c.Time, c.Value) }), ""},
	)
}

// distinct reports a column of the files that is used for two things.
func (d *decoder) distinct(n *node, columns ...string) {
	for i, c := range columns {
		if slices.Contains(columns[:i], c) {
			d.errorf(n, "columns: %q is used twice", clip(c))
		}
	}
}

func (d *decoder) profiles(p *Profiles) rule {
	return d.objectRule("data profiles",
		field{"path", d.path(&p.Path), pathMissing},
		field{"columns", d.objectRule("columns", field{"id", d.textInto(&p.ID, "id"), ""}), ""},
		field{"request_may_override", rule{func(v *node) {
			p.RequestMayOverride = d.texts(v, "request_may_override")
		}, setShape(textShape())}, ""},
	)
}

func (d *decoder) defaults(defaults *Defaults) rule {
	return d.objectRule("defaults", append(d.statistics(&defaults.Statistics),
		d.severalVariants(&defaults.SeveralVariants),
		field{"lookback", d.lookback(&defaults.Lookback), ""},
	)...)
}

func (d *decoder) severalVariants(target *SeveralVariants) field {
	return field{"several_variants", choice(d, target, "several_variants", SeveralVariantsPolicies()), ""}
}

// statistics returns the fields that say how an experiment is tested.
func (d *decoder) statistics(s *Statistics) []field {
	return []field{
		{"method", rule{func(n *node) {
			if n.text == string(MethodFixed) {
				d.errorf(n, "method: fixed is for ad-hoc analysis (readout analyze --method fixed); allowed here: %s",
					joinWords(Methods(), ", "))
				return
			}
			choice(d, &s.Method, "method", Methods()).read(n)
		}, choiceShape(Methods())}, ""},
		{"cuped", choice(d, &s.CUPED, "cuped", CUPEDFits()), ""},
		{"procedure", choice(d, &s.Procedure, "procedure", Procedures()), ""},
		{"spending", rule{func(n *node) { d.spending(n, &s.Spending) }, anyShape(
			choiceShape(SpendingNames()), objectShape(d.spendingFields(&Spending{}, new(*node))))}, ""},
		{"futility", choice(d, &s.Futility, "futility", Futilities()), ""},
		{"correction", choice(d, &s.Correction, "correction", Corrections()), ""},
		{"confidence", rule{func(n *node) {
			x, ok := d.percent(n, "confidence")
			if ok && x != 0.90 && x != 0.95 && x != 0.99 {
				d.errorf(n, "confidence: %s is not allowed: write 90%%, 95%% or 99%%", n.text)
				return
			}
			s.Confidence = x
		}, percentShape()}, ""},
		{"power", d.percentInto(&s.Power, "power"), ""},
		{"mde", rule{func(n *node) { s.MDE, s.HasMDE = d.percent(n, "mde") }, percentShape()}, ""},
	}
}

// spending reads a name, or {name: kim-demets, parameter: 3}.
func (d *decoder) spending(n *node, s *Spending) {
	read := Spending{}
	faults := len(*d.errs)
	var parameter *node
	if fields := d.spendingFields(&read, &parameter); n.kind == kindMapping {
		d.object(n, "spending", fields...)
	} else {
		fields[0].value.read(n)
	}
	if len(*d.errs) > faults {
		return
	}
	const mapping = "spending: %s needs a parameter: write {name: %s, parameter: …}"
	switch takes := read.Name == SpendingKimDeMets || read.Name == SpendingHwangShihDeCani; {
	case takes && parameter == nil:
		d.errorf(n, mapping, read.Name, read.Name)
	case !takes && parameter != nil:
		d.errorf(parameter, "spending: %s has no parameter", read.Name)
	case read.Name == SpendingKimDeMets && (read.Parameter <= 0 || read.Parameter > 50):
		d.errorf(parameter, "spending: the parameter of kim-demets is above 0 and at most 50")
	case read.Name == SpendingHwangShihDeCani && (read.Parameter < -40 || read.Parameter > 40):
		d.errorf(parameter, "spending: the parameter of hwang-shih-decani is between -40 and 40")
	default:
		*s = read
	}
}

// spendingFields returns the keys of a spending function, the name first.
func (d *decoder) spendingFields(s *Spending, parameter **node) []field {
	return []field{
		{"name", choice(d, &s.Name, "spending", SpendingNames()), "name is missing"},
		{"parameter", rule{func(v *node) {
			*parameter = v
			s.Parameter, _ = d.number(v, "parameter")
		}, numberShape()}, ""},
	}
}

// holdouts reads names and shares.
func (d *decoder) holdouts(n *node, p *Project) {
	if n.kind != kindMapping {
		d.errorf(n, "holdouts: want a mapping of names to percentages, got %s", n.describe())
		return
	}
	var sum Share
	for _, entry := range n.pairs {
		named := d.word(entry.key, entry.key.text, "holdout")
		share, ok := d.share(entry.value, "holdout "+clip(entry.key.text))
		if named && ok {
			p.Holdouts = append(p.Holdouts, Holdout{entry.key.text, share})
			sum += share
		}
	}
	if sum > Whole {
		d.errorf(n, "holdouts: sum to %s, more than 100%%", sum)
	}
}
