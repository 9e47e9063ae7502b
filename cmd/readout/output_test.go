package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// Results that cannot be printed are a failure, said once.
func TestResultsThatCannotBePrinted(t *testing.T) {
	for _, args := range [][]string{
		{"schema", "readout"},
		{"power", "--rate", "10%", "--mde", "5%", "--users-per-day", "8000"},
		{"help", "run"},
	} {
		var errs bytes.Buffer
		status := run(t.Context(), args, fullDisk{}, &errs, time.Now)
		if status != exitFailed || strings.Count(errs.String(), "no space left on device") != 1 {
			t.Errorf("%s: exit status %d, said %q", strings.Join(args, " "), status, errs.String())
		}
	}
}
