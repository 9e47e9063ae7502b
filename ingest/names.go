package ingest

import (
	"fmt"
	"sync"
)

// otherCode stands for a name that the query does not know.
const otherCode = nullCode - 1

// fixedNames codes the names of a query by their position; others are otherCode. An empty
// name is no name.
type fixedNames map[string]uint32

func newFixedNames(names []string) fixedNames {
	m := make(fixedNames, len(names))
	for i, name := range names {
		m[name] = uint32(i)
	}
	return m
}

func (m fixedNames) code(text []byte) uint32 {
	if len(text) == 0 {
		return nullCode
	}
	if c, ok := m[string(text)]; ok {
		return c
	}
	return otherCode
}

// maxOtherNames bounds the names in a column that the query does not know. A column with
// more holds no variants.
const maxOtherNames = 1 << 16

// openNames codes the names of a query by their position and numbers the others from there
// on as they come, so that they can be reported.
type openNames struct {
	known fixedNames
	// most bounds the others; a column with more is not what purpose says.
	most    int
	purpose string

	mu     sync.Mutex
	others map[string]uint32
	names  []string // of others, by code less len(known)
}

func newOpenNames(names []string) *openNames {
	return &openNames{known: newFixedNames(names), others: map[string]uint32{}, most: maxOtherNames, purpose: "the column of variants"}
}

func (o *openNames) code(text []byte) uint32 {
	c := o.known.code(text)
	if c != otherCode {
		return c
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if c, ok := o.others[string(text)]; ok {
		return c
	}
	if len(o.names) == o.most {
		return otherCode
	}
	name := string(text)
	c = uint32(len(o.known) + len(o.names))
	o.others[name] = c
	o.names = append(o.names, name)
	return c
}

// name returns the name of a code that is not one of the query's.
func (o *openNames) name(code uint32) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.names[int(code)-len(o.known)]
}

// check fails when there were too many names to tell them apart.
func (o *openNames) check(column string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.names) < o.most {
		return nil
	}
	return fmt.Errorf("column %q holds more than %d different names: is it %s?", column, o.most, o.purpose)
}
