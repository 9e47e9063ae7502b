package reports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"readout/analysis"
)

// Behind the rows of all users stand those by segment, with its users, no look and no verdict.
func TestSegmentsInRecord(t *testing.T) {
	card := full()
	record, err := arrowRecord([]analysis.Scorecard{card})
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	all := cells(t, record)
	got := all[2*len(card.Metrics):]
	if len(got) != 10 {
		t.Fatalf("%d rows by segment, want five metrics in two variants", len(got))
	}
	for i, line := range all[:2*len(card.Metrics)] {
		if line["segment_column"] != nil || line["segment_kind"] != nil || line["segment_split_p"] != nil {
			t.Errorf("row %d is about all users and has a segment: %v", i, line)
		}
	}
	for _, line := range got {
		for _, never := range []string{"look", "look_today", "significant", "verdict", "harm", "approximate", "interval_unadjusted", "z", "critical", "record_date"} {
			if line[never] != nil {
				t.Errorf("a row by segment has %s %v", never, line[never])
			}
		}
	}
	f := func(line int, want map[string]any) {
		t.Helper()
		for name, value := range want {
			if diff := cmp.Diff(value, got[line][name]); diff != "" {
				t.Errorf("row %d by segment, %s (-want +got):\n%s", line, name, diff)
			}
		}
	}
	f(0, map[string]any{"metric": "purchased", "variant": "control", "segment_column": "country", "segment_kind": "value", "segment": "AT",
		"segment_split_p": 1.0, "segment_split_mismatch": false, "users": int64(30120), "several": int64(3), "metric_users": int64(25000), "effect": nil})
	f(1, map[string]any{"variant": "big", "users": int64(30011), "effect": 0.00444, "raw_effect": 0.00442, "lo": -0.00085, "lift_hi": 0.1, "lift_unbounded": false,
		"p": 0.1, "q": 0.1, "alpha": 0.05, "final": int64(1770595200000000)})
	f(3, map[string]any{"metric": "latency", "role": "guardrail", "p": nil, "reason": "it was not computed"})
	f(5, map[string]any{"segment": "=DE, and its islands", "segment_split_mismatch": true, "lift_unbounded": true})
	f(9, map[string]any{"segment_kind": "other", "segment": nil, "users": int64(102), "reason": "90 users in control: too few for the normal approximation"})
}

func TestSegmentsInText(t *testing.T) {
	out := string(textOf(t, TextOptions{}, full()))
	for _, want := range []string{
		"\nBy country (exploratory)\n",
		"  AT                           30,120     30,011  1.00\n",
		"  =DE, and its islands         69,803     66,002  1.00e-22, not as planned\n",
		"  (missing)                         0          0  too few users to check the split between arms\n",
		"purchased, (other), big: 90 users in control: too few for the normal approximation\n",
		"\nBy device (exploratory)\n  no users yet\n",
		labelOtherTables,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	if strings.Contains(out, "it was not computed") {
		t.Error("the text has a guardrail by segment")
	}
	card := full()
	for i := range card.Segments.Columns[0].Segments {
		for j := range card.Segments.Columns[0].Segments[i].Metrics {
			card.Segments.Columns[0].Segments[i].Metrics[j].Role = analysis.Secondary
		}
	}
	if out := string(textOf(t, TextOptions{}, card)); !strings.Contains(out, "it was not computed") || strings.Contains(out, labelOtherTables) {
		t.Error("without a primary metric, the text lacks others by segment")
	}
}

// Control need not come first.
func TestSegmentControl(t *testing.T) {
	card := full()
	card.Variants[0], card.Variants[1] = card.Variants[1], card.Variants[0]
	tables := segmentTables(&card, &card.Segments.Columns[0])
	if len(tables) != 2 || len(tables[0].rows) != 3 {
		t.Fatalf("%d tables", len(tables))
	}
	for _, r := range tables[0].rows {
		if r.treatment.variant.Name != "big" || r.control.variant.Name != "control" || r.control.segment.segment != r.treatment.segment.segment {
			t.Errorf("%s beside %s", r.treatment.variant.Name, r.control.variant.Name)
		}
	}
}

func TestSegmentsOnPage(t *testing.T) {
	card := full()
	v := segmentsOf(&card)
	country := v.Columns[0]
	if len(v.Columns) != 1 || country.Count != "4 segments" || country.Alarm.Class != "bad" {
		t.Errorf("%d columns, country %q %v", len(v.Columns), country.Count, country.Alarm)
	}
	if diff := cmp.Diff([]cellView{{"control", "69,803 (67,902)"}, {"big", "66,002 (67,902)"}}, country.Splits[1].Users); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	at, other := country.Metrics[0].Rows[0], country.Metrics[0].Rows[2]
	if at.Segment != "AT" || at.Control != "10.00%" || at.Value != "+4.4%" || at.P != "0.100" || at.Q != "0.100" || at.Bar == nil {
		t.Errorf("AT is %+v", at)
	}
	if other.Segment != "(other)" || other.Value != missing || other.Bar != nil || len(other.Notes) != 1 {
		t.Errorf("others are %+v", other)
	}
	card.Segments.Columns = card.Segments.Columns[1:]
	if segmentsOf(&card) != nil {
		t.Error("a column without segments has some")
	}
	card.Segments = nil
	if segmentsOf(&card) != nil {
		t.Error("a card without segments has some")
	}
}
