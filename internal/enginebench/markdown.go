package main

import (
	"errors"
	"fmt"
	"strings"
)

// markers are the lines of a page between which the report stands.
const (
	beginMarker = "<!-- enginebench: begin -->\n"
	endMarker   = "<!-- enginebench: end -->\n"
)

// splice returns the page with the text between the markers replaced.
func splice(page, text string) (string, error) {
	before, rest, ok := strings.Cut(page, beginMarker)
	if !ok {
		return "", errors.New("no line " + strings.TrimSpace(beginMarker))
	}
	_, after, ok := strings.Cut(rest, endMarker)
	if !ok {
		return "", errors.New("no line " + strings.TrimSpace(endMarker) + " after that of the beginning")
	}
	return before + beginMarker + text + endMarker + after, nil
}

// markdown returns the report.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s", r.machine)
	for _, v := range r.versions {
		fmt.Fprintf(&b, ", %s", v)
	}
	fmt.Fprintf(&b, ". Medians of %d, whole processes in turn.\n", r.runs)
	for _, name := range r.missing {
		fmt.Fprintf(&b, "%s was not installed and is left out.\n", name)
	}
	if r.load >= 0.5 {
		fmt.Fprintf(&b, "The machine was busy with other work: the load was %.1f at the beginning.\n", r.load)
	}
	r.fullTable(&b)
	r.growthTable(&b)
	r.daysTable(&b)
	b.WriteString("\n")
	return b.String()
}

// fullTable shows the full recompute.
func (r *report) fullTable(b *strings.Builder) {
	b.WriteString("\nFull recompute:\n\n| data | program | CPU | of readout's | wall | peak memory |\n|---|---|---|---|---|---|\n")
	for _, f := range r.full {
		ours := f.costs[nameReadout]
		for _, name := range f.names {
			c := f.costs[name]
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", f.data, name, seconds(c.cpu.Seconds()), ratio(c.cpu.Seconds(), ours.cpu.Seconds()),
				seconds(c.wall.Seconds()), mebibytes(c.peak))
		}
	}
}

// growthTable shows how cost grows with rows, where there are several sizes.
func (r *report) growthTable(b *strings.Builder) {
	first := r.full[0].data
	var of []fullResult
	for _, f := range r.full {
		if f.data.format == first.format && f.data.size.Name != fewSize {
			of = append(of, f)
		}
	}
	if len(of) < 2 {
		return
	}
	fmt.Fprintf(b, "\nGrowth, %s:\n\n| size | million rows | experiments | CPU per million rows | peak memory |\n|---|---|---|---|---|\n", first.format)
	for _, f := range of {
		c, rows := f.costs[nameReadout], float64(f.rows)/1e6
		fmt.Fprintf(b, "| %s | %.1f | %d | %.0f ms | %s |\n", f.data.size.Name, rows, f.data.size.Experiments, c.cpu.Seconds()*1e3/rows, mebibytes(c.peak))
	}
}

// daysTable shows looks and days.
func (r *report) daysTable(b *strings.Builder) {
	for _, d := range r.days {
		fmt.Fprintf(b, "\nLooks and days, %s:\n\n| what | CPU | of one look | DuckDB's full query, of this | wall | peak memory |\n|---|---|---|---|---|---|\n", d.data)
		var duck float64
		for _, f := range r.full {
			if f.data == d.data {
				duck = f.costs[nameDuckDB].cpu.Seconds()
			}
		}
		row := func(name string, c cost) {
			cpu := c.cpu.Seconds()
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", name, seconds(cpu), ratio(cpu, d.oneLook.cpu.Seconds()), ratio(duck, cpu),
				seconds(c.wall.Seconds()), mebibytes(c.peak))
		}
		row("engine, one look", d.oneLook)
		row(fmt.Sprintf("engine, %d looks in one pass", liveDays), d.manyLooks)
		days := func(name string, daily []cost) {
			row(name+", a new day: median", median(daily))
			// The first day reads the lead before it.
			worst := 1
			for i, c := range daily {
				if i > 0 && c.cpu > daily[worst].cpu {
					worst = i
				}
			}
			row(fmt.Sprintf("%s, a new day: the worst, day %d", name, worst+1), daily[worst])
			row(fmt.Sprintf("%s, a new day: the last, day %d", name, len(daily)), daily[len(daily)-1])
		}
		row(fmt.Sprintf("engine, %d looks in one pass, as below: users whose window is over", liveDays), d.engine.full)
		days("engine", d.engine.daily)
		row(fmt.Sprintf("daily job, %d days at once", len(d.job.daily)), d.job.atOnce)
		days("daily job", d.job.daily)
		row("daily job, the last day again, nothing new to read", d.job.again)
	}
}

func seconds(s float64) string { return fmt.Sprintf("%.2f s", s) }

// ratio shows a/b; a dash where either was not measured.
func ratio(a, b float64) string {
	if a <= 0 || b <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", a/b)
}

// mebibytes shows an amount of memory; a dash where it is not known.
func mebibytes(n int64) string {
	if n <= 0 {
		return "–"
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
