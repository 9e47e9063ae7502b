package sticky_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"readout/decision"
	"readout/decision/sticky"
	"readout/internal/exposure"
)

// A visitor's assignment and exposure become durable together; the exposure waits in the queue
// until a batch of it is in the log.
func ExampleOpenPebble() {
	dir, err := os.MkdirTemp("", "decisions")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := sticky.OpenPebble(dir, sticky.PebbleOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	ctx := context.Background()
	at := time.Date(2026, 1, 8, 12, 0, 0, 0, time.UTC)
	lost, err := store.Commit(ctx, []decision.Change{{
		Experiment: "checkout-button", ID: "u-1",
		After:    decision.Assignment{Variant: "big", At: at, Exposed: true},
		Exposure: &decision.Exposure{Row: exposure.Row{User: "u-1", Experiment: "checkout-button", Variant: "big", Time: at}},
	}})
	fmt.Println("lost", len(lost), err)

	remembered := make([]decision.Assignment, 1)
	err = store.Get(ctx, "u-1", []string{"checkout-button"}, remembered)
	fmt.Println(remembered[0].Variant, err)

	name, rows, err := store.Batch(ctx, 100)
	fmt.Println(len(rows), rows[0].User, err)
	fmt.Println(store.Done(ctx, name))
	queued, err := store.Queued(ctx)
	fmt.Println(queued, err)
	// Output:
	// lost 0 <nil>
	// big <nil>
	// 1 u-1 <nil>
	// <nil>
	// 0 <nil>
}
