package decision_test

import (
	"encoding/json"
	"fmt"
	"time"

	"readout/decision"
	"readout/experiment"
)

// A published state is compiled once; then its experiments decide about one visitor at a time.
// What is to be remembered is handed in with the next question.
func ExampleExperiment_Decide() {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	snapshot, faults := decision.Compile(&experiment.Published{
		Version: experiment.PublishedVersion, Organization: "acme", Project: "shop", TimeZone: "UTC",
		Experiments: []experiment.PublishedExperiment{{
			Name: "checkout-button", Type: experiment.TypeExperiment, Status: experiment.Running,
			Salt: "checkout-button", Hash: experiment.HashReadout, Selector: "checkout-button",
			Start: &start, End: start.AddDate(0, 0, 28),
			Variants: []experiment.PublishedVariant{
				{Name: "control", Traffic: experiment.Whole / 2},
				{Name: "big", Traffic: experiment.Whole / 2, Payload: json.RawMessage(`{"size":"large"}`)},
			},
			Display: experiment.DisplayAlways, Devices: experiment.DevicesAll,
			Coverage: experiment.Whole, Excluded: experiment.ExcludedStay,
		}},
	}, nil, nil)
	if len(faults) > 0 {
		fmt.Println(faults)
		return
	}
	button := snapshot.Experiment("checkout-button")
	now := start.AddDate(0, 0, 3)
	for _, id := range []string{"u-1", "u-2", "ann"} {
		visitor := &decision.Visitor{ID: id, Device: "all"}
		first := button.Decide(visitor, decision.Assignment{}, now, true)
		again := button.Decide(visitor, first.Remember, now.AddDate(0, 0, 1), true)
		fmt.Println(id, first.Variant, first.Reason, again.Variant, again.Reason)
	}
	// Output:
	// u-1 big assigned big assigned
	// u-2 big assigned big assigned
	// ann control assigned control assigned
}
