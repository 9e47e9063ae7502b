package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"readout/experiment"
	"readout/internal/daily"
)

type analyzeFlags struct {
	exposures, conversions string
	summary                string
	columns                []string
	experiment, control    string
	metrics, decrease      []string
	segments               []string
	window, lookback       string
	method, procedure      string
	confidence             string
	start, end, date       string
	weights                string
	plannedUsers           int64
	severalVariants        string
	timezone               string
	format                 string
	json                   bool
}

// register adds the flags to those of a command.
func (f *analyzeFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.exposures, "exposures", "", "exposures: a Parquet file, folder or glob (no project needed)")
	flags.StringVar(&f.conversions, "conversions", "", "conversions, likewise")
	flags.StringVar(&f.summary, "summary", "", "a CSV or Parquet file of aggregates per look, instead of exposures and conversions")
	flags.StringArrayVar(&f.columns, "column", nil, "ROLE=NAME of a column; roles: user, experiment, variant, time, event, value; exposures.user, conversions.user and likewise time where the tables differ")
	flags.StringVar(&f.experiment, "experiment", "", "which experiment, when the files hold several")
	flags.StringVar(&f.control, "control", "", "the variant to compare with (default control)")
	flags.StringArrayVar(&f.metrics, "metric", nil, "a metric, see above; of a project also by its name; may be repeated")
	flags.StringArrayVar(&f.decrease, "decrease", nil, "name of a metric that is better when it falls; may be repeated")
	flags.StringArrayVar(&f.segments, "segment", nil, "a column of exposures to break results down by, instead of those of the project; may be repeated")
	flags.StringVar(&f.window, "window", "", "how long after the first exposure conversions count, such as 7d or 168h")
	flags.StringVar(&f.lookback, "covariate-lookback", "", "adjust by the same metric this long before the first exposure, such as 14d")
	flags.StringVar(&f.method, "method", "", "fixed, sequential or sequential-cuped")
	flags.StringVar(&f.procedure, "procedure", "", "of the sequential methods: group-sequential or always-valid")
	flags.StringVar(&f.confidence, "confidence", "", "90%, 95% or 99%")
	flags.StringVar(&f.start, "start", "", "first day or instant of enrolment (default: where the data begin)")
	flags.StringVar(&f.end, "end", "", "last day, or instant, of enrolment (default: where the data end)")
	flags.StringVar(&f.date, "date", "", "last day of data to use (default: the last there is; of a project, yesterday, or the last one before its decision)")
	flags.StringVar(&f.weights, "weights", "", "planned traffic, such as control=50,big=50 (default: equal)")
	flags.Int64Var(&f.plannedUsers, "planned-users", 0, "users of all variants at the end, to which an always-valid test is tuned (default: those of the first look, as if they came evenly)")
	flags.StringVar(&f.severalVariants, "several-variants", "", "users seen in several variants: exclude (left out) or first (the first variant counts)")
	flags.StringVar(&f.timezone, "timezone", "", "zone in which days begin (default UTC)")
	flags.StringVar(&f.format, "format", "text", "text, json, csv, parquet or arrow")
	flags.BoolVar(&f.json, "json", false, "the same as --format json")
}

// renameColumns applies --column ROLE=NAME and returns the roles named.
func renameColumns(d *experiment.Data, columns []string) (map[string]bool, error) {
	e, c := &d.Exposures.Columns, &d.Conversions.Columns
	targets := map[string][]*string{
		"user":       {&e.User, &c.User},
		"experiment": {&e.Experiment},
		"variant":    {&e.Variant},
		"time":       {&e.Time, &c.Time},
		"event":      {&c.Event},
		"value":      {&c.Value},
	}
	named := make(map[string]bool)
	for _, column := range columns {
		role, name, ok := strings.Cut(column, "=")
		if !ok || name == "" {
			return nil, usagef("--column %q: want ROLE=NAME, such as user=uid", column)
		}
		scope := ""
		if table, rest, found := strings.Cut(role, "."); found {
			scope, role = table, rest
		}
		fields := targets[role]
		switch {
		case fields == nil:
			return nil, usagef("--column %q: unknown role %q, use user, experiment, variant, time, event or value", column, role)
		case scope == "exposures" && len(fields) == 2:
			fields = fields[:1]
		case scope == "conversions" && len(fields) == 2:
			fields = fields[1:]
		case scope != "":
			return nil, usagef("--column %q: only exposures.user, exposures.time, conversions.user and conversions.time name their table", column)
		}
		for _, field := range fields {
			*field = name
		}
		named[role] = true
	}
	return named, nil
}

// arms returns the control and the variants with their planned traffic.
func arms(f analyzeFlags, found []string) (control string, variants []experiment.Variant, err error) {
	weights := make(map[string]float64)
	names := found
	if f.weights != "" {
		if names, weights, err = parseWeights(f.weights); err != nil {
			return "", nil, err
		}
	}
	control = f.control
	if control == "" {
		control = experiment.Control
	}
	switch {
	case len(names) == 0:
		return "", nil, usagef("there are no exposures with a user, a variant and a time: name the variants with --weights to get an empty scorecard")
	case !slices.Contains(names, control) && f.control == "":
		return "", nil, usagef("no variant is called control: choose one with --control (%s)", list(names))
	case !slices.Contains(names, control):
		return "", nil, usagef("--control %s: the variants are %s", control, list(names))
	case len(names) == 1:
		return "", nil, usagef("there is only one variant, %s: nothing to compare", names[0])
	case len(names) > maxVariants:
		return "", nil, usagef("%d variants, at most %d can be compared: name those you mean with --weights", len(names), maxVariants)
	}
	ordered := append([]string{control}, slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == control })...)
	var sum float64
	for _, name := range ordered {
		if f.weights == "" {
			weights[name] = 1
		}
		sum += weights[name]
	}
	for _, name := range ordered {
		share := experiment.Share(weights[name]/sum*float64(experiment.Whole) + 0.5)
		variants = append(variants, experiment.Variant{Name: name, Traffic: share})
	}
	return control, variants, nil
}

