package reports

import (
	"fmt"
	"strings"

	"readout/analysis"
	"readout/internal/digits"
)

// writeData writes what was read and, by reason, what was left out.
func writeData(c *canvas, data *analysis.DataRead, zone zone) {
	c.line(0, labelRead+": "+list("; ", dataRead(data, zone)...)+".", regular)
	if data.SummaryRows > 0 {
		return
	}
	left := leftOuts(data)
	if len(left) == 0 {
		c.line(0, labelNothingOut, regular)
		return
	}
	c.line(0, labelLeftOut+":", regular)
	for _, l := range left {
		c.line(2, l, regular)
	}
}

// leftOuts says what was left out, by reason; of many reasons only the first.
func leftOuts(data *analysis.DataRead) []string {
	var left []string
	add := func(table string, out []analysis.LeftOut) {
		for _, l := range out {
			left = append(left, prefix(table, leftOut(l)))
		}
	}
	add(labelExposures+": ", data.Exposures.LeftOut)
	add(labelConversions+": ", data.Conversions.LeftOut)
	add("", data.LeftOut)
	if len(left) > maxLeftOut {
		left = append(left[:maxLeftOut], several(int64(len(left)-maxLeftOut), labelMoreOne, labelMore))
	}
	return left
}

// dataRead says what was read, table by table.
func dataRead(data *analysis.DataRead, zone zone) []string {
	if data.SummaryRows > 0 {
		return []string{fmt.Sprintf(labelSummary, several(data.SummaryRows, labelOneRow, labelRows))}
	}
	return []string{tableRead(labelExposures, &data.Exposures, zone), tableRead(labelConversions, &data.Conversions, zone)}
}

// tableRead says how much of a table was read and from when to when.
func tableRead(name string, t *analysis.TableRead, zone zone) string {
	span := ""
	if !t.First.IsZero() && !t.Last.IsZero() {
		write := zone.minute
		if t.Dates {
			write = zone.date
		}
		span = fmt.Sprintf(labelFrom, write(t.First), write(t.Last))
	}
	return list(", ", name+" "+several(t.Rows, labelOneRow, labelRows), several(t.Files, labelOneFile, labelFiles), span)
}

// leftOut is one reason in words, with the name where the words lack it, and its counts.
func leftOut(l analysis.LeftOut) string {
	var counts []string
	if l.Rows != 0 || l.Users == 0 {
		counts = append(counts, several(l.Rows, labelOneRow, labelRows))
	}
	if l.Users != 0 {
		counts = append(counts, several(l.Users, labelOneUser, labelManyUsers))
	}
	text, name := l.Text, l.Name
	if text == "" {
		text = l.Reason
	}
	if name != "" && strings.Contains(text, name) {
		name = ""
	}
	return list(" ", visible(text), enclose(shortName(name))) + ": " + list(", ", counts...)
}

// several writes a number of things, with the singular for one.
func several(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, digits.Count(n))
}
