package ingest

import (
	"fmt"
	"sync"
	"testing"
)

func TestOpenNames(t *testing.T) {
	o := newOpenNames([]string{"a", "b"})
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range 100 {
				code := o.code(fmt.Appendf(nil, "name %d", i%10))
				if got := o.name(code); got != fmt.Sprintf("name %d", i%10) {
					t.Errorf("name %d is called %q", i%10, got)
				}
			}
		})
	}
	workers.Wait()
	if a, b, none := o.code([]byte("a")), o.code([]byte("b")), o.code(nil); a != 0 || b != 1 || none != nullCode {
		t.Errorf("codes %d, %d, %d", a, b, none)
	}
	if err := o.check("v"); err != nil {
		t.Error(err)
	}
}

func TestTooManyNamesAreAnError(t *testing.T) {
	o := newOpenNames(nil)
	for i := range maxOtherNames + 1 {
		o.code(fmt.Append(nil, i))
	}
	want := `column "v" holds more than 65536 different names: is it the column of variants?`
	if err := o.check("v"); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if len(o.names) > maxOtherNames {
		t.Errorf("%d names are kept", len(o.names))
	}
}
