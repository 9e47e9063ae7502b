package daily

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"readout/analysis"
	"readout/ingest"
)

// Rows without a time beside rows from before the start and after it are told of: a file may
// reach back further than the experiment.
func TestTableReadCountsRowsWithoutTime(t *testing.T) {
	// Of 14 rows without a time that had begun to be there before the start, 3 are in row
	// groups of nothing but earlier rows.
	before := ingest.TableRead{Rows: 50, NoUser: 6, NoTime: 14, OpenNoUser: 5, OpenNoTime: 11}
	now := ingest.TableRead{Rows: 80, NoUser: 7, NoTime: 14}
	got := tableRead(now, before, false)
	want := analysis.TableRead{Rows: 80, SinceStart: 46, LeftOut: []analysis.LeftOut{
		analysis.NewLeftOut(analysis.LeftNoUser, "", 6, 0),
		analysis.NewLeftOut(analysis.LeftNoTime, "", 11, 0),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
