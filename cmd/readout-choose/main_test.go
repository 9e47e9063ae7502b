package main

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// asProgram makes the test binary be the program, for tests that send it signals.
const asProgram = "RUN_AS_READOUT_CHOOSE"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}
