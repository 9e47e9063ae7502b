package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"readout/experiment"
	"readout/internal/atomicfile"
)

// newDays is how long a new experiment runs unless its end is given: two whole weeks, so
// that every day of the week counts twice.
const newDays = 14

type newFlags struct {
	title, hypothesis, owner string
	variants                 []string
	template                 string
	start, end               string
}

func (a *app) newCommand() *cobra.Command {
	var f newFlags
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "a new experiment",
		Long: `Writes experiments/NAME.yaml: a commented definition that is valid as it is, with the
project's metrics on its scorecard. It runs for two whole weeks from tomorrow unless
other dates are given. A file that exists is never overwritten. The experiment is a Draft
until 'readout schedule NAME' or 'readout start NAME'.`,
		Example: "  readout new checkout-button --variants control,big\n  readout new banner --variant-template button --start 2026-03-02 --end 2026-03-29",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.newExperiment(args[0], f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.title, "title", "", "a title for people")
	flags.StringVar(&f.hypothesis, "hypothesis", "", "what is expected, and why")
	flags.StringVar(&f.owner, "owner", "", "who answers for it")
	flags.StringSliceVar(&f.variants, "variants", []string{experiment.Control, "treatment"}, "the variants, which share the users equally")
	flags.StringVar(&f.template, "variant-template", "", "the template that the variants beside control start from")
	flags.StringVar(&f.start, "start", "", "the first day, or an instant (default tomorrow)")
	flags.StringVar(&f.end, "end", "", "the last day, or an instant (default two whole weeks after the start)")
	return c
}

func (a *app) newExperiment(name string, f newFlags) error {
	p, err := a.load()
	if p == nil {
		return err
	}
	path, err := a.freePath("experiments", name)
	if err != nil {
		return err
	}
	for _, other := range p.Experiments {
		if strings.EqualFold(other.Name, name) {
			return usagef("the name %s is taken by %s: nothing was written", other.Name, other.File)
		}
	}
	if !slices.Contains(f.variants, experiment.Control) {
		f.variants = append([]string{experiment.Control}, f.variants...)
	}
	for i, variant := range f.variants {
		if slices.Contains(f.variants[:i], variant) {
			return usagef("--variants names %s twice", variant)
		}
	}
	if err := knownTemplate(p, f.template); err != nil {
		return err
	}
	now, err := a.now(p.Location)
	if err != nil {
		return err
	}
	start, end, err := f.fillDates(now, p.Location)
	if err != nil {
		return err
	}
	file := "experiments/" + name + ".yaml"
	text := f.text(name, p)
	if err := checkNew(a.dir, file, text); err != nil {
		return err
	}
	if _, err := atomicfile.WriteFile(path, text); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "wrote %s\n\nNext: say in it what the variants are, run 'readout validate', and then 'readout schedule %s'.\n", path, name)
	a.sayPartWeeks(name, start, end, p.Location)
	return nil
}

