package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"readout/ingest/scatter"
)

// Who reads that rows cannot be read again learns which disk to look at.
func TestLostRowsSayWhere(t *testing.T) {
	lost := fmt.Errorf("%w: unexpected EOF", scatter.ErrUnreadable)
	for _, c := range []struct {
		engine Embedded
		where  string
	}{
		{Embedded{Keep: "/srv/shop/state/sums", TempDir: "/var/tmp"}, "/srv/shop/state/sums"},
		{Embedded{TempDir: "/var/tmp"}, "/var/tmp"},
	} {
		err := c.engine.locate(lost)
		if want := lost.Error() + ": check the disk of " + c.where; err.Error() != want || !errors.Is(err, scatter.ErrUnreadable) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := (Embedded{}).locate(context.Canceled); err != context.Canceled {
		t.Errorf("another error: %v", err)
	}
	if err := (Embedded{}).locate(lost); strings.HasSuffix(err.Error(), "of ") {
		t.Errorf("no folder for temporary files: %v", err)
	}
}
