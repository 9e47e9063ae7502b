package casetest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"readout/power"
	"readout/sequential"
)

// Bounds are the boundaries of a sequential test.
type Bounds struct {
	Spending string    `json:"spending"`
	Alpha    float64   `json:"alpha"`
	Sides    int       `json:"sides"`
	Times    []float64 `json:"times"`
	// Z are the critical values, Spent the alpha spent up to and including each look.
	Z     []float64 `json:"z"`
	Spent []float64 `json:"spent"`
}

// check compares the boundaries with those wanted.
func (b Bounds) check(t *testing.T, tolerance float64) {
	spending, err := sequential.NewSpending(b.Spending, nil)
	if err != nil {
		t.Fatal(err)
	}
	process, err := sequential.FromInformation(b.Times)
	if err != nil {
		t.Fatal(err)
	}
	steps := make([]float64, len(b.Times))
	before := 0.0
	for k, time := range b.Times {
		spent := sequential.Spent(spending, time, b.Alpha, b.Sides)
		near(t, fmt.Sprintf("spent at look %d", k+1), spent, b.Spent[k], tolerance)
		steps[k], before = spent-before, spent
	}
	bounds, err := sequential.Boundaries(process, steps, b.Sides)
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range bounds {
		if !c.Finite {
			t.Errorf("look %d has no critical value", k+1)
		}
		near(t, fmt.Sprintf("critical value of look %d", k+1), c.Value, b.Z[k], tolerance)
	}
}

// Widths are half widths of an always-valid interval that is tuned to a number of users.
type Widths struct {
	Tuned float64 `json:"tuned"`
	Alpha float64 `json:"alpha"`
	Sides int     `json:"sides"`
	// Users of both arms, the standard error then, the half width, and that of the interval
	// of a single look.
	Users     []float64 `json:"users"`
	SE        []float64 `json:"se"`
	HalfWidth []float64 `json:"half_width"`
	Fixed     []float64 `json:"fixed"`
}

// check compares the half widths with those wanted. All are wider than the fixed ones, and
// least so at the number of users nearest to that of the tuning.
func (w Widths) check(t *testing.T, tolerance float64) {
	m, err := sequential.TuneMixture(w.Tuned, w.Alpha, w.Sides)
	if err != nil {
		t.Fatal(err)
	}
	least, nearest := 0, 0
	ratio := make([]float64, len(w.Users))
	for i, n := range w.Users {
		// The cases take the standard error as known: as if it had any number of degrees of freedom.
		radius, err := m.StudentCritical(n, w.Alpha, 1e15)
		if err != nil {
			t.Fatal(err)
		}
		half := radius.Value * w.SE[i]
		near(t, fmt.Sprintf("half width at %v users", n), half, w.HalfWidth[i], tolerance)
		fixed := sequential.LogUpperQuantile(math.Log(w.Alpha/float64(w.Sides))) * w.SE[i]
		near(t, fmt.Sprintf("fixed half width at %v users", n), fixed, w.Fixed[i], tolerance)
		if ratio[i] = half / fixed; ratio[i] <= 1 {
			t.Errorf("at %v users the interval is %v times as wide as the fixed one", n, ratio[i])
		}
		if ratio[i] < ratio[least] {
			least = i
		}
		if math.Abs(math.Log(n/w.Tuned)) < math.Abs(math.Log(w.Users[nearest]/w.Tuned)) {
			nearest = i
		}
	}
	if least != nearest {
		t.Errorf("closest to the fixed interval at %v users, tuned to %v", w.Users[least], w.Tuned)
	}
}

// Size is a sample size, for a rate or for a mean with its standard deviation.
type Size struct {
	Rate     *float64  `json:"rate"`
	Mean     float64   `json:"mean"`
	SD       float64   `json:"sd"`
	Effect   float64   `json:"effect"`
	Relative bool      `json:"relative"`
	Weights  []float64 `json:"weights"`
	Alpha    float64   `json:"alpha"`
	Power    float64   `json:"power"`
	// PerDay, where given, is the number of new users per day.
	PerDay *float64 `json:"per_day"`

	// Exact are the users per arm before and Users after rounding, Days how long they take.
	Exact []float64 `json:"exact"`
	Users []int64   `json:"users"`
	Days  int64     `json:"days"`
	// Refused is what the error says where there is no answer.
	Refused string `json:"refused"`
}

// check compares the size with the one wanted.
func (s Size) check(t *testing.T, tolerance float64) {
	size, days, err := s.plan()
	if s.Refused != "" {
		if err == nil || !matches(s.Refused, err.Error()) {
			t.Errorf("got %v and error %v, want the error %q", size.Users, err, s.Refused)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Exact {
		near(t, fmt.Sprintf("users of arm %d", i), size.Exact[i], s.Exact[i], tolerance)
	}
	for i := range s.Users {
		if size.Users[i] != s.Users[i] {
			t.Errorf("users of arm %d: got %d, want %d", i, size.Users[i], s.Users[i])
		}
	}
	if days != s.Days {
		t.Errorf("got %d days, want %d", days, s.Days)
	}
}

func (s Size) plan() (size power.Size, days int64, err error) {
	baseline := power.Mean(s.Mean, s.SD)
	if s.Rate != nil {
		baseline = power.Rate(*s.Rate)
	}
	size, err = power.SampleSize(baseline, power.Effect{Size: s.Effect, Relative: s.Relative},
		power.Design{Weights: s.Weights, Alpha: s.Alpha, Power: s.Power})
	if s.PerDay == nil {
		return size, 0, err
	}
	days, daysErr := power.Days(size.Total, *s.PerDay)
	return size, days, errors.Join(err, daysErr)
}

// near checks a number.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
