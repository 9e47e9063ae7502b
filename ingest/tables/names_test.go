package tables

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func TestOpenNames(t *testing.T) {
	o := NewOpenNames([]string{"a", "b"})
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range 100 {
				code := o.Code(fmt.Appendf(nil, "name %d", i%10))
				if got := o.Name(code); got != fmt.Sprintf("name %d", i%10) {
					t.Errorf("name %d is called %q", i%10, got)
				}
			}
		})
	}
	workers.Wait()
	if a, b, none := o.Code([]byte("a")), o.Code([]byte("b")), o.Code(nil); a != 0 || b != 1 || none != NullCode {
		t.Errorf("codes %d, %d, %d", a, b, none)
	}
	if err := o.Check("v"); err != nil {
		t.Error(err)
	}
}

func TestTooManyNamesAreAnError(t *testing.T) {
	o := NewOpenNames(nil)
	for i := range maxOtherNames + 1 {
		o.Code(fmt.Append(nil, i))
	}
	want := `column "v" holds more than 65536 different names: is it the column of variants?`
	if err := o.Check("v"); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if len(o.names) > maxOtherNames {
		t.Errorf("%d names are kept", len(o.names))
	}
}

// TestLongNames: of a text that is no name little is kept, so that as many as may be fit into memory.
func TestLongNames(t *testing.T) {
	known := strings.Repeat("k", 2*maxName)
	o := NewOpenNames([]string{known})
	if code := o.Code([]byte(known)); code != 0 {
		t.Errorf("a long name that is known has the code %d", code)
	}
	for text, want := range map[string]string{
		strings.Repeat("x", maxName):                     strings.Repeat("x", maxName),
		strings.Repeat("y", maxName+1):                   strings.Repeat("y", maxName),
		strings.Repeat("ü", maxName):                     strings.Repeat("ü", maxName/2),
		"a" + strings.Repeat("ü", maxName):               "a" + strings.Repeat("ü", maxName/2-1),
		strings.Repeat("\x80", maxName) + "\x80\x80\x80": strings.Repeat("\x80", maxName-utf8.UTFMax),
	} {
		if got := o.Name(o.Code([]byte(text))); got != want {
			t.Errorf("%.10q: %d bytes %.10q, want %d", text, len(got), got, len(want))
		}
	}
}
