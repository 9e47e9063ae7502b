package experiment

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
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
			if err := f.check(item); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
		}
	}
	return nil
}

// check reads *, N, or N-M, each with an optional /STEP.
func (f cronField) check(item string) error {
	span, step, stepped := strings.Cut(item, "/")
	if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1 || n > f.hi-f.lo+1) {
		return fmt.Errorf("step %q is not between 1 and %d", clip(step), f.hi-f.lo+1)
	}
	if span == "*" {
		return nil
	}
	first, last, ranged := strings.Cut(span, "-")
	lo, err := f.value(first)
	if err != nil {
		return err
	}
	if !ranged {
		return nil
	}
	hi, err := f.value(last)
	if err != nil {
		return err
	}
	if hi < lo {
		return fmt.Errorf("%s runs backwards", clip(span))
	}
	return nil
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
