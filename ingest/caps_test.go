package ingest

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"readout/experiment"
	"readout/internal/goldentest"
)

// capCase is a case of testdata/caps.json.
type capCase struct {
	ID           string
	Lower, Upper float64 // percentiles; 0 is none
	Value        float64 // fixed upper bound; 0 is none
	AllUsers     bool    `json:"all_users"`
	// Method is how the percentile was taken; empty is linear interpolation, as ours.
	Method   string
	Expected struct {
		Lower  *float64
		Cap    *float64
		MeanA  float64 `json:"mean_a"`
		MeanB  float64 `json:"mean_b"`
		VarA   float64 `json:"var_a"`
		VarB   float64 `json:"var_b"`
		Capped *int64  `json:"n_capped"`
	}
}

// sampleData returns an exposure per user of a sample, and a conversion with the user's y
// where that is not 0.
func sampleData(t *testing.T) *fakeData {
	t.Helper()
	f, err := os.Open("../cuped/testdata/main.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	variant, y := slices.Index(rows[0], "variant"), slices.Index(rows[0], "y")
	d := &fakeData{fileSize: 4 << 20, exposures: []fakeFile{{nil}}, conversions: []fakeFile{{nil}}}
	for i, row := range rows[1:] {
		r := fakeRow{user: strconv.Itoa(i), variant: map[string]string{"0": "a", "1": "b"}[row[variant]], time: microseconds(testStart)}
		d.exposures[0][0] = append(d.exposures[0][0], r)
		r.event = "buy"
		if r.value, err = strconv.ParseFloat(row[y], 64); err != nil {
			t.Fatal(err)
		}
		if r.value != 0 {
			d.conversions[0][0] = append(d.conversions[0][0], r)
		}
	}
	return d
}

// TestGoldenCaps holds caps and what is left of values beyond them. Where a percentile was
// taken by another method than ours, the cap that it came to is given.
func TestGoldenCaps(t *testing.T) {
	data, err := os.ReadFile("testdata/caps.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tolerance float64
		Cases     []capCase
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Cases) == 0 {
		t.Fatalf("%d cases: %v", len(file.Cases), err)
	}
	q, _ := small()
	d := sampleData(t)
	out := goldentest.Tally{File: "caps.json (winsorizing)", Cases: len(file.Cases)}
	for _, c := range file.Cases {
		differs := ""
		if c.Method != "" {
			c.Value, differs = *c.Expected.Cap, "percentile by another method than linear interpolation; held with the cap that results"
			c.Expected.Cap = nil
		}
		limit := &experiment.Cap{ZeroUsers: c.AllUsers, Upper: &experiment.CapBound{Value: c.Value}}
		if c.Value == 0 {
			limit.Upper = &experiment.CapBound{Percentile: c.Upper, IsPercentile: true}
		}
		if c.Lower != 0 {
			limit.Lower = &experiment.CapBound{Percentile: c.Lower, IsPercentile: true}
		}
		q.Experiments[0].Metrics[0].Value.Cap = limit
		r, err := runFake(context.Background(), q, d, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		near := func(what string, got, want float64) {
			t.Helper()
			if !(math.Abs(got-want) <= file.Tolerance*math.Abs(want)) {
				t.Errorf("%s, %s: got %v, want %v", c.ID, what, got, want)
			}
		}
		look := r.Experiments[0].Looks[0]
		a, b := look.Metrics[0][0][0], look.Metrics[0][0][1]
		near("mean of a", a.Moments.Mean[0], c.Expected.MeanA)
		near("mean of b", b.Moments.Mean[0], c.Expected.MeanB)
		near("variance of a", a.Moments.Cov(0, 0), c.Expected.VarA)
		near("variance of b", b.Moments.Cov(0, 0), c.Expected.VarB)
		if n := c.Expected.Capped; n != nil {
			near("users capped", float64(a.Capped[0]+b.Capped[0]), float64(*n))
		}
		if want := c.Expected.Cap; want != nil {
			near("cap", *look.Caps[0][0].Upper, *want)
		}
		if want := c.Expected.Lower; want != nil {
			near("lower cap", *look.Caps[0][0].Lower, *want)
		}
		out.Add(differs)
	}
	out.Log(t)
}

// Of few buyers among many users, a percentile over all is 0: the cap is not applied, and
// that is said.
func TestCapThatBecomesZero(t *testing.T) {
	q, d := small()
	day := func(n int) int64 { return microseconds(testStart.AddDate(0, 0, n)) }
	q.Looks = []time.Time{testStart.AddDate(0, 0, 1), testStart.AddDate(0, 0, 3)}
	d.exposures = []fakeFile{{nil}}
	for i := range 400 {
		d.exposures[0][0] = append(d.exposures[0][0], fakeRow{user: strconv.Itoa(i), variant: []string{"a", "b"}[i%2], time: day(0)})
	}
	d.conversions = []fakeFile{{{
		{user: "0", event: "buy", time: day(2), value: 50}, {user: "1", event: "buy", time: day(2), value: 60},
		{user: "3", event: "buy", time: day(2), value: 900},
	}}}
	limit := &experiment.Cap{Upper: &experiment.CapBound{Percentile: 0.99, IsPercentile: true}}
	q.Experiments[0].Metrics[0].Value.Cap = limit
	f := func(all bool, bound float64, problem CapProblem, sum float64, capped int64) {
		t.Helper()
		limit.ZeroUsers = all
		r, err := runFake(context.Background(), q, d, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		look := r.Experiments[0].Looks[1]
		if c := look.Caps[0][0]; c.Lower != nil || c.Upper == nil || !(math.Abs(*c.Upper-bound) <= 1e-9) || c.Problem != problem {
			t.Errorf("all users %v: cap %+v, want %v with problem %d", all, c, bound, problem)
		}
		b := look.Metrics[0][0][1]
		if got := 200 * b.Moments.Mean[0]; !(math.Abs(got-sum) <= 1e-9) || b.Capped[0] != capped {
			t.Errorf("all users %v: sum %v and %d capped, want %v and %d", all, got, b.Capped[0], sum, capped)
		}
		first := r.Experiments[0].Looks[0].Caps[0][0]
		if first.Problem != CapApplied || (first.Upper == nil) != !all {
			t.Errorf("all users %v: before there is anything to cap: %+v", all, first)
		}
	}
	f(true, 0, CapIsZero, 960, 0)
	f(false, 60+0.98*840, CapApplied, 60+60+0.98*840, 1)
}

func TestCapBoundsThatCross(t *testing.T) {
	q, d := small()
	q.Experiments[0].Metrics[0].Value.Cap = &experiment.Cap{
		Lower: &experiment.CapBound{Percentile: 0.5, IsPercentile: true}, Upper: &experiment.CapBound{Value: 1},
	}
	r, err := runFake(context.Background(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	look := r.Experiments[0].Looks[0]
	if look.Caps[0][0].Problem != CapBoundsCross || look.Metrics[0][0][0].Moments.Mean[0] != 120 {
		t.Errorf("caps %+v, mean %v; want no cap and 120", look.Caps[0], look.Metrics[0][0][0].Moments.Mean[0])
	}
}

// A user who says nothing, since the numbers are missing, has no spell that could end when
// the second variant turns up.
func TestCapsOfUsersWhoSayNothing(t *testing.T) {
	q, d := small()
	at := func(days int) int64 { return microseconds(testStart.AddDate(0, 0, days)) }
	q.Looks = []time.Time{testStart.AddDate(0, 0, 5), testStart.AddDate(0, 0, 6)}
	e := &q.Experiments[0]
	e.SeveralVariants = Exclude
	e.Metrics[0].Value.To, e.Metrics[0].MatureAfter, e.Metrics[0].Lookback = 24*time.Hour, 24*time.Hour, 48*time.Hour
	e.Metrics[0].Value.Cap = &experiment.Cap{Upper: &experiment.CapBound{Value: 3}}
	d.exposures = []fakeFile{{{
		{user: "u", variant: "a", time: at(3)}, {user: "w", variant: "a", time: at(3)}, {user: "w", variant: "b", time: at(5)},
	}}}
	d.conversions = []fakeFile{{{
		{user: "x", event: "buy", time: at(0), value: 1}, {user: "u", event: "buy", time: at(3), value: 5}, {user: "w", event: "buy", time: at(2), value: math.NaN()},
	}}}
	got, err := runFake(context.Background(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, users := range []int64{2, 1} {
		c := got.Experiments[0].Looks[k].Metrics[0][0][0]
		if sum := float64(c.Moments.N) * c.Moments.Mean[0]; c.Moments.N != users || !(math.Abs(sum-3) <= 1e-12) || c.Capped[0] != 1 {
			t.Errorf("look %d: %d users with a sum of %v, %d of them capped; want %d users, 3 and 1", k, c.Moments.N, sum, c.Capped[0], users)
		}
	}
}

// A ratio of a number to the same number with a cap has two columns.
func TestRatioOfANumberToItselfWithACap(t *testing.T) {
	q, d := small()
	capped := Column{Event: "buy", Aggregate: Sum, Cap: &experiment.Cap{Upper: &experiment.CapBound{Value: 3}}}
	q.Experiments[0].Metrics[0] = Metric{Name: "m", Value: Column{Event: "buy", Aggregate: Sum}, Denominator: &capped}
	d.conversions = []fakeFile{{{{user: "u", event: "buy", time: microseconds(testStart), value: 5}}}}
	got, err := runFake(context.Background(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := got.Experiments[0].Looks[0].Metrics[0][0][0]
	if want := []float64{5, 3}; !slices.Equal(c.Moments.Mean[:2], want) {
		t.Errorf("means %v, want %v", c.Moments.Mean, want)
	}
}
