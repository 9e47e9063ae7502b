package experiment

import (
	"time"
)

// A Project is everything its YAML files say.
type Project struct {
	Organization string
	Name         string         // the key "project"
	Location     *time.Location // days begin at midnight here
	Schedule     string         // cron expression of the daily run, five fields
	StateDir     string         // as written; relative paths start at the project directory
	Engine       string         // "embedded", or a URL such as spark://host:port
	Data         Data
	Defaults     Defaults
	Holdouts     []Holdout     // in file order
	Metrics      []*Metric     // readout.yaml's first, then those of metrics/ by file name; each file in its order
	Experiments  []*Experiment // by name
	Faulty       []string      // names of the experiments that are left out because their definition has a fault
	Unlisted     bool          // the folder of experiments was not read: nobody knows which there are
	Skipped      []string      // folders inside those of the project, which are not read
	Templates    []Template    // by name
}

// Metric returns the metric of that name.
func (p *Project) Metric(name string) (*Metric, bool) {
	for _, m := range p.Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return nil, false
}

// Experiment returns the experiment of that name.
func (p *Project) Experiment(name string) (*Experiment, bool) {
	for _, e := range p.Experiments {
		if e.Name == name {
			return e, true
		}
	}
	return nil, false
}

// Data says where the project's data are and what their columns are called.
type Data struct {
	Exposures   Exposures
	Conversions Conversions
	Profiles    *Profiles // nil when the project has none
}

// Exposures is the source of exposures: who saw which variant when.
type Exposures struct {
	Path     string // file, directory, glob or object-store URL; relative to the project directory
	Columns  ExposureColumns
	Segments []string // further columns to break results down by
}

// ExposureColumns are the names of the columns in the exposure files.
type ExposureColumns struct {
	User       string `json:"user"`       // default user_id
	Experiment string `json:"experiment"` // default experiment
	Variant    string `json:"variant"`    // default variant
	Time       string `json:"time"`       // default timestamp
}

// Conversions is the source of conversions: who did what when.
type Conversions struct {
	Path    string // file, directory, glob or object-store URL; relative to the project directory
	Columns ConversionColumns
}

// ConversionColumns are the names of the columns in the conversion files.
type ConversionColumns struct {
	User  string // default user_id
	Event string // default event
	Time  string // default timestamp
	Value string // default value; the column may be missing when no metric needs it
}

// DefaultExposureColumns returns the names used where readout.yaml gives none.
func DefaultExposureColumns() ExposureColumns {
	return ExposureColumns{User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp"}
}

// DefaultConversionColumns returns the names used where readout.yaml gives none.
func DefaultConversionColumns() ConversionColumns {
	return ConversionColumns{User: "user_id", Event: "event", Time: "timestamp", Value: "value"}
}

// Profiles is the source of user attributes for the decision service.
type Profiles struct {
	Path               string
	ID                 string   // column of the user's id, default user_id
	RequestMayOverride []string // attributes that a request may claim itself
}

// Defaults fill what metrics and experiments leave out.
type Defaults struct {
	Statistics      Statistics
	SeveralVariants SeveralVariants
	Lookback        time.Duration // of the CUPED covariate
}

// A Holdout keeps a share of all users out of every experiment.
type Holdout struct {
	Name  string `json:"name"`
	Share Share  `json:"share"`
}
