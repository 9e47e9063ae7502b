package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// maxFiles bounds the files of one folder of a project.
const maxFiles = 10_000

// names are the things that experiments refer to by name. A name whose
// definition has a fault is there with a nil value, so that the fault is
// reported once and not at every use. So is a name with two definitions:
// nobody can say which is meant.
type names struct {
	complete    bool // readout.yaml could be read, so all metrics are known
	metrics     map[string]*Metric
	metricOrder []string
	templates   map[string]*node
	audiences   map[string]*Condition
	writtenOut  int // bytes of the templates and audiences of all experiments, see writesOut
}

// Load reads the project in a directory: readout.yaml and all files *.yaml and
// *.yml in metrics/, templates/, audiences/ and experiments/ whose names do not
// begin with _ or a dot.
//
// The error is of type [Errors] and holds every fault of every file. The
// project is nil when readout.yaml itself has a fault; otherwise it holds what
// has none, so that one bad experiment need not stop the others.
func Load(dir string) (*Project, error) {
	return LoadFS(os.DirFS(dir))
}

// LoadFS is Load for the root of a file system.
func LoadFS(fsys fs.FS) (*Project, error) {
	l := &loader{
		fsys: fsys,
		project: &Project{
			Location: time.UTC, Schedule: "30 3 * * *", StateDir: "state", Engine: "embedded",
			Defaults: Defaults{
				Statistics:      DefaultStatistics(),
				SeveralVariants: SeveralVariantsPolicies()[0],
				Lookback:        14 * 24 * time.Hour,
			},
		},
		names: names{
			metrics:   make(map[string]*Metric),
			templates: make(map[string]*node),
			audiences: make(map[string]*Condition),
		},
	}
	usable := l.main()
	for _, name := range l.files("metrics") {
		l.metricFile(name)
	}
	for _, name := range l.files("templates") {
		l.template(name)
	}
	for _, name := range l.files("audiences") {
		l.audience(name)
	}
	for _, name := range l.files("experiments") {
		l.experiment(name)
	}
	l.finish()
	if !usable {
		return nil, l.errs
	}
	if len(l.errs) > 0 {
		return l.project, l.errs
	}
	return l.project, nil
}

// A loader reads the files of one project.
type loader struct {
	fsys    fs.FS
	errs    Errors
	project *Project
	names   names
}

func (l *loader) report(file, format string, args ...any) {
	l.errs = append(l.errs, Error{File: file, Message: fmt.Sprintf(format, args...)})
}

func (l *loader) decoder(file string) decoder { return decoder{file, &l.errs} }

// main reads readout.yaml and reports whether it has no fault.
func (l *loader) main() bool {
	if _, err := fs.Stat(l.fsys, projectFile); errors.Is(err, fs.ErrNotExist) {
		l.report(projectFile, "not found: this directory is no project, readout init makes one")
		return false
	}
	root := readYAML(l.fsys, projectFile, &l.errs)
	if root == nil {
		return false
	}
	d := l.decoder(projectFile)
	d.project(root, l.project)
	metrics := root.get("metrics")
	l.names.complete = root.kind == kindMapping && (metrics == nil || metrics.kind == kindMapping)
	if metrics != nil && metrics.kind != kindNull {
		d.metrics(metrics, l.project.Defaults, l.addMetric(&d))
	}
	return len(l.errs) == 0
}

// addMetric returns a function that takes the metrics of one file.
func (l *loader) addMetric(d *decoder) func(*node, *Metric) {
	return func(key *node, m *Metric) {
		if _, twice := l.names.metrics[key.text]; twice {
			d.errorf(key, "metric %q is defined in another file already", clip(key.text))
			l.names.metrics[key.text] = nil
			l.project.Metrics = slices.DeleteFunc(l.project.Metrics, func(m *Metric) bool { return m.Name == key.text })
			return
		}
		l.names.metrics[key.text] = m
		l.names.metricOrder = append(l.names.metricOrder, key.text)
		if m != nil {
			l.project.Metrics = append(l.project.Metrics, m)
		}
	}
}

// files returns the files of a folder in the order of their names.
func (l *loader) files(folder string) []string {
	entries, err := fs.ReadDir(l.fsys, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		if info, statErr := fs.Stat(l.fsys, folder); statErr == nil && !info.IsDir() {
			err = errors.New("not a folder")
		}
		l.errs = append(l.errs, faultOf(folder, err))
		l.unlisted(folder)
		return nil
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		extension := path.Ext(name)
		hidden := strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".")
		small := strings.ToLower(extension)
		if entry.IsDir() && !hidden {
			l.project.Skipped = append(l.project.Skipped, folder+"/"+name)
		}
		if entry.IsDir() || hidden || small != ".yaml" && small != ".yml" {
			continue
		}
		if extension != small {
			l.report(folder+"/"+name, "the ending %s is not read: write it in small letters", extension)
			l.names.complete = l.names.complete && folder != "metrics"
			continue
		}
		files = append(files, folder+"/"+name)
	}
	if len(files) > maxFiles {
		l.report(folder, "%d files, at most %d are allowed", len(files), maxFiles)
		l.unlisted(folder)
		return nil
	}
	slices.Sort(files)
	return files
}

