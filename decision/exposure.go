package decision

import (
	"strings"
	"time"

	"readout/internal/exposure"
)

// device is the segment column that the request's device fills when no attribute does.
const device = "device"

// An Exposure is a row to log, and the names of the columns that its segments stand in: those
// that were published when it was made.
type Exposure struct {
	exposure.Row
	Columns []string
}

// Exposure returns what to log of a visitor who was shown a variant. Segments come from the
// visitor's attributes, device also from the request; what nobody knows is null.
func (s *Snapshot) Exposure(x *Experiment, v *Visitor, variant string, at time.Time) Exposure {
	e := Exposure{
		Row:     exposure.Row{User: v.ID, Experiment: x.def.Name, Variant: variant, Time: at.UTC().Truncate(time.Microsecond)},
		Columns: s.published.Exposures.Segments,
	}
	for _, name := range e.Columns {
		value := v.Known.get(name).String()
		if value == "" && name == device {
			value = strings.ToLower(v.Device)
		}
		e.Segments = append(e.Segments, value)
	}
	return e
}
