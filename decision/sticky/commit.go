package sticky

import (
	"fmt"

	"readout/decision"
)

// commitByVisitor commits the changes of one visitor that follow each other together, and returns
// the positions of those that are lost. commit returns them within the changes it is given.
func commitByVisitor(changes []decision.Change, commit func([]decision.Change) ([]int, error)) (lost []int, err error) {
	for first := 0; first < len(changes); {
		last := first + 1
		for last < len(changes) && changes[last].ID == changes[first].ID {
			last++
		}
		these, err := commit(changes[first:last])
		if err != nil {
			return nil, fmt.Errorf("write decision store: %w", err)
		}
		for _, i := range these {
			lost = append(lost, first+i)
		}
		first = last
	}
	return lost, nil
}
