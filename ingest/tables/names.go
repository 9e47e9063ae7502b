package tables

import (
	"fmt"
	"sync"
	"unicode/utf8"
)

// OtherCode stands for a name that the query does not know.
const OtherCode = NullCode - 1

// FixedNames codes the names of a query by their position; others are OtherCode. An empty
// name is no name.
type FixedNames map[string]uint32

// NewFixedNames codes names from 0 on.
func NewFixedNames(names []string) FixedNames {
	m := make(FixedNames, len(names))
	for i, name := range names {
		m[name] = uint32(i)
	}
	return m
}

// Code implements Coder.
func (m FixedNames) Code(text []byte) uint32 {
	if len(text) == 0 {
		return NullCode
	}
	if c, ok := m[string(text)]; ok {
		return c
	}
	return OtherCode
}

// maxOtherNames bounds the names in a column that the query does not know. A column with
// more holds no variants.
const maxOtherNames = 1 << 16

// maxName is how many bytes of a name that the query does not know are kept: what is not the column it
// is taken for may hold texts of any length.
const maxName = 4 << 10

// OpenNames codes the names of a query by their position and numbers the others from there
// on as they come, so that they can be reported.
type OpenNames struct {
	Known FixedNames
	// Most bounds the others; a column with more is not what Purpose says, such as "the column of variants".
	Most    int
	Purpose string

	mu     sync.Mutex
	others map[string]uint32
	names  []string // of others, by code less len(known)
}

// NewOpenNames codes names from 0 on, and the others behind them, of which there may be 65,536.
func NewOpenNames(names []string) *OpenNames {
	return &OpenNames{Known: NewFixedNames(names), others: map[string]uint32{}, Most: maxOtherNames, Purpose: "the column of variants"}
}

// Code implements Coder.
func (o *OpenNames) Code(text []byte) uint32 {
	c := o.Known.Code(text)
	if c != OtherCode {
		return c
	}
	text = clipped(text)
	o.mu.Lock()
	defer o.mu.Unlock()
	if c, ok := o.others[string(text)]; ok {
		return c
	}
	if len(o.names) == o.Most {
		return OtherCode
	}
	name := string(text)
	c = uint32(len(o.Known) + len(o.names))
	o.others[name] = c
	o.names = append(o.names, name)
	return c
}

// clipped returns what is kept of a name. It does not end within a character.
func clipped(name []byte) []byte {
	if len(name) <= maxName {
		return name
	}
	end := maxName
	for end > maxName-utf8.UTFMax && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}

// Name returns the name of a code that is not one of the query's.
func (o *OpenNames) Name(code uint32) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.names[int(code)-len(o.Known)]
}

// Check fails when there were too many names to tell them apart.
func (o *OpenNames) Check(column string) error {
	if !o.Full() {
		return nil
	}
	return fmt.Errorf("column %q holds more than %d different names: is it %s?", column, o.Most, o.Purpose)
}

// Full reports whether there are as many others as may be: further ones are not told apart.
func (o *OpenNames) Full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.names) >= o.Most
}

// Others returns the names that are not the query's, in the order of their codes. It must not
// be called while names may still come.
func (o *OpenNames) Others() []string { return o.names }
