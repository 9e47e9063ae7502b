package daily

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
)

// TestPhasesWithoutARecord: from a log that has no definition, every stop begins a phase in
// which the variants stopped by then get nobody.
func TestPhasesWithoutARecord(t *testing.T) {
	const old = `{"experiment":"x","at":"2026-01-01T00:00:00Z","action":"start","from":"Draft","to":"Running","start":"2026-01-01T00:00:00Z","end":"2026-02-01T00:00:00Z","by":"ann"}
{"experiment":"x","at":"2026-01-08T00:00:00Z","action":"stop-variant","from":"Running","to":"Running","variant":"big","by":"ann"}
{"experiment":"x","at":"2026-01-09T00:00:00Z","action":"stop-variant","from":"Running","to":"Running","variant":"huge","by":"ann"}
`
	log, err := experiment.ParseLog("lifecycle.jsonl", []byte(old))
	if err != nil {
		t.Fatal(err)
	}
	e := &experiment.Experiment{Name: "x", Variants: []experiment.Variant{
		{Name: "control", Traffic: experiment.Whole / 2}, {Name: "big", Traffic: experiment.Whole / 4}, {Name: "huge", Traffic: experiment.Whole / 4},
	}}
	begins, weights := phasesOf(e, log.State(e))
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	if diff := cmp.Diff([]time.Time{day(8), day(9)}, begins); diff != "" {
		t.Errorf("phases begin (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]float64{{0.5, 0.25, 0.25}, {0.5, 0, 0.25}, {0.5, 0, 0}}, weights); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
}

// TestPhasesRecorded: a change of traffic that was published begins a phase; the first has
// begun with the experiment.
func TestPhasesRecorded(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	e := &experiment.Experiment{
		Name: "x", Schedule: experiment.Schedule{End: day(28)}, Coverage: experiment.Whole,
		Variants: []experiment.Variant{{Name: "control", Traffic: experiment.Whole / 2}, {Name: "big", Traffic: experiment.Whole / 2}},
	}
	path := filepath.Join(t.TempDir(), "lifecycle.jsonl")
	log, err := experiment.ReadLog(path)
	if err != nil {
		t.Fatal(err)
	}
	started, err := experiment.Move(e, log.State(e), experiment.Request{Action: experiment.ActionStart, At: day(1), By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(path, started); err != nil {
		t.Fatal(err)
	}
	check := func(wantBegins []time.Time, wantWeights ...[]float64) {
		t.Helper()
		begins, weights := phasesOf(e, log.State(e))
		if diff := cmp.Diff(wantBegins, begins); diff != "" {
			t.Errorf("phases begin (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantWeights, weights); diff != "" {
			t.Errorf("weights (-want +got):\n%s", diff)
		}
	}
	check(nil, []float64{0.5, 0.5})
	e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole*8/10, experiment.Whole*2/10
	if err := log.Append(path, experiment.Changes(&experiment.Project{Experiments: []*experiment.Experiment{e}}, log, day(8))...); err != nil {
		t.Fatal(err)
	}
	check([]time.Time{day(8)}, []float64{0.5, 0.5}, []float64{0.8, 0.2})
}
