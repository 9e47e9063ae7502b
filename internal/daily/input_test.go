package daily

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
)

// Rows without a time beside rows from before the start and after it are told of: a file may
// reach back further than the experiment.
func TestTableReadCountsRowsWithoutTime(t *testing.T) {
	// Of 14 rows without a time that had begun to be there before the start, 3 are in row
	// groups of nothing but earlier rows.
	before := ingest.TableRead{Rows: 50, NoUser: 6, NoTime: 14, OpenNoUser: 5, OpenNoTime: 11}
	now := ingest.TableRead{Rows: 80, NoUser: 7, NoTime: 14}
	got := tableRead(now, before)
	want := analysis.TableRead{Rows: 80, SinceStart: 46, LeftOut: []analysis.LeftOut{
		analysis.NewLeftOut(analysis.LeftNoUser, "", 6, 0),
		analysis.NewLeftOut(analysis.LeftNoTime, "", 11, 0),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Which metrics the engine is asked to link: where values of users change, or users leave.
func TestLinkedMetrics(t *testing.T) {
	week := experiment.Window{To: 7 * 24 * time.Hour}
	limit := &experiment.Cap{}
	for _, c := range []struct {
		name    string
		metric  experiment.Metric
		several ingest.SeveralVariants
		want    bool
	}{
		{"window", experiment.Metric{Numerator: experiment.Column{Window: week}}, ingest.Exclude, true},
		{"window, nobody leaves", experiment.Metric{Numerator: experiment.Column{Window: week}}, ingest.First, false},
		{"window, capped", experiment.Metric{Numerator: experiment.Column{Window: week, Cap: limit}}, ingest.Exclude, false},
		{"window, capped below", experiment.Metric{Numerator: experiment.Column{Window: week}, Denominator: &experiment.Column{Window: week, Cap: limit}}, ingest.Exclude, false},
		{"open", experiment.Metric{Numerator: experiment.Column{Window: experiment.Window{Open: true}}}, ingest.First, true},
		{"open, capped", experiment.Metric{Numerator: experiment.Column{Window: experiment.Window{Open: true}, Cap: limit}}, ingest.First, true},
		{"quantile", experiment.Metric{Quantile: 0.9, Numerator: experiment.Column{Window: week}}, ingest.Exclude, false},
	} {
		c.metric.Immature = experiment.ImmatureExclude
		if got := linked(&c.metric, c.several); got != c.want {
			t.Errorf("%s: linked %v, want %v", c.name, got, c.want)
		}
	}
}

// Caps say which column they are of, and how many users of all arms they changed. One without bounds
// is left out, unless that is a problem.
func TestCapsOf(t *testing.T) {
	low, high := 1.0, 9.0
	look := &ingest.LookResult{
		Caps: [][]ingest.Capping{
			{{Upper: &high}, {Lower: &low, Upper: &high}},
			{{}, {Problem: ingest.CapIsZero}},
		},
		Metrics: [][][]ingest.Cell{
			{{{Capped: []int64{1, 10}}, {Capped: []int64{2, 20}}}, {{Capped: []int64{4, 40}}}},
			{{{}}},
		},
	}
	for metric, want := range [][]analysis.Cap{
		{
			{Of: "value", Upper: analysis.Defined(9), Users: 7},
			{Of: "denominator", Lower: analysis.Defined(1), Upper: analysis.Defined(9), Users: 70},
		},
		{{Of: "denominator", Problem: analysis.CapIsZero}},
	} {
		if diff := cmp.Diff(want, capsOf(look, metric)); diff != "" {
			t.Errorf("metric %d (-want +got):\n%s", metric, diff)
		}
	}
}

// TestLink: arms know the look before both by the users who stayed and by all it had.
func TestLink(t *testing.T) {
	look := func(c ingest.Cell) *ingest.LookResult {
		return &ingest.LookResult{Metrics: [][][]ingest.Cell{{{c}}}, Caps: make([][]ingest.Capping, 1)}
	}
	var before, alone, linked ingest.Cell
	before.Moments.N, alone.Moments.N, linked.Moments.N = 10, 15, 15
	both := before.Moments
	both.N = 8
	linked.Previous = &both
	at := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		cell ingest.Cell
		want *analysis.Joint
	}{
		{"linked", linked, &analysis.Joint{Through: at, Moments: both, Earlier: before.Moments}},
		{"not linked", alone, nil},
	} {
		now := look(c.cell)
		arms := metricArms(now.Metrics, now.Caps, 1)
		link(arms, now, look(before), at)
		if diff := cmp.Diff(c.want, arms[0][0][0].Previous); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
