package analysis

import (
	"testing"
	"time"
)

func TestPartWeeks(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const noDay = "0001-01-01"
	for _, c := range []struct {
		start, end      string // the instants
		days            int
		shorter, longer string
		sentence        string // empty: whole weeks
	}{
		{"2026-01-05 00:00", "2026-01-12 00:00", 0, "", "", ""},
		{"2026-01-05 00:00", "2026-02-02 00:00", 0, "", "", ""},
		// Clocks go forward on 29 March.
		{"2026-03-23 00:00", "2026-04-06 00:00", 0, "", "", ""},
		{"2026-03-25 00:00", "2026-03-25 00:00", 0, "", "", ""},
		// A start within a day makes whole weeks with that day or without it.
		{"2026-01-05 10:30", "2026-01-19 00:00", 0, "", "", ""},
		{"2026-01-05 10:30", "2026-01-20 00:00", 0, "", "", ""},
		{"2026-01-05 10:30", "2026-01-19 10:30", 0, "", "", ""},
		{"2026-01-05 00:00", "2026-01-20 00:00", 15, "2026-01-18", "2026-01-25",
			"Enrolment takes 15 days, which are no whole weeks: Monday counts once more than the other days. If people behave differently then, an ordinary week may show another effect."},
		{"2026-01-09 00:00", "2026-01-18 00:00", 9, "2026-01-15", "2026-01-22",
			"Enrolment takes 9 days, which are no whole weeks: Friday and Saturday count once more than the other days. If people behave differently then, an ordinary week may show another effect."},
		{"2026-01-09 00:00", "2026-01-19 12:00", 11, "2026-01-15", "2026-01-22",
			"Enrolment takes 11 days, which are no whole weeks: Friday to Monday count once more than the other days. If people behave differently then, an ordinary week may show another effect."},
		{"2026-01-05 00:00", "2026-01-10 00:00", 5, noDay, "2026-01-11",
			"Enrolment takes 5 days, without Saturday and Sunday: who comes then is not seen."},
		{"2026-01-05 12:00", "2026-01-06 00:00", 1, noDay, "2026-01-11",
			"Enrolment takes 1 day, without Tuesday to Sunday: who comes then is not seen."},
		{"2026-01-06 00:00", "2026-01-12 00:00", 6, noDay, "2026-01-12",
			"Enrolment takes 6 days, without Monday: who comes then is not seen."},
	} {
		instant := func(s string) time.Time {
			v, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
			if err != nil {
				t.Fatal(err)
			}
			return v.UTC()
		}
		p, ok := PartWeeks(instant(c.start), instant(c.end), zone)
		if !ok {
			if c.sentence != "" {
				t.Errorf("%s to %s: whole weeks", c.start, c.end)
			}
			continue
		}
		if got := p.Sentence(); got != c.sentence {
			t.Errorf("%s to %s: %s\nwant %s", c.start, c.end, got, c.sentence)
		}
		advice := "Whole weeks end with " + c.shorter + " or " + c.longer + "."
		if c.shorter == noDay {
			advice = "Whole weeks end with " + c.longer + "."
		}
		if got := p.Advice(); got != advice {
			t.Errorf("%s to %s: %s\nwant %s", c.start, c.end, got, advice)
		}
		if shorter, longer := p.Shorter.Format(time.DateOnly), p.Longer.Format(time.DateOnly); p.Days != c.days || shorter != c.shorter || longer != c.longer {
			t.Errorf("%s to %s: %d days, better %s or %s; want %d, %s or %s", c.start, c.end, p.Days, shorter, longer, c.days, c.shorter, c.longer)
		}
	}
}

// A last day that is advised makes whole weeks.
func TestPartWeeksAdviceIsWholeWeeks(t *testing.T) {
	start := time.Date(2026, 1, 7, 0, 0, 0, 0, time.UTC)
	for days := range 40 {
		p, ok := PartWeeks(start, start.AddDate(0, 0, days), time.UTC)
		if want := days%7 != 0; ok != want {
			t.Errorf("%d days: part of a week %v, want %v", days, ok, want)
		}
		for _, last := range []time.Time{p.Shorter, p.Longer} {
			if last.IsZero() {
				continue
			}
			if _, ok := PartWeeks(start, last.AddDate(0, 0, 1), time.UTC); ok {
				t.Errorf("%d days: the advised last day %s makes no whole weeks", days, last.Format(time.DateOnly))
			}
		}
	}
}
