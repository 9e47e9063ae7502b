package decision

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
)

// An Assignment is what is remembered of one visitor in one experiment. The zero value is
// a visitor never seen.
type Assignment struct {
	// Variant is what was drawn; empty for somebody left out, who has the reason in Out.
	Variant string
	Out     Reason
	// At is when that was decided.
	At time.Time
	// Exposed says that an exposure was logged, Shown that the variant was shown while a
	// display budget counted, and Sessions in which visits, as hashes, newest last.
	Exposed, Shown bool
	Sessions       []uint64
}

// maxSessions is how many visits are remembered: more at once hardly happens, and the
// record stays small.
const maxSessions = 16

// Equal reports whether two assignments are the same.
func (a Assignment) Equal(b Assignment) bool {
	return a.Variant == b.Variant && a.Out == b.Out && a.At.Equal(b.At) && a.Exposed == b.Exposed &&
		a.Shown == b.Shown && slices.Equal(a.Sessions, b.Sessions)
}

// seen reports whether the variant is known to have been shown. Who was exposed before the
// experiment was displayed once has seen it, too.
func (a Assignment) seen() bool { return a.Shown || a.Exposed }

// show returns a as it is after being shown in a session.
func (a Assignment) show(session uint64, visits bool) Assignment {
	a.Shown = true
	if visits && !slices.Contains(a.Sessions, session) {
		a.Sessions = append(slices.Clone(a.Sessions), session)
		a.Sessions = a.Sessions[max(0, len(a.Sessions)-maxSessions):]
	}
	return a
}

// assignmentVersion begins the stored form of an assignment.
const assignmentVersion = 1

const (
	flagExposed = 1 << iota
	flagShown
)

// Append appends the stored form of a to b: version, flags, microseconds since 1970 as a
// varint, lengths and bytes of variant and reason, then the sessions.
func (a Assignment) Append(b []byte) []byte {
	flags := byte(0)
	if a.Exposed {
		flags |= flagExposed
	}
	if a.Shown {
		flags |= flagShown
	}
	b = append(b, assignmentVersion, flags)
	b = binary.AppendVarint(b, a.At.UnixMicro())
	for _, text := range []string{a.Variant, string(a.Out)} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = binary.AppendUvarint(b, uint64(len(a.Sessions)))
	for _, s := range a.Sessions {
		b = binary.LittleEndian.AppendUint64(b, s)
	}
	return b
}

var errAssignment = errors.New("stored assignment is not whole")

// ParseAssignment reads what [Assignment.Append] writes. What is cut short, goes on behind
// its end or has another version is an error. Times are whole microseconds in UTC.
func ParseAssignment(data []byte) (Assignment, error) {
	if len(data) < 2 {
		return Assignment{}, errAssignment
	}
	if data[0] != assignmentVersion {
		return Assignment{}, fmt.Errorf("stored assignment has version %d, this program reads version %d", data[0], assignmentVersion)
	}
	a := Assignment{Exposed: data[1]&flagExposed != 0, Shown: data[1]&flagShown != 0}
	rest := data[2:]
	micro, n := binary.Varint(rest)
	if data[1]&^(flagExposed|flagShown) != 0 || !whole(rest, n) {
		return Assignment{}, errAssignment
	}
	a.At, rest = time.UnixMicro(micro).UTC(), rest[n:]
	var texts [2]string
	for i := range texts {
		length, n := binary.Uvarint(rest)
		if !whole(rest, n) || length > uint64(len(rest)-n) {
			return Assignment{}, errAssignment
		}
		texts[i], rest = string(rest[n:n+int(length)]), rest[n+int(length):]
	}
	a.Variant, a.Out = texts[0], Reason(texts[1])
	count, n := binary.Uvarint(rest)
	if !whole(rest, n) || count > maxSessions || uint64(len(rest)-n) != 8*count {
		return Assignment{}, errAssignment
	}
	rest = rest[n:]
	for i := range int(count) {
		a.Sessions = append(a.Sessions, binary.LittleEndian.Uint64(rest[8*i:]))
	}
	return a, nil
}

// whole reports whether a varint of n bytes at the beginning of data is there and the
// shortest of its value. There is one form of each assignment, so that stores can compare
// forms.
func whole(data []byte, n int) bool { return n == 1 || n > 1 && data[n-1] != 0 }
