package sticky

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"readout/decision"
)

// rowVersion begins the stored form of an exposure.
const rowVersion = 1

var errRow = errors.New("stored exposure is not whole")

// appendRow appends the stored form of an exposure: version, microseconds since 1970 as a
// varint, then lengths and bytes of user, experiment and variant, and of name and value of
// each segment that is not null. Names are stored because others may be published before the
// row is written to the log.
func appendRow(b []byte, e *decision.Exposure) []byte {
	b = append(b, rowVersion)
	b = binary.AppendVarint(b, e.Time.UnixMicro())
	b = appendText(appendText(appendText(b, e.User), e.Experiment), e.Variant)
	for i, value := range e.Segments {
		if value != "" {
			b = appendText(appendText(b, e.Columns[i]), value)
		}
	}
	return b
}

// parseRow reads what appendRow writes. Times are whole microseconds in UTC.
func parseRow(b []byte) (decision.Exposure, error) {
	var e decision.Exposure
	if len(b) == 0 {
		return e, errRow
	}
	if b[0] != rowVersion {
		return e, fmt.Errorf("stored exposure has version %d, this program reads version %d", b[0], rowVersion)
	}
	micro, n := binary.Varint(b[1:])
	if n <= 0 {
		return e, errRow
	}
	e.Time = time.UnixMicro(micro).UTC()
	rest := record(b[1+n:])
	for _, text := range []*string{&e.User, &e.Experiment, &e.Variant} {
		found, after, err := cut(rest)
		if err != nil {
			return decision.Exposure{}, errRow
		}
		*text, rest = string(found), after
	}
	for len(rest) > 0 {
		name, value, after, err := rest.next()
		if err != nil {
			return decision.Exposure{}, errRow
		}
		e.Columns, e.Segments = append(e.Columns, string(name)), append(e.Segments, string(value))
		rest = after
	}
	return e, nil
}
