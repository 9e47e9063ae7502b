package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"
)

// output is where results are printed. It keeps the first failure, since commands that
// print line by line do not look at each: results that are lost are a failure, whatever the
// work was.
type output struct {
	to     io.Writer
	failed error
}

// errUnread says that whoever reads the results has gone, as head does once it has its lines.
var errUnread = errors.New("nobody reads the results any more")

func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		err = errUnread
	}
	if o.failed == nil {
		o.failed = err
	}
	return n, err
}

// join adds the failure to print to what else a command failed by, unless it is in that. That
// results were not wanted is no failure beside another.
func (o *output) join(err error) error {
	switch {
	case o.failed == nil || errors.Is(err, o.failed):
		return err
	case errors.Is(o.failed, errUnread):
		return cmp.Or(err, errUnread)
	}
	return errors.Join(fmt.Errorf("print the results: %w", o.failed), err)
}

// printJSON prints a result for programs.
func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