// freePath returns where the file of a name is to be, if there is none.
func (a *app) freePath(folder, name string) (string, error) {
	if err := experiment.CheckName(name); err != nil {
		return "", usagef("name %q: %w", name, err)
	}
	for _, extension := range []string{".yml", ".yaml"} {
		path := filepath.Join(a.dir, folder, name+extension)
		switch _, err := os.Lstat(path); {
		case err == nil:
			return "", usagef("%s exists already: nothing was written", path)
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	return filepath.Join(a.dir, folder, name+".yaml"), nil
}

// checkNew returns the faults that a file would have if it were written.
func checkNew(dir, file string, text []byte) error {
	_, err := experiment.LoadWith(dir, map[string][]byte{file: text})
	all, ok := errors.AsType[experiment.Errors](err)
	if !ok {
		return err
	}
	var own experiment.Errors
	for _, fault := range all {
		if fault.File == file {
			own = append(own, fault)
		}
	}
	if len(own) == 0 {
		return nil
	}
	return usagef("%s was not written: %s", file, own[0].Message)
}

// knownTemplate returns an error when a template is named that is not there.
func knownTemplate(p *experiment.Project, name string) error {
	if name == "" || slices.ContainsFunc(p.Templates, func(t experiment.Template) bool { return t.Name == name }) {
		return nil
	}
	if len(p.Templates) == 0 {
		return usagef("unknown template %q: the project has none yet, readout template save makes one", name)
	}
	names := make([]string, len(p.Templates))
	for i, t := range p.Templates {
		names[i] = t.Name
	}
	return usagef("%s", experiment.Unknown("template", name, names))
}

// fillDates takes tomorrow for a start that is not given, and two whole weeks from the
// start for an end that is not. It returns the instants.
func (f *newFlags) fillDates(now time.Time, zone *time.Location) (start, end time.Time, err error) {
	// A space between date and time is for people; YAML is sure of a T.
	f.start, f.end = strings.Replace(f.start, " ", "T", 1), strings.Replace(f.end, " ", "T", 1)
	if f.start == "" {
		f.start = now.In(zone).AddDate(0, 0, 1).Format(time.DateOnly)
	}
	if start, _, err = experiment.ParseInstant(f.start, zone, false); err != nil {
		return start, end, usagef("--start %q: %w", f.start, err)
	}
	if f.end == "" {
		f.end = start.In(zone).AddDate(0, 0, newDays-1).Format(time.DateOnly)
	}
	if end, _, err = experiment.ParseInstant(f.end, zone, true); err != nil {
		return start, end, usagef("--end %q: %w", f.end, err)
	}
	return start, end, nil
}

// text returns the file.
func (f *newFlags) text(name string, p *experiment.Project) []byte {
	var w yamlWriter
	w.line("name: "+experiment.YAMLText(name), "never changes: which user gets what depends on it")
	w.text("title", f.title, "for people")
	w.text("hypothesis", f.hypothesis, "what is expected, and why")
	w.text("owner", f.owner, "who answers for it")
	w.line("# groups: [checkout]", "servers may ask for all experiments of a group")
	w.blank()
	w.line("variants:", "traffic sums to 100")
	for i, variant := range f.variants {
		fields := fmt.Sprintf("traffic: %d", equalShare(len(f.variants), i))
		comment := ""
		switch {
		case variant == experiment.Control:
			comment = "what everybody gets today"
		case f.template != "":
			fields += ", template: " + experiment.YAMLText(f.template)
			comment = "payload: {…} overrides fields of the template"
		default:
			fields += ", payload: {}"
			comment = "any JSON that your servers understand"
		}
		w.line("  "+experiment.YAMLText(variant)+": {"+fields+"}", comment)
	}
	w.blank()
	w.scorecard(p)
	w.blank()
	w.line("# audience: {attribute: country, in: [DE, AT]}", "who takes part (default everybody)")
	w.line("# pages: {include: [{starts_with: https://shop.example/checkout}]}", "where (default everywhere)")
	w.line("# display: always", "or once, or once-per-visit")
	w.line("# devices: all", "or mobile, or desktop")
	w.line("# coverage: 100%", "the share of the audience that takes part")
	w.blank()
	w.line("schedule: {start: "+f.start+", end: "+f.end+"}",
		"dates include the whole day; 'readout schedule "+name+"' makes it start")
	return w.Bytes()
}

// equalShare returns the whole percent of the i-th of n variants; they sum to 100.
func equalShare(n, i int) int {
	share := 100 / n
	if i < 100%n {
		share++
	}
	return share
}

// yamlWriter writes a commented YAML file.
type yamlWriter struct{ bytes.Buffer }

// commentColumn is where comments begin behind lines that are short enough.
const commentColumn = 35

// line writes a line with a comment behind it.
func (w *yamlWriter) line(text, comment string) {
	w.WriteString(text)
	if comment != "" {
		w.WriteString(strings.Repeat(" ", max(2, commentColumn-utf8.RuneCountInString(text))))
		w.WriteString("# " + comment)
	}
	w.WriteByte('\n')
}

// text writes a key with its text, or the key as a comment when there is none.
func (w *yamlWriter) text(key, value, comment string) {
	if value == "" {
		w.line("# "+key+": …", comment)
		return
	}
	w.line(key+": "+experiment.YAMLText(value), "")
}

func (w *yamlWriter) blank() { w.WriteByte('\n') }

// scorecard writes the metrics that the project has.
func (w *yamlWriter) scorecard(p *experiment.Project) {
	var names []string
	for _, m := range p.Metrics {
		if m.Kind() != experiment.KindQuantile {
			names = append(names, experiment.YAMLText(m.Name))
		}
	}
	if len(names) == 0 {
		w.line("# scorecard: {primary: [purchased]}", "name metrics of readout.yaml or metrics/ here")
	} else {
		w.line("scorecard:", "computed every day")
		w.line("  primary: ["+names[0]+"]", "the decision depends on it")
		listed := min(len(names), 4)
		if rest := names[1:listed]; len(rest) > 0 {
			w.line("  secondary: ["+strings.Join(rest, ", ")+"]", "for learning")
		}
		// A metric is on one list only.
		guardrail := "another_metric"
		if listed < len(names) {
			guardrail = names[listed]
		}
		w.line("  # guardrails: {"+guardrail+": {margin: 2%}}", "must not get worse by more than this")
	}
	if !p.Defaults.Statistics.HasMDE {
		w.line("statistics: {mde: 5%}", "the smallest lift worth finding; 'readout power' says how many users that takes")
	}
}
