package main

import (
	"errors"
	"fmt"
	"io"
)

// output is where results are printed. It keeps the first failure, since commands that
// print line by line do not look at each: results that are lost are a failure, whatever the
// work was.
type output struct {
	to     io.Writer
	failed error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if o.failed == nil {
		o.failed = err
	}
	return n, err
}

// join adds the failure to print to what else a command failed by, unless it is in that.
func (o *output) join(err error) error {
	if o.failed == nil || errors.Is(err, o.failed) {
		return err
	}
	return errors.Join(fmt.Errorf("print the results: %w", o.failed), err)
}
