package sticky

import (
	"encoding/binary"
	"errors"
	"slices"

	"readout/decision"
)

// A record is what is stored of one visitor: per experiment the length and bytes of its
// name, and the length and bytes of the assignment.
type record []byte

var errRecord = errors.New("stored record is not whole")

// next returns the first entry of a record and the rest.
func (r record) next() (name, value []byte, rest record, err error) {
	if name, rest, err = cut(r); err != nil {
		return nil, nil, nil, err
	}
	value, rest, err = cut(rest)
	return name, value, rest, err
}

// cut returns the text that a record begins with, and the rest.
func cut(r record) (text []byte, rest record, err error) {
	length, n := binary.Uvarint(r)
	if n <= 0 || length > uint64(len(r)-n) {
		return nil, nil, errRecord
	}
	end := n + int(length)
	return r[n:end], r[end:], nil
}

// get puts the assignments of the experiments into the slice into. Those that the record
// does not have are left as they are.
func (r record) get(experiments []string, into []decision.Assignment) error {
	// Records mostly have experiments in the order in which they are asked for, so the search
	// goes on where it last found one.
	from := 0
	for len(r) > 0 {
		name, value, rest, err := r.next()
		if err != nil {
			return err
		}
		for k := range experiments {
			i := (from + k) % len(experiments)
			if string(name) != experiments[i] {
				continue
			}
			if into[i], err = decision.ParseAssignment(value); err != nil {
				return err
			}
			from = i + 1
			break
		}
		r = rest
	}
	return nil
}

// change returns the record after the changes of its visitor. When what is remembered is
// not what one of them was decided upon, its Before becomes what is remembered, its position
// is in lost, and there is no record.
func (r record) change(changes []decision.Change) (after record, lost []int, err error) {
	experiments := make([]string, len(changes))
	for i := range changes {
		experiments[i] = changes[i].Experiment
	}
	now := make([]decision.Assignment, len(changes))
	if err := r.get(experiments, now); err != nil {
		return nil, nil, err
	}
	for i := range changes {
		if !now[i].Equal(changes[i].Before) {
			changes[i].Before = now[i]
			lost = append(lost, i)
		}
	}
	if len(lost) > 0 {
		return nil, lost, nil
	}
	after = make(record, 0, len(r)+48*len(changes))
	var value [64]byte
	done := make([]bool, len(changes))
	for len(r) > 0 {
		name, old, rest, err := r.next()
		if err != nil {
			return nil, nil, err
		}
		i := slices.IndexFunc(changes, func(c decision.Change) bool { return string(name) == c.Experiment })
		if i >= 0 {
			old, done[i] = changes[i].After.Append(value[:0]), true
		}
		after = appendText(appendText(after, name), old)
		r = rest
	}
	for i := range changes {
		if !done[i] {
			after = appendText(appendText(after, changes[i].Experiment), changes[i].After.Append(value[:0]))
		}
	}
	return after, nil, nil
}

// appendText appends the length and the bytes of a text.
func appendText[T string | []byte | record](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}
