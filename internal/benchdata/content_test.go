package benchdata

import (
	"math"
	"slices"
	"testing"
)

// share fails the test unless part is about want of all, within five standard deviations of
// such a count.
func share(t *testing.T, what string, part, all int, want float64) {
	t.Helper()
	expected := want * float64(all)
	if d := float64(part) - expected; d*d > 25*expected {
		t.Errorf("%s: %d of %d, want about %.0f", what, part, all, expected)
	}
}

// TestExposures holds that the rows of all days together are what the package promises.
func TestExposures(t *testing.T) {
	s := size(t, "S")
	s.Users, s.Experiments, s.Enrolled = 20_000, 3, 0.5
	type pair struct{ user, experiment int }
	first := make(map[pair]exposure)
	seen := make(map[exposure]bool)
	var rows, lateRows, copies, nulls, noUsers, othersArm int
	var perDay [Days]int
	for day := range Days {
		all := exposuresOn(day, s)
		if !slices.IsSortedFunc(all, func(a, b exposure) int { return int(a.arrival - b.arrival) }) {
			t.Fatalf("day %d is not in order of arrival", day)
		}
		perDay[day] = len(all)
		for _, e := range all {
			rows++
			if e.arrival/usPerDay != int64(day) {
				t.Fatalf("day %d has %+v", day, e)
			}
			if e.user == null || e.arm == null || e.time == null {
				nulls++
				if e.user == null {
					noUsers++
				}
				continue
			}
			if e.time < LeadDays*usPerDay || e.time > e.arrival || int(e.arm) >= len(Variants(int(e.experiment))) {
				t.Fatalf("day %d has %+v", day, e)
			}
			if e.time/usPerDay < int64(day) {
				lateRows++
			}
			p := pair{int(e.user), int(e.experiment)}
			if f, ok := first[p]; !ok || e.time < f.time {
				first[p] = e
			}
			e.arrival = 0
			if seen[e] {
				copies++
			}
			seen[e] = true
		}
	}
	for e := range seen {
		if e.arm != first[pair{int(e.user), int(e.experiment)}].arm {
			othersArm++
		}
	}
	share(t, "users in an experiment", len(first), s.Users*s.Experiments, s.Enrolled)
	share(t, "rows", rows, len(first), 1.5*(1+duplicated))
	share(t, "duplicates", copies, rows, duplicated)
	share(t, "null users", noUsers, rows, noUser)
	share(t, "rows with a null", nulls, rows, noUser+noVariant+noTime)
	share(t, "re-exposures in another variant", othersArm, len(seen)-len(first), otherArm)
	// A little less than that: on the last day nothing is late.
	share(t, "late rows", lateRows, rows, late)
	if slices.Max(perDay[:LeadDays]) != 0 || slices.Min(perDay[LeadDays:]) == 0 {
		t.Errorf("rows per day: %v", perDay)
	}
	if early, last := perDay[LeadDays+1], perDay[Days-1]; early < 2*last {
		t.Errorf("%d rows on the second day and %d on the last: users should come early", early, last)
	}
}

// TestConversions holds the same for conversions.
func TestConversions(t *testing.T) {
	s := size(t, "S")
	events := make(map[string]int)
	perUser := make(map[int]int)
	var rows, copies, lateRows, noUsers, purchases, valueless int
	const days = 20
	for day := range days {
		var before conversion
		conversionsOn(day, s, func(c conversion) {
			rows++
			if c == before {
				copies++
			}
			before = c
			if c.time != null && (c.time < 0 || c.time/usPerDay > int64(day) || c.time/usPerDay < int64(day-mostDaysLate)) {
				t.Fatalf("day %d has %+v", day, c)
			}
			if c.time != null && c.time/usPerDay < int64(day) {
				lateRows++
			}
			if c.user == null {
				noUsers++
				return
			}
			if c.user < 0 || c.user >= s.Users {
				t.Fatalf("user %d", c.user)
			}
			perUser[c.user]++
			events[c.event]++
			switch c.event {
			case "purchase":
				purchases++
				if c.value == 0 {
					valueless++
				}
			case "page_view":
				if c.value != 0 {
					t.Fatalf("%+v has a value", c)
				}
			}
		})
	}
	share(t, "rows", rows, days*(s.Conversions/Days), 1+duplicatedEvent)
	share(t, "duplicates", copies, rows, duplicatedEvent)
	share(t, "late rows", lateRows, rows, late*(days-1)/days)
	share(t, "null users", noUsers, rows, noUser)
	share(t, "purchases without a value", valueless, purchases, noValue)
	for _, k := range eventKinds() {
		share(t, k.name, events[k.name], rows-noUsers, k.share)
	}
	if len(events) != 13 {
		t.Errorf("events %v, want 12 and a null", events)
	}
	var most int
	for _, n := range perUser {
		most = max(most, n)
	}
	if mean := rows / s.Users; most < 10*mean {
		t.Errorf("the most active user has %d rows, the mean is %d", most, mean)
	}
}

// TestHeavyTail draws values whose logarithm hardly varies, so that only the tail is large.
func TestHeavyTail(t *testing.T) {
	s := newStream(ofConversions, 0, 1)
	const draws = 500_000
	var large int
	for range draws {
		v := drawValue(&s, &eventKind{mean: 0, spread: 0.001})
		if v < 0.9 {
			t.Fatalf("value %v", v)
		}
		if v > 10 {
			large++
		}
	}
	share(t, "values above 10", large, draws, 0.01*math.Pow(10, -1.8))
}

func TestIDs(t *testing.T) {
	const users = 50_000
	texts, numbers := make(map[string]bool), make(map[int64]bool)
	for user := range users {
		id := textID(user)
		if len(id) < 16 || len(id) > 20 {
			t.Fatalf("user %d has the id %q", user, id)
		}
		if n := numberID(user); n <= 0 {
			t.Fatalf("user %d has the id %d", user, n)
		}
		texts[id[:16]], numbers[numberID(user)] = true, true
	}
	if len(texts) != users || len(numbers) != users {
		t.Errorf("%d users have %d ids as text and %d as numbers", users, len(texts), len(numbers))
	}
}
