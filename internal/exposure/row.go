package exposure

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Columns are the names of the columns in a file, in the order in which they
// stand there.
type Columns struct {
	User, Experiment, Variant, Time string
	// Segments are further columns, by which results are broken down.
	Segments []string
}

// names returns all names in order.
func (c Columns) names() []string {
	return append([]string{c.User, c.Experiment, c.Variant, c.Time}, c.Segments...)
}

// check reports names that cannot be those of one file.
func (c Columns) check() error {
	seen := make(map[string]bool)
	for _, name := range c.names() {
		switch {
		case name == "":
			return errors.New("a column has no name")
		case !utf8.ValidString(name):
			return fmt.Errorf("column %q: the name is not UTF-8", name)
		case seen[name]:
			return fmt.Errorf("column %q is there twice", name)
		}
		seen[name] = true
	}
	return nil
}

// A Row is one exposure.
type Row struct {
	User, Experiment, Variant string
	// Time is stored in whole microseconds; what is finer is cut off.
	Time time.Time
	// Segments has one value per segment column, in the same order. An empty
	// one is stored as null.
	Segments []string
}

// check reports what cannot be stored.
func (r Row) check(c Columns) error {
	if len(r.Segments) != len(c.Segments) {
		return fmt.Errorf("row of user %q has %d segments, want %d", r.User, len(r.Segments), len(c.Segments))
	}
	texts := [...]struct{ column, value string }{{c.User, r.User}, {c.Experiment, r.Experiment}, {c.Variant, r.Variant}}
	for _, t := range texts {
		if !utf8.ValidString(t.value) {
			return fmt.Errorf("column %s: %q is not UTF-8", t.column, t.value)
		}
	}
	for i, value := range r.Segments {
		if !utf8.ValidString(value) {
			return fmt.Errorf("column %s: %q is not UTF-8", c.Segments[i], value)
		}
	}
	return nil
}
