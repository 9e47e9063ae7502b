package main

import (
	"bytes"
	"fmt"
	"testing"

	"readout/internal/daily"
)

// Many experiments that are over take one line.
func TestSayIdle(t *testing.T) {
	idle := []daily.Idle{{Experiment: "draft", Reason: "is a Draft"}}
	for i := range maxIdle + 1 {
		idle = append(idle, daily.Idle{Experiment: fmt.Sprintf("over-%d", i), Reason: "is Completed"})
	}
	idle = append(idle, daily.Idle{Experiment: "another", Reason: "is a Draft"})
	var errs bytes.Buffer
	(&app{err: &errs}).sayIdle(idle)
	if want := "draft is a Draft\neach of 6 experiments is Completed\nanother is a Draft\n"; errs.String() != want {
		t.Errorf("%q, want %q", errs.String(), want)
	}
}
