package server

import (
	"fmt"
	"strings"

	"readout/decision"
)

// Limits of the attributes of a request. A regular expression of an audience may take seconds for
// a text of a megabyte, and so may payloads for names with many dots, which they take apart.
const (
	maxAttributes     = 1000
	maxAttributeBytes = 4 << 10 // as in the table of profiles
	maxNameBytes      = 1 << 10 // with the names of all it is nested in
	maxNameParts      = 32      // separated by dots
)

// attributes are what a request says of its visitor.
type attributes struct {
	known   decision.Attributes // made for the first one
	members int                 // read so far, also of a name that is there twice
}

// read reads the value of an attribute. What is nested has names joined by dots. Lists and nulls
// are absent. Each of many attributes that are nested in long names has a copy of these.
func (a *attributes) read(s *scanner, prefix string, name []byte) error {
	if len(prefix)+len(name) > maxNameBytes {
		return fmt.Errorf("the name of an attribute is longer than %d bytes", maxNameBytes)
	}
	if a.members++; a.members > maxAttributes {
		return fmt.Errorf("more than %d attributes", maxAttributes)
	}
	full := prefix + string(name)
	if s.peek() == '{' {
		return s.object(func(name []byte) error { return a.read(s, full+".", name) })
	}
	if strings.Count(full, ".") >= maxNameParts {
		return fmt.Errorf("the name of an attribute has more than %d parts", maxNameParts)
	}
	v, err := readValue(s, full)
	if err != nil {
		return err
	}
	if a.known == nil {
		a.known = make(decision.Attributes)
	}
	a.known[full] = v
	return nil
}

// readValue reads a text, a number or a truth, and the absent value for a list or null.
func readValue(s *scanner, name string) (decision.Value, error) {
	var v decision.Value
	switch s.peek() {
	case '"':
		text, err := s.text()
		if len(text) > maxAttributeBytes {
			return v, longAttribute(name)
		}
		return decision.Text(string(text)), err
	case 't', 'f':
		var yes bool
		err := s.readBool(name, &yes)
		return decision.Bool(yes), err
	case '[', 'n':
		return v, s.skip()
	}
	digits, err := s.number()
	if len(digits) > maxAttributeBytes {
		return v, longAttribute(name)
	}
	return decision.Number(string(digits)), err
}

func longAttribute(name string) error {
	return fmt.Errorf("attribute %s is longer than %d bytes", name, maxAttributeBytes)
}
