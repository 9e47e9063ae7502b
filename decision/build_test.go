package decision

import (
	"encoding/json"
	"testing"
	"time"

	"readout/experiment"
)

// during is an instant while the experiments of tests run.
var during = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)

// published returns a running experiment with two variants at 50%, changed by change.
func published(name string, change func(*experiment.PublishedExperiment)) experiment.PublishedExperiment {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	e := experiment.PublishedExperiment{
		Name: name, Type: experiment.TypeExperiment, Status: experiment.Running, Salt: name, Hash: experiment.HashReadout,
		Selector: name, Start: &start, End: start.AddDate(0, 0, 28),
		Variants: []experiment.PublishedVariant{
			{Name: "control", Traffic: experiment.Whole / 2},
			{Name: "big", Traffic: experiment.Whole / 2, Payload: json.RawMessage(`{"size":"large"}`)},
		},
		Display: experiment.DisplayAlways, Devices: experiment.DevicesAll, Coverage: experiment.Whole, Excluded: experiment.ExcludedStay,
	}
	if change != nil {
		change(&e)
	}
	return e
}

// project returns a published state of experiments.
func project(experiments ...experiment.PublishedExperiment) *experiment.Published {
	return &experiment.Published{
		Version: experiment.PublishedVersion, Organization: "acme", Project: "shop", TimeZone: "UTC",
		Exposures:   experiment.PublishedExposures{Path: "data/exposures", Columns: experiment.DefaultExposureColumns()},
		Experiments: experiments,
	}
}

// compile returns the snapshot of experiments, which must have no fault.
func compile(t testing.TB, experiments ...experiment.PublishedExperiment) *Snapshot {
	t.Helper()
	s, faults := Compile(project(experiments...), nil, nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

// only returns the only experiment of a snapshot, changed by change.
func only(t testing.TB, change func(*experiment.PublishedExperiment)) *Experiment {
	t.Helper()
	return compile(t, published("button", change)).All()[0]
}

// visitor returns somebody without attributes.
func visitor(id string) *Visitor { return &Visitor{ID: id, Device: "all"} }
