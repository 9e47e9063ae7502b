package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest/tables"
	"readout/internal/atomicfile"
)

// Exit statuses, as README.md and docs/operating.md have them.
const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitAttention = 3
	// exitUnread is how shells name the end of a program by the signal SIGPIPE.
	exitUnread = 128 + 13
)

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usagef returns a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// attentionError says that the work was done and a check needs attention.
type attentionError struct{ checks []string }

// maxAlarms is how many alarms an attentionError names.
const maxAlarms = 10

func (e attentionError) Error() string {
	shown, more := e.checks, ""
	if len(shown) > maxAlarms {
		shown, more = shown[:maxAlarms], fmt.Sprintf("; and %d more", len(e.checks)-maxAlarms)
	}
	return "a check needs attention: " + strings.Join(shown, "; ") + more
}

// fail prints an error, or each of several joined, and returns its exit status: of several,
// the lowest, so that no error in the file of one experiment hides that the run of all failed.
func (a *app) fail(err error) int {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		status := exitUnread
		for _, e := range joined.Unwrap() {
			status = min(status, a.fail(e))
		}
		return status
	}
	var config experiment.Errors
	var usage usageError
	var attention attentionError
	switch {
	case errors.As(err, &config):
		return a.failConfig(config)
	case errors.As(err, &usage):
		a.tell("readout: %v", err)
		return exitUsage
	case errors.As(err, &attention):
		a.tell("readout: %v", err)
		return exitAttention
	case errors.Is(err, errUnread):
		return exitUnread
	case errors.Is(err, context.Canceled):
		a.tell("readout: interrupted, nothing was left half-written")
		return exitFailed
	case errors.Is(err, atomicfile.ErrLocked):
		a.tell("readout: %v: %s", err, atWork)
		return exitFailed
	case errors.Is(err, tables.ErrNoColumn):
		a.tell("readout: %v: name the columns as the file has them, with --column or in readout.yaml", err)
		return exitFailed
	}
	a.tell("readout: %v", err)
	return exitFailed
}

// failConfig prints the errors of the configuration and returns their exit status. A file that
// could not be read is no mistake of whoever wrote it.
func (a *app) failConfig(errs experiment.Errors) int {
	for _, e := range errs {
		a.tell("%v", e)
	}
	unread := errs.Unread()
	if wrong := len(errs) - unread; wrong > 0 {
		a.tell("readout: %d %s in the configuration", wrong, plural(wrong, "error", "errors"))
	}
	if unread > 0 {
		a.tell("readout: %d %s of the configuration could not be read", unread, plural(unread, "file or folder", "files or folders"))
		return exitFailed
	}
	return exitUsage
}

// attention returns an attentionError when a check of one of the scorecards raises an alarm.
func attention(cards []analysis.Scorecard) error {
	var alarms []string
	for _, card := range cards {
		for _, c := range card.Checks {
			if c.Severity == analysis.Alarm {
				alarms = append(alarms, fmt.Sprintf("%s, %s", card.Experiment, c.Name))
			}
		}
	}
	if len(alarms) == 0 {
		return nil
	}
	return attentionError{alarms}
}