// unlisted notes that which metrics or experiments there are cannot be known, since the files of a
// folder are not read.
func (l *loader) unlisted(folder string) {
	l.names.complete = l.names.complete && folder != "metrics"
	l.project.Unlisted = l.project.Unlisted || folder == "experiments"
}

func (l *loader) metricFile(file string) {
	root := readYAML(l.fsys, file, &l.errs)
	if root == nil {
		// Its metrics cannot be known.
		l.names.complete = false
		return
	}
	l.names.complete = l.names.complete && root.kind == kindMapping
	d := l.decoder(file)
	d.metrics(root, l.project.Defaults, l.addMetric(&d))
}

// baseName returns the name that a file gives to what is in it.
func (l *loader) baseName(file string) (string, bool) {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	if err := CheckName(name); err != nil {
		l.report(file, "file name %q: %s", clip(name), err)
		return "", false
	}
	return name, true
}

// defined reads the file of something that experiments refer to by a name, unless another file
// has it already. In known it has a fault until the caller knows better.
func defined[V any](l *loader, kind, name, file string, known map[string]*V) *node {
	_, twice := known[name]
	known[name] = nil
	if twice {
		l.report(file, "%s %q has another file already", kind, name)
		return nil
	}
	return readYAML(l.fsys, file, &l.errs)
}

func (l *loader) template(file string) {
	name, ok := l.baseName(file)
	if !ok {
		return
	}
	faults := len(l.errs)
	root := defined(l, "template", name, file, l.names.templates)
	if root == nil {
		return
	}
	d := l.decoder(file)
	if payload := d.payload(root, "template "+name); len(l.errs) == faults {
		l.names.templates[name] = root
		l.project.Templates = append(l.project.Templates, Template{name, payload})
	}
}

func (l *loader) audience(file string) {
	name, ok := l.baseName(file)
	if !ok {
		return
	}
	if name == everybody {
		l.report(file, "the audience everybody is built in: choose another name")
		return
	}
	faults := len(l.errs)
	root := defined(l, "audience", name, file, l.names.audiences)
	if root == nil {
		return
	}
	d := l.decoder(file)
	if c, ok := d.condition(root, nil); ok && len(l.errs) == faults {
		l.names.audiences[name] = &c
	}
}

func (l *loader) experiment(file string) {
	faults := len(l.errs)
	root := readYAML(l.fsys, file, &l.errs)
	if root == nil {
		l.faulty(file, "")
		return
	}
	d := &experimentDecoder{decoder: l.decoder(file), names: &l.names}
	e := d.experiment(root, l.project)
	if e == nil || d.blocked || len(l.errs) > faults {
		l.faulty(file, d.e.Name)
		return
	}
	l.project.Experiments = append(l.project.Experiments, e)
}

// faulty notes the experiment of a file that has a fault. Where its name cannot
// be read it is taken to be that of the file, as people write it.
func (l *loader) faulty(file, name string) {
	if name == "" {
		name = strings.TrimSuffix(path.Base(file), path.Ext(file))
	}
	l.project.Faulty = append(l.project.Faulty, name)
}

// finish compares the experiments with each other and puts everything in order.
// Of experiments of one name nobody can say which is meant: all are left out.
func (l *loader) finish() {
	first := make(map[string]*Experiment)
	twice := make(map[string]bool)
	// Names are folders of the state directory, and some file systems do not
	// tell upper from lower case.
	for _, e := range l.project.Experiments {
		folded := strings.ToLower(e.Name)
		other := first[folded]
		if other == nil {
			first[folded] = e
			continue
		}
		twice[folded] = true
		l.errs = append(l.errs, Error{File: e.File, Line: e.Line, Column: 1,
			Message: fmt.Sprintf("name %q is taken by %s already (upper and lower case count as the same)", e.Name, other.File)})
	}
	l.project.Experiments = slices.DeleteFunc(l.project.Experiments, func(e *Experiment) bool {
		if twice[strings.ToLower(e.Name)] {
			l.faulty(e.File, e.Name)
			return true
		}
		return false
	})
	slices.SortStableFunc(l.project.Experiments, func(a, b *Experiment) int {
		return strings.Compare(a.Name, b.Name)
	})
	slices.Sort(l.project.Faulty)
	l.project.Faulty = slices.Compact(l.project.Faulty)
	l.errs.sort()
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
