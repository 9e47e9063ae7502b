package reports

import (
	"fmt"

	"readout/analysis"
	"readout/experiment"
)

// next says by which commands people do what the scorecard of a page recommends. It is empty
// where there is nothing to do but wait or look into the data, and without a lifecycle.
func next(p *Page, status experiment.Status) string {
	if p.Card == nil || p.State == nil {
		return ""
	}
	name, r := visible(p.name()), p.Card.Recommendation
	switch status {
	case experiment.Running:
		switch r.Action {
		case analysis.ActionShip:
			return fmt.Sprintf(pageNextShip, name, shortName(r.Variant))
		case analysis.ActionStopForHarm:
			if treatmentsLeft(p.Card) > 1 {
				return fmt.Sprintf(pageNextStopVariant, name, shortName(r.Variant))
			}
			return fmt.Sprintf(pageNextStop, name)
		case analysis.ActionStopFutility, analysis.ActionInconclusive:
			return fmt.Sprintf(pageNextStop, name)
		}
	case experiment.ReadyForReview:
		switch r.Action {
		case analysis.ActionShip:
			return fmt.Sprintf(pageNextDecide, name, shortName(r.Variant))
		case analysis.ActionStopForHarm, analysis.ActionStopFutility, analysis.ActionInconclusive, analysis.ActionNone:
			return fmt.Sprintf(pageNextEnd, name)
		}
	}
	return ""
}

// treatmentsLeft counts the treatments that still get users.
func treatmentsLeft(card *analysis.Scorecard) int {
	n := 0
	for _, v := range card.Variants {
		if !v.Control && v.Stopped.IsZero() {
			n++
		}
	}
	return n
}
