package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A cronField is one of the five fields of a cron expression.
type cronField struct {
	name     string
	lo, hi   int
	words    []string // names of lo, lo+1, …
	fromWord int      // value of the first word
}

func cronFields() []cronField {
	return []cronField{
		{name: "minute", lo: 0, hi: 59},
		{name: "hour", lo: 0, hi: 23},
		{name: "day of month", lo: 1, hi: 31},
		{name: "month", lo: 1, hi: 12, fromWord: 1, words: []string{
			"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
		{name: "day of week", lo: 0, hi: 6, words: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
	}
}

// checkCron says why a text is no cron expression of five fields.
func checkCron(expression string) error {
	if strings.HasPrefix(expression, "@") {
		return errors.New("write five fields, such as 30 3 * * *")
	}
	parts := strings.Fields(expression)
	fields := cronFields()
	if len(parts) != len(fields) {
		return fmt.Errorf("want five fields such as 30 3 * * *, got %d", len(parts))
	}
	for i, f := range fields {
		for _, item := range strings.Split(parts[i], ",") {
			if _, _, _, err := f.read(item); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
		}
	}
	return checkDays(parts[2], parts[3], parts[4])
}

// checkDays says why fields that can be read name no day that there is, such as 30 February.
// Where days of the week are named beside those of the month, either is enough.
func checkDays(days, months, weekdays string) error {
	fields := cronFields()
	if !slices.ContainsFunc(strings.Split(weekdays, ","), func(item string) bool { return item == "*" || item == "*/1" }) {
		return nil
	}
	first := slices.Min(fields[2].values(days))
	if slices.ContainsFunc(fields[3].values(months), func(month int) bool { return first <= longest(month) }) {
		return nil
	}
	return fmt.Errorf("it never comes, a day %d is in no month of %s", first, clip(months))
}

// longest returns how many days a month has at most.
func longest(month int) int {
	const leapYear = 2024
	return time.Date(leapYear, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// values returns what a field without faults names.
func (f cronField) values(text string) []int {
	var out []int
	for _, item := range strings.Split(text, ",") {
		lo, hi, step, err := f.read(item)
		for n := lo; err == nil && n <= hi; n += step {
			out = append(out, n)
		}
	}
	return out
}

// read reads *, N, or N-M, each with an optional /STEP, and returns the first and the last
// value and the step between them. N/STEP goes on to the end of the field.
func (f cronField) read(item string) (lo, hi, step int, err error) {
	span, by, stepped := strings.Cut(item, "/")
	step = 1
	if stepped {
		if step, err = strconv.Atoi(by); err != nil || step < 1 || step > f.hi-f.lo+1 {
			return 0, 0, 0, fmt.Errorf("step %q is not between 1 and %d", clip(by), f.hi-f.lo+1)
		}
	}
	if span == "*" {
		return f.lo, f.hi, step, nil
	}
	first, last, ranged := strings.Cut(span, "-")
	if lo, err = f.value(first); err != nil {
		return 0, 0, 0, err
	}
	switch {
	case ranged:
		if hi, err = f.value(last); err != nil {
			return 0, 0, 0, err
		}
	case stepped:
		hi = f.hi
	default:
		hi = lo
	}
	if hi < lo {
		return 0, 0, 0, fmt.Errorf("%s runs backwards", clip(span))
	}
	return lo, hi, step, nil
}

func (f cronField) value(text string) (int, error) {
	for i, word := range f.words {
		if strings.EqualFold(text, word) {
			return f.fromWord + i, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < f.lo || n > f.hi {
		return 0, fmt.Errorf("%q is not between %d and %d", clip(text), f.lo, f.hi)
	}
	return n, nil
}
