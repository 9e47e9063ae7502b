package experiment

import "time"

// A Schedule is when the YAML wants an experiment to run. It schedules nothing
// by itself: the facts are in the lifecycle log.
type Schedule struct {
	Start     time.Time // first instant; zero when the YAML gives none
	End       time.Time // first instant after the experiment
	StartDate bool      // start was written as a date
	EndDate   bool      // end was written as a date, which includes that whole day
}
