package reports

import "time"

// zone writes instants in a project's time zone.
type zone struct {
	location *time.Location
	// suffix names the zone where it is not the project's.
	suffix string
}

// zoneOf returns the zone of a name. Where the machine does not know it, instants are
// written in UTC and say so.
func zoneOf(name string) zone {
	if name == "" || name == "UTC" {
		return zone{location: time.UTC}
	}
	location, err := time.LoadLocation(name)
	if err != nil || location == time.Local {
		return zone{location: time.UTC, suffix: " UTC"}
	}
	return zone{location: location}
}

// minute writes an instant to the minute.
func (z zone) minute(t time.Time) string {
	return t.In(z.location).Format("2006-01-02 15:04") + z.suffix
}

// date writes the day of an instant.
func (z zone) date(t time.Time) string { return t.In(z.location).Format(time.DateOnly) }

// end writes an instant that ends a span: midnight is the end of the day before.
func (z zone) end(t time.Time) string {
	local := t.In(z.location)
	if local.Hour() != 0 || local.Minute() != 0 || local.Second() != 0 || local.Nanosecond() != 0 || z.suffix != "" {
		return z.minute(t)
	}
	return labelEndOf + local.AddDate(0, 0, -1).Format(time.DateOnly)
}