// maxVariants bounds the variants that an ad-hoc analysis takes from the data.
const maxVariants = 100

// parseWeights reads control=50,big=50.
func parseWeights(text string) (names []string, weights map[string]float64, err error) {
	weights = make(map[string]float64)
	var sum float64
	for part := range strings.SplitSeq(text, ",") {
		name, number, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		w, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(number), "%"), 64)
		if !ok || err != nil || name == "" || !(w >= 0 && w <= 1e9) {
			return nil, nil, usagef("--weights %q: want VARIANT=NUMBER, such as control=50,big=50", part)
		}
		if _, twice := weights[name]; twice {
			return nil, nil, usagef("--weights names %s twice", name)
		}
		weights[name] = w
		names = append(names, name)
		sum += w
	}
	if sum == 0 {
		return nil, nil, usagef("--weights: at least one must be above 0")
	}
	return names, weights, nil
}

// apply changes a job by the flags that both kinds of analysis have.
func (f analyzeFlags) apply(job *daily.AdHoc, p *experiment.Project) error {
	e := job.Experiment
	job.PlannedUsers = f.plannedUsers
	if err := f.applySegments(job); err != nil {
		return err
	}
	if f.control != "" {
		if _, ok := e.Variant(f.control); !ok {
			return usagef("--control %s: not a variant of %s", f.control, e.Name)
		}
		job.Control = f.control
	}
	if err := f.applyStatistics(&e.Statistics); err != nil {
		return err
	}
	if f.severalVariants != "" {
		e.SeveralVariants = experiment.SeveralVariants(f.severalVariants)
		if !slices.Contains(experiment.SeveralVariantsPolicies(), e.SeveralVariants) {
			return usagef("--several-variants %q is not known: use exclude or first", f.severalVariants)
		}
	}
	if err := f.applyMetrics(e, p); err != nil {
		return err
	}
	return f.applyDates(job, p.Location)
}

// applySegments breaks the results down by the columns of --segment.
func (f analyzeFlags) applySegments(job *daily.AdHoc) error {
	if len(f.segments) == 0 {
		return nil
	}
	c := job.Project.Data.Exposures.Columns
	for i, name := range f.segments {
		switch {
		case name == "":
			return usagef("--segment: want the name of a column of the exposures, such as country")
		case slices.Contains([]string{c.User, c.Experiment, c.Variant, c.Time}, name):
			return usagef("--segment %s: that is a column of exposures with a meaning of its own: name a further one", name)
		case slices.Contains(f.segments[:i], name):
			return usagef("--segment names %s twice", name)
		}
	}
	p := *job.Project
	p.Data.Exposures.Segments = f.segments
	job.Project = &p
	return nil
}

func (f analyzeFlags) applyStatistics(s *experiment.Statistics) error {
	methods := append(experiment.Methods(), experiment.MethodFixed)
	if f.method != "" {
		s.Method = experiment.Method(f.method)
		if !slices.Contains(methods, s.Method) {
			return usagef("--method %q is not known: use fixed, sequential or sequential-cuped", f.method)
		}
	}
	if f.procedure != "" {
		s.Procedure = experiment.Procedure(f.procedure)
		switch {
		case !slices.Contains(experiment.Procedures(), s.Procedure):
			return usagef("--procedure %q is not known: use group-sequential or always-valid", f.procedure)
		case s.Method == experiment.MethodFixed:
			return usagef("--procedure %s goes with --method sequential", f.procedure)
		}
	}
	switch {
	case f.plannedUsers < 0:
		return usagef("--planned-users %d: want a number above 0", f.plannedUsers)
	case f.plannedUsers > 0 && (s.Method == experiment.MethodFixed || s.Procedure != experiment.ProcedureAlwaysValid):
		return usagef("--planned-users goes with --procedure always-valid")
	}
	if f.confidence != "" {
		c, err := fraction("--confidence", f.confidence)
		if err != nil {
			return err
		}
		if c != 0.9 && c != 0.95 && c != 0.99 {
			return usagef("--confidence %q: want 90%%, 95%% or 99%%", f.confidence)
		}
		s.Confidence = c
	}
	return nil
}

// applyDates reads --start, --end and --date.
func (f analyzeFlags) applyDates(job *daily.AdHoc, zone *time.Location) error {
	for _, bound := range []struct {
		flag, text string
		end        bool
		target     *time.Time
	}{{"--start", f.start, false, &job.Start}, {"--end", f.end, true, &job.End}} {
		if bound.text == "" {
			continue
		}
		t, _, err := experiment.ParseInstant(bound.text, zone, bound.end)
		if err != nil {
			return usagef("%s %q: %w", bound.flag, bound.text, err)
		}
		*bound.target = t
	}
	if f.date != "" {
		d, err := daily.ParseDay(f.date, zone)
		if err != nil {
			return usagef("--date %q is not a date such as 2026-01-31", f.date)
		}
		job.Through = d
	}
	if !job.Start.IsZero() && !job.End.IsZero() && !job.End.After(job.Start) {
		return usagef("the end %s is not after the start %s", job.End.In(zone).Format(time.RFC3339), job.Start.In(zone).Format(time.RFC3339))
	}
	return nil
}
