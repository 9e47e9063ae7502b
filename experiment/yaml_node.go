package experiment

import "fmt"

// A nodeKind is what a YAML value is.
type nodeKind int

const (
	kindNull nodeKind = iota
	kindBool
	kindNumber
	kindText
	kindList
	kindMapping
)

// A node is one value of a YAML file with its position.
type node struct {
	kind         nodeKind
	text         string // of a scalar, as written but without quotes
	items        []*node
	pairs        []pair
	line, column int
}

// A pair is one key of a mapping with its value.
type pair struct{ key, value *node }

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// key returns a key of a mapping, or nil.
func (n *node) key(text string) *node {
	for _, p := range n.pairs {
		if p.key.text == text {
			return p.key
		}
	}
	return nil
}

// describe says what a value is, for messages.
func (n *node) describe() string {
	switch n.kind {
	case kindNull:
		return "nothing"
	case kindBool:
		return n.text
	case kindNumber:
		return "the number " + clip(n.text)
	case kindText:
		return fmt.Sprintf("text %q", clip(n.text))
	case kindList:
		return "a list"
	}
	return "a mapping"
}
