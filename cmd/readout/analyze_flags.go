package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"readout/experiment"
	"readout/internal/daily"
)

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
		w, err := strconv.ParseFloat(strings.TrimSuffix(number, "%"), 64)
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
	for i, name := range f.segments {
		switch {
		case name == "":
			return usagef("--segment: want the name of a column of the exposures, such as country")
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
		number, err := strconv.ParseFloat(strings.TrimSuffix(f.confidence, "%"), 64)
		if err != nil || number != 90 && number != 95 && number != 99 {
			return usagef("--confidence %q: want 90%%, 95%% or 99%%", f.confidence)
		}
		s.Confidence = number / 100
	}
	return nil
}

// spans returns the window and the look-back of metrics that are named by a formula: until the
// end, and none, where no flag says otherwise.
func (f analyzeFlags) spans() (experiment.Window, time.Duration, error) {
	window := experiment.Window{Open: true}
	if f.window != "" {
		d, err := experiment.ParseDuration(f.window)
		if err != nil {
			return window, 0, usagef("--window: %w", err)
		}
		if d == 0 {
			return window, 0, usagef("--window %s is empty: leave it out to count conversions until the end", f.window)
		}
		window = experiment.Window{To: d}
	}
	if f.lookback == "" {
		return window, 0, nil
	}
	lookback, err := experiment.ParseDuration(f.lookback)
	if err != nil {
		return window, 0, usagef("--covariate-lookback: %w", err)
	}
	return window, lookback, nil
}

// applyMetrics replaces the scorecard by the metrics named, all primary and each with the
// window and look-back asked for.
func (f analyzeFlags) applyMetrics(e *experiment.Experiment, p *experiment.Project) error {
	window, lookback, err := f.spans()
	if err != nil {
		return err
	}
	if e.Statistics.Method == experiment.MethodSequential && lookback > 0 {
		e.Statistics.Method = experiment.MethodSequentialCUPED
	}
	if e.Statistics.Method == experiment.MethodSequentialCUPED && f.exposures != "" && lookback == 0 {
		return usagef("--method sequential-cuped needs --covariate-lookback, such as 14d")
	}
	switch {
	case len(f.metrics) > 0:
		primary, err := f.named(p, window, lookback)
		if err != nil {
			return err
		}
		e.Scorecard = experiment.Scorecard{Primary: primary}
	case f.window != "" || f.lookback != "":
		return usagef("--window and --covariate-lookback go with --metric: the experiment's own metrics have theirs")
	}
	return f.applyGoals(e)
}

// named returns the metrics of --metric: those of the project, and formulas with the window and
// look-back given.
func (f analyzeFlags) named(p *experiment.Project, window experiment.Window, lookback time.Duration) ([]*experiment.Metric, error) {
	var out []*experiment.Metric
	formulas := false
	for _, text := range f.metrics {
		m, ofProject := p.Metric(text)
		if !ofProject {
			formulas = true
			var err error
			if m, err = parseMetric(text, window, lookback); err != nil {
				return nil, err
			}
		}
		if slices.ContainsFunc(out, func(have *experiment.Metric) bool { return have.Name == m.Name }) {
			return nil, usagef("--metric %s is given twice: give each its own name, such as --metric 'orders=count(purchase)'", m.Name)
		}
		out = append(out, m)
	}
	if !formulas && (f.window != "" || f.lookback != "") {
		return nil, usagef("--window and --covariate-lookback change nothing of %s: metrics of the project have theirs; say what to count, such as --metric 'orders=count(purchase)'",
			list(f.metrics))
	}
	return out, nil
}

// checkMetrics refuses names that may be those of metrics whose definitions have faults: they
// would be taken for events, and something else be counted.
func (f analyzeFlags) checkMetrics(p *experiment.Project, faults error) error {
	var all, ofMetrics experiment.Errors
	errors.As(faults, &all)
	for _, fault := range all {
		if folder, _, _ := strings.Cut(fault.File, "/"); folder == "metrics" {
			ofMetrics = append(ofMetrics, fault)
		}
	}
	if len(ofMetrics) == 0 {
		return nil
	}
	for _, text := range f.metrics {
		if _, known := p.Metric(text); known || strings.Contains(text, "=") {
			continue
		}
		return errors.Join(ofMetrics, usagef("--metric %s may be a metric that has an error, or an event: correct the error, or say what to count, such as --metric 'NAME=any(%s)'", text, text))
	}
	return nil
}

// applyGoals marks the metrics of --decrease.
func (f analyzeFlags) applyGoals(e *experiment.Experiment) error {
	for _, name := range f.decrease {
		found := false
		for i, m := range e.Scorecard.Primary {
			if m.Name == name {
				falling := *m
				falling.Goal = experiment.GoalDecrease
				e.Scorecard.Primary = slices.Clone(e.Scorecard.Primary)
				e.Scorecard.Primary[i] = &falling
				found = true
			}
		}
		if !found {
			return usagef("--decrease %s: no such primary metric", name)
		}
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
		return usagef("the end %s is not after the start %s", job.End.Format(time.RFC3339), job.Start.Format(time.RFC3339))
	}
	return nil
}
