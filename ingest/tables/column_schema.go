package tables

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"readout/experiment"
)

// fileSchema is what a file has at the top of its schema, nested columns included.
type fileSchema struct {
	names []string
	types []columnType
	// leaves are the numbers of their column chunks, of nested columns the first; absent for a
	// column that is not in the file but in the name of a folder.
	leaves []int
	total  int // of column chunks in a row group
}

// schemaOf reads the elements of a footer, which list a tree depth first.
func schemaOf(elements []format.SchemaElement) (fileSchema, error) {
	var s fileSchema
	damaged := fmt.Errorf("its schema is %w", errDamaged)
	if len(elements) == 0 || elements[0].Type.Valid {
		return s, damaged
	}
	at := 1
	for range elements[0].NumChildren.V {
		if at >= len(elements) {
			return s, damaged
		}
		e := &elements[at]
		s.names = append(s.names, e.Name)
		s.types = append(s.types, typeOf(e))
		s.leaves = append(s.leaves, s.total)
		// A subtree ends when every group in it has had its children.
		for open := 1; open > 0; at++ {
			if at >= len(elements) {
				return s, damaged
			}
			open--
			if e := &elements[at]; e.Type.Valid {
				s.total++
			} else if n := int(e.NumChildren.V); n >= 0 && n <= len(elements) {
				open += n
			} else {
				return s, damaged
			}
		}
	}
	if at != len(elements) {
		return s, damaged
	}
	return s, nil
}

// addFolder adds a column that all rows have from a folder and returns its position.
func (s *fileSchema) addFolder(name string, t columnType) int {
	s.names = append(s.names, name)
	s.types = append(s.types, t)
	s.leaves = append(s.leaves, absent)
	return len(s.leaves) - 1
}

// ErrNoColumn is in the error of a column that a file of exposures or conversions lacks: who reads
// the table has perhaps another name for it.
var ErrNoColumn = errors.New("missing")

// ColumnError is in the error of a file of which a column is missing or of a type that cannot be read.
type ColumnError struct {
	Table  string // as in [Spec]
	Column string
	Err    error
}

func (e ColumnError) Error() string { return fmt.Sprintf("column %q: %v", e.Column, e.Err) }

func (e ColumnError) Unwrap() error { return e.Err }

// find returns the position of the column with exactly this name.
func (s fileSchema) find(name string) (int, error) {
	i := slices.Index(s.names, name)
	if i < 0 {
		return 0, ErrNoColumn
	}
	if slices.Contains(s.names[i+1:], name) {
		return 0, errors.New("the file has two columns of this name")
	}
	return i, nil
}

// namesShown is how many columns a message lists.
const namesShown = 20

// missing says that a column is not there, which ones are, and which is meant perhaps.
func (s fileSchema) missing(name string) error {
	if len(s.names) == 0 {
		return fmt.Errorf("%w, and the file has no columns at all", ErrNoColumn)
	}
	found := strings.Join(s.names[:min(len(s.names), namesShown)], ", ")
	if more := len(s.names) - namesShown; more > 0 {
		found += fmt.Sprintf(" and %d more", more)
	}
	if near, ok := experiment.Nearest(name, s.names); ok {
		return fmt.Errorf("%w, did you mean %q? the file has %s", ErrNoColumn, near, found)
	}
	return fmt.Errorf("%w, the file has %s", ErrNoColumn, found)
}
