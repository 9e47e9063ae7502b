package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// An Error is one fault of a file of the project.
type Error struct {
	File    string // path relative to the project directory, with slashes
	Line    int    // from 1; 0 when the fault has no place inside the file
	Column  int    // from 1, in characters; 0 when only the line is known
	Message string // what was found and what is allowed, lower case
	// Unread says that the file, or folder, could not be read. What is in it may be right.
	Unread bool
}

// faultOf returns the fault that an error makes of a file or folder that was to be read. The
// system may bear to read it the next time, unless it is not what it should be.
func faultOf(file string, err error) Error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return Error{File: file, Message: "cannot be read: " + pathError.Err.Error(), Unread: true}
	}
	return Error{File: file, Message: err.Error()}
}

// Error returns "file:line:column: message", without the parts that are not known.
func (e Error) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Errors are all faults of a project, sorted by file and position.
type Errors []Error

// Unread returns how many files and folders could not be read.
func (e Errors) Unread() int {
	n := 0
	for _, fault := range e {
		if fault.Unread {
			n++
		}
	}
	return n
}

// Error returns one line per fault.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, fault := range e {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
		)
	})
}
