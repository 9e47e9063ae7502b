package ingest

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestValuesAgainstReferences(t *testing.T) {
	f, err := os.Open("testdata/values.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	q, d := small()
	q.Experiments[0].Metrics[0].Value.Aggregate = Each
	at := microseconds(testStart)
	d.exposures, d.conversions, d.fileSize = []fakeFile{{nil}}, []fakeFile{{nil}}, 4<<20
	for _, row := range rows[1:] {
		value, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		d.exposures[0][0] = append(d.exposures[0][0], fakeRow{user: row[0], variant: "a", time: at})
		d.conversions[0][0] = append(d.conversions[0][0], fakeRow{user: row[0], event: "buy", time: at, value: value})
	}
	r, err := runFake(context.Background(), q, d, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := r.Experiments[0].Looks[0].Metrics[0][0][0].Values
	data, err := os.ReadFile("testdata/values.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tolerance float64
		Cases     []struct {
			P, Quantile, Lower, Upper, Sum float64
			SumSquares                     float64 `json:"sum_squares"`
			Values                         float64
			ValuesSquares                  float64 `json:"values_squares"`
			Products                       float64
			Users                          int64
		}
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Cases) == 0 {
		t.Fatalf("%d cases: %v", len(file.Cases), err)
	}
	for _, c := range file.Cases {
		half := 1.959963984540054 * math.Sqrt(c.P*(1-c.P)/float64(v.Len()))
		got := v.Quantiles(c.P, c.P-half, c.P+half)
		m := v.AtMost(got[0])
		n := float64(m.N)
		got = append(got, n*m.Mean[0], m.Moment(0, 0)+n*m.Mean[0]*m.Mean[0], n*m.Mean[1],
			m.Moment(1, 1)+n*m.Mean[1]*m.Mean[1], m.Moment(0, 1)+n*m.Mean[0]*m.Mean[1], n)
		for i, want := range []float64{c.Quantile, c.Lower, c.Upper, c.Sum, c.SumSquares, c.Values, c.ValuesSquares, c.Products, float64(c.Users)} {
			if !(math.Abs(got[i]-want) <= file.Tolerance*math.Abs(want)) {
				t.Errorf("p = %v, number %d: got %v, want %v", c.P, i, got[i], want)
			}
		}
	}
}

// Values count from the look that sees them until their user is left out.
func TestValuesByLook(t *testing.T) {
	q, d := small()
	q.Experiments[0].Metrics[0].Value.Aggregate = Each
	day := func(n int) int64 { return microseconds(testStart.AddDate(0, 0, n)) }
	q.Looks = nil
	for n := range 4 {
		q.Looks = append(q.Looks, testStart.AddDate(0, 0, n+1))
	}
	d.exposures = []fakeFile{{{
		{user: "u", variant: "a", time: day(0)}, {user: "v", variant: "a", time: day(0)}, {user: "v", variant: "b", time: day(2)},
	}}}
	d.conversions = []fakeFile{{{
		{user: "u", event: "buy", time: day(1), value: 1}, {user: "v", event: "buy", time: day(0), value: 5},
		{user: "u", event: "buy", time: day(3), value: 3}, {user: "u", event: "buy", time: day(3), value: math.NaN()},
	}}}
	r, err := runFake(context.Background(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]float64
	for _, look := range r.Experiments[0].Looks {
		got = append(got, look.Metrics[0][0][0].Values.Quantiles(0, 0.5, 1))
	}
	want := [][]float64{{5, 5, 5}, {1, 3, 5}, {1, 1, 1}, {1, 2, 3}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("quantiles by look (- want, + got):\n%s", diff)
	}
	q.Looks = []time.Time{testStart}
	q.Experiments[0].Metrics[0].Lookback = time.Hour
	if _, err := runFake(context.Background(), q, d, 1, nil); err == nil {
		t.Error("single values with a look-back were accepted")
	}
}

// A quantile that is 0 is never −0, in whichever order the values come.
func TestNegativeZeros(t *testing.T) {
	minus := math.Copysign(0, -1)
	for _, values := range [][]float64{{minus, 0}, {0, minus}} {
		q, d := small()
		q.Experiments[0].Metrics[0].Value.Aggregate = Each
		d.conversions = []fakeFile{{nil}}
		for _, v := range values {
			d.conversions[0][0] = append(d.conversions[0][0], fakeRow{user: "u", event: "buy", time: microseconds(testStart), value: v})
		}
		r, err := runFake(t.Context(), q, d, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := r.Experiments[0].Looks[0].Metrics[0][0][0].Values.Quantiles(0)
		if len(got) != 1 || got[0] != 0 || math.Signbit(got[0]) {
			t.Errorf("quantile 0 of %v is %v, want 0", values, got)
		}
	}
}

// What workers keep is bounded together, by one value more than there may be.
func TestValuesOfAllWorkersAreBounded(t *testing.T) {
	q := benchQuery(1)
	for i := range q.Experiments {
		q.Experiments[i].Metrics = []Metric{{Value: Column{Event: "event 0", Aggregate: Each}}, {Value: Column{Event: "event 1"}}}
	}
	r := newRunner(&q, 1, nil)
	benchTuples(r, r.rules(0))
	rows, err := r.tuples.reader().partition(0)
	if err != nil {
		t.Fatal(err)
	}
	programs := r.programs(false)
	programs[0].metrics[0].values.kept.Store(maxValues - 100)
	h := newHistory(r.looks.last()-60*usDay, false, false, time.UTC)
	kept := 0
	for range 3 {
		e := newEvaluator(r.looks, time.UTC, h, programs, r.kinds, experimentSegments{}, true)
		e.partition(rows)
		kept += len(e.totals[0].values[0])
	}
	if kept != 101 {
		t.Errorf("%d values are kept where 100 more may be, want 101", kept)
	}
}
