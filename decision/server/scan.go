package server

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// A scanner reads the JSON of a request from left to right, once and without reflection.
// It takes what encoding/json takes, nested no deeper than maxDepth. Names are compared as
// they are written, with case. Of a name that is there twice the last one counts.
type scanner struct {
	data  []byte
	at    int
	depth int
}

// maxDepth is how deep a body may be nested.
const maxDepth = 32

var errDepth = errors.New("the body is nested too deep")

// fault says that the byte at the position of the scanner does not belong there.
func (s *scanner) fault() error { return fmt.Errorf("the body is not JSON: byte %d", s.at) }

// errType is what errors about JSON of the wrong type are.
var errType = errors.New("must be")

// mistyped says what the value of a name must be, if it is one at all.
func (s *scanner) mistyped(name, want string) error {
	if err := s.skip(); err != nil {
		return err
	}
	return fmt.Errorf("%s %w %s", name, errType, want)
}

// peek returns the first byte of the next token, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// take skips the next token if it is that byte.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// end reports what stands behind the value.
func (s *scanner) end() error {
	if s.peek() != 0 || s.at < len(s.data) {
		return s.fault()
	}
	return nil
}

// object reads an object. member is called at the value of each name and must read it.
func (s *scanner) object(member func(name []byte) error) error {
	return s.sequence('{', '}', func() error {
		if s.peek() != '"' {
			return s.fault()
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return s.fault()
		}
		return member(name)
	})
}

// array reads an array. element is called at each value and must read it.
func (s *scanner) array(element func() error) error { return s.sequence('[', ']', element) }

// sequence reads what is between two brackets, separated by commas.
func (s *scanner) sequence(begin, end byte, element func() error) error {
	if !s.take(begin) {
		return s.fault()
	}
	if s.depth++; s.depth > maxDepth {
		return errDepth
	}
	for first := true; !s.take(end); first = false {
		if !first && !s.take(',') {
			return s.fault()
		}
		if err := element(); err != nil {
			return err
		}
	}
	s.depth--
	return nil
}

// text reads a text. The result may be part of the body. What is not UTF-8, and half a
// surrogate pair, becomes U+FFFD.
func (s *scanner) text() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.fault()
	}
	begin := s.at
	plain := true
	for s.at++; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			if plain {
				return s.data[begin+1 : s.at-1], nil
			}
			return s.decode(begin)
		case c == '\\':
			plain = false
			s.at++
		case c >= utf8.RuneSelf:
			plain = false
		case c < ' ':
			return nil, s.fault()
		}
	}
	return nil, s.fault()
}

// decode decodes the text from begin to the position.
func (s *scanner) decode(begin int) ([]byte, error) {
	inner := s.data[begin+1 : s.at-1]
	if !bytes.ContainsRune(inner, '\\') && utf8.Valid(inner) {
		return inner, nil
	}
	text, ok := unescape(inner)
	if !ok {
		s.at = begin
		return nil, s.fault()
	}
	return text, nil
}

// number reads a number and returns it as it is written.
func (s *scanner) number() ([]byte, error) {
	s.peek()
	begin := s.at
	s.skipByte('-')
	if !s.skipByte('0') && !s.digits() {
		return nil, s.fault()
	}
	if s.skipByte('.') && !s.digits() {
		return nil, s.fault()
	}
	if s.skipByte('e') || s.skipByte('E') {
		if !s.skipByte('+') {
			s.skipByte('-')
		}
		if !s.digits() {
			return nil, s.fault()
		}
	}
	return s.data[begin:s.at], nil
}

func (s *scanner) skipByte(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

// digits skips digits and reports whether there were any.
func (s *scanner) digits() bool {
	begin := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
	}
	return s.at > begin
}

// word reads true, false or null.
func (s *scanner) word(word string) error {
	s.peek()
	if !bytes.HasPrefix(s.data[s.at:], []byte(word)) {
		return s.fault()
	}
	s.at += len(word)
	return nil
}

// skip reads a value of any type.
func (s *scanner) skip() error {
	switch s.peek() {
	case '{':
		return s.object(func([]byte) error { return s.skip() })
	case '[':
		return s.array(s.skip)
	case '"':
		_, err := s.text()
		return err
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	_, err := s.number()
	return err
}

// readText reads a text; null leaves it empty.
func (s *scanner) readText(name string, into *string) error {
	*into = ""
	switch s.peek() {
	case '"':
		text, err := s.text()
		*into = string(text)
		return err
	case 'n':
		return s.word("null")
	}
	return s.mistyped(name, "a text")
}

// readAsSent reads a text, or the JSON of anything else as it was sent: what an enumeration does
// not know, whatever its type, is no reason to refuse a request. null leaves it empty.
func (s *scanner) readAsSent(name string, into *string) error {
	c := s.peek()
	if c == '"' || c == 'n' {
		return s.readText(name, into)
	}
	begin := s.at
	err := s.skip()
	*into = string(s.data[begin:s.at])
	return err
}

// readID reads a text, or a number with its digits as they were sent: never through a float.
// null leaves it empty.
func (s *scanner) readID(name string, into *string) error {
	c := s.peek()
	if c == '-' || c >= '0' && c <= '9' {
		digits, err := s.number()
		*into = string(digits)
		return err
	}
	if c != '"' && c != 'n' {
		return s.mistyped(name, "a text or a number")
	}
	return s.readText(name, into)
}

// readNames reads a list of texts, or a single one; null leaves it empty.
func (s *scanner) readNames(name string, into *[]string) error {
	*into = (*into)[:0]
	add := func() error {
		if s.peek() != '"' {
			return s.mistyped(name, "a list of texts")
		}
		text, err := s.text()
		if *into = append(*into, string(text)); len(*into) > maxNames {
			return errNames
		}
		return err
	}
	switch s.peek() {
	case 'n':
		return s.word("null")
	case '[':
		return s.array(add)
	}
	return add()
}

// readBool reads a truth; null leaves it as it is.
func (s *scanner) readBool(name string, into *bool) error {
	switch s.peek() {
	case 't':
		*into = true
		return s.word("true")
	case 'f':
		*into = false
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.mistyped(name, "true or false")
}

// readObject reads an object; null is an empty one.
func (s *scanner) readObject(name string, member func(name []byte) error) error {
	switch s.peek() {
	case '{':
		return s.object(member)
	case 'n':
		return s.word("null")
	}
	return s.mistyped(name, "an object")
}
