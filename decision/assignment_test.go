package decision

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestAssignmentForm: stored assignments come back as they were.
func TestAssignmentForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Assignment{
			Variant: rapid.String().Draw(t, "variant"),
			Out:     Reason(rapid.String().Draw(t, "out")),
			At:      time.UnixMicro(rapid.Int64Range(-1e17, 1e17).Draw(t, "at")).UTC(),
			Exposed: rapid.Bool().Draw(t, "exposed"),
			Shown:   rapid.Bool().Draw(t, "shown"),
		}
		for range rapid.IntRange(0, 30).Draw(t, "visits") {
			want = want.show(rapid.Uint64().Draw(t, "session"), true)
		}
		got, err := ParseAssignment(want.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || !want.Equal(got) {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestZeroAssignmentForm(t *testing.T) {
	got, err := ParseAssignment(Assignment{}.Append(nil))
	if err != nil || !got.Equal(Assignment{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestParseAssignmentErrors(t *testing.T) {
	good := Assignment{Variant: "big", At: during, Sessions: []uint64{1}}.Append(nil)
	f := func(what string, data []byte) {
		t.Helper()
		if a, err := ParseAssignment(data); err == nil {
			t.Errorf("%s: got %+v", what, a)
		}
	}
	for i := range good {
		f("cut off", good[:i])
	}
	f("more behind", append(bytes.Clone(good), 0))
	f("another version", append([]byte{2}, good[1:]...))
	f("unknown flag", append([]byte{good[0], 4}, good[2:]...))
	f("time in more bytes than it needs", []byte{1, 0, 0x80, 0, 0, 0, 0})
	f("length in more bytes than it needs", []byte{1, 0, 0, 0x80, 0, 0, 0})
	f("length beyond the end", []byte{1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0})
	f("sessions beyond the end", []byte{1, 0, 0, 0, 0, 16})
}

// FuzzParseAssignment: no bytes make it panic, and what it reads is written as the same
// bytes.
func FuzzParseAssignment(f *testing.F) {
	f.Add(Assignment{}.Append(nil))
	f.Add(Assignment{Variant: "big", Out: NotCovered, At: during, Exposed: true, Shown: true, Sessions: []uint64{1, 2}}.Append(nil))
	f.Add([]byte{1, 0, 0x80, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ParseAssignment(data)
		if err != nil {
			return
		}
		if again := a.Append(nil); !bytes.Equal(data, again) {
			t.Errorf("%x was read as %+v, which is %x", data, a, again)
		}
	})
}
