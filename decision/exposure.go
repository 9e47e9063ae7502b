package decision

import (
	"strings"
	"time"

	"readout/experiment"
	"readout/internal/exposure"
)

// device is the segment column that the request's device fills, if it is one, when no attribute
// does.
const device = "device"

// An Exposure is a row to log, and the names of the columns that its segments stand in: those
// that were published when it was made.
type Exposure struct {
	exposure.Row
	Columns []string
}

// KnownDevice returns the name of a device that an experiment can be shown on, whatever case it is
// written in; empty for all else, which may be any text: as values of a segment it would be more
// than the batch job breaks down by.
func KnownDevice(text string) string {
	for _, d := range experiment.AllDevices() {
		if strings.EqualFold(text, string(d)) {
			return string(d)
		}
	}
	return ""
}

// maxSegment is the longest value of a segment, in bytes. Clients may state longer texts, of
// which a file of many exposures would take more memory than there is.
const maxSegment = 256

// Exposure returns what to log of a visitor who was shown a variant. Segments come from the
// visitor's attributes, device also from the request; what nobody knows is null, and so is a
// text that is longer than segments are.
func (s *Snapshot) Exposure(x *Experiment, v *Visitor, variant string, at time.Time) Exposure {
	e := Exposure{
		Row:     exposure.Row{User: v.ID, Experiment: x.def.Name, Variant: variant, Time: at.UTC().Truncate(time.Microsecond)},
		Columns: s.published.Exposures.Segments,
	}
	for _, name := range e.Columns {
		value := v.Known.get(name).String()
		if value == "" && name == device {
			value = KnownDevice(v.Device)
		}
		if len(value) > maxSegment {
			value = ""
		}
		e.Segments = append(e.Segments, value)
	}
	return e
}
