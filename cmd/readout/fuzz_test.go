package main

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/robfig/cron/v3"

	"readout/experiment"
)

// refused holds that an error is one of usage.
func refused(t *testing.T, err error) {
	t.Helper()
	var said bytes.Buffer
	if status := (&app{err: &said, color: "never"}).fail(err); status != exitUsage {
		t.Errorf("exit status %d: %s", status, said.Bytes())
	}
}

// FuzzMetrics: what --metric, --window and --covariate-lookback say is refused, or a metric of events
// with names.
func FuzzMetrics(f *testing.F) {
	f.Add("purchase", "7d", "")
	f.Add("aov = sum(purchase) / count(purchase)", "168h", "14d")
	f.Add("a=any(b/c)/any(d))", "1w1d1h1m", "999999999w")
	f.Add("=sum()", "0d", "-1d")
	f.Fuzz(func(t *testing.T, text, window, lookback string) {
		flags := analyzeFlags{window: window, lookback: lookback}
		w, back, err := flags.spans()
		if err != nil {
			refused(t, err)
			return
		}
		if !w.Open && w.To <= 0 || back < 0 {
			t.Errorf("%q, %q: %+v, %v", window, lookback, w, back)
		}
		m, err := parseMetric(text, w, back)
		if err != nil {
			refused(t, err)
			return
		}
		columns := []experiment.Column{m.Numerator}
		if m.Denominator != nil {
			columns = append(columns, *m.Denominator)
		}
		for _, c := range columns {
			if m.Name == "" || c.Event == "" || !slices.Contains(experiment.Aggregates(), c.Aggregate) || c.Window != w {
				t.Errorf("%q: %+v", text, m)
			}
		}
	})
}

// FuzzArms: what --weights and --control say is refused, or shares of everybody.
func FuzzArms(f *testing.F) {
	f.Add("control=50,big=50", "", "")
	f.Add("a=1e9,b=1e-300,c=0", "b", "")
	f.Add("", "", "control,big,huge")
	f.Add("control=NaN,big=Inf%", "\x1b", ",")
	f.Fuzz(func(t *testing.T, weights, control, found string) {
		names := strings.Split(found, ",")
		slices.Sort(names)
		first, variants, err := arms(analyzeFlags{weights: weights, control: control}, slices.Compact(names))
		if err != nil {
			refused(t, err)
			return
		}
		var sum experiment.Share
		for _, v := range variants {
			if v.Traffic < 0 || v.Traffic > experiment.Whole {
				t.Errorf("%q: %+v", weights, variants)
			}
			sum += v.Traffic
		}
		if variants[0].Name != first || sum < experiment.Whole-maxVariants || sum > experiment.Whole+maxVariants {
			t.Errorf("%q: %v first, shares of %v together: %+v", weights, first, sum, variants)
		}
	})
}

// FuzzSchedule: a schedule that a project may have is one that the library reads, and comes.
func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"30 3 * * *", "*/60 */24 1-31/2 jan-DEC mon,3", "0 0 29 2 *", "0 0 30 2 1", "0 0 31 feb,4-11/5 */2", "TZ=UTC 0 0 * * *", "+1 0 * * *", "@daily"} {
		f.Add(s)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 3, 29, 1, 59, 0, 0, zone)
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		project := "organization: acme\nproject: shop\ndata:\n  exposures: {path: e}\n  conversions: {path: c}\nschedule: " + string(quoted) + "\n"
		p, err := experiment.LoadFS(fstest.MapFS{"readout.yaml": {Data: []byte(project)}})
		if err != nil {
			return
		}
		schedule, err := cron.ParseStandard(p.Schedule)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if next := nextRun(schedule, now); !next.After(now) || next.Year() > now.Year()+8 {
			t.Errorf("%q: next at %v", text, next)
		}
	})
}

// FuzzPower: whatever a test is planned for, it is refused, or has numbers that JSON can write.
func FuzzPower(f *testing.F) {
	f.Add("10%", "", "", "5%", "80%", 0.0, 8000.0, 28, uint8(0))
	f.Add("", "24.5", "60", "-1e-300%", "99.999999%", 1e300, 1e-300, 2, uint8(1))
	f.Add("100%", "", "", "", "0%", 5e-324, 0.0, 365, uint8(2))
	f.Add("", "1e308", "1e-308", "1e300%", "80%", 2.0, math.Inf(1), 1, uint8(7))
	f.Fuzz(func(t *testing.T, rate, mean, sd, mde, power string, users, perDay float64, looks int, choices uint8) {
		if looks > 8 {
			looks = looks%8 + 1 // more take their time and nothing else
		}
		flags := powerFlags{
			rate: rate, mean: mean, sd: sd, mde: mde, power: power, users: users, usersPerDay: perDay, looks: looks,
			confidence: "95%", kept: "100%", arms: 2, metrics: 1, spending: string(experiment.SpendingOBrienFleming), json: true,
			oneSided: choices&1 > 0, fall: choices&2 > 0, given: func(string) bool { return users != 0 || perDay != 0 },
		}
		if choices&4 > 0 {
			flags.margin, flags.mde = mde, ""
		}
		var out bytes.Buffer
		if err := (&app{out: &out}).plan(flags); err != nil {
			refused(t, err)
			return
		}
		var got planned
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Total < 0 || got.Power != nil && !(*got.Power >= 0 && *got.Power <= 1) {
			t.Errorf("%+v: %s %v", flags, out.Bytes(), err)
		}
	})
}
