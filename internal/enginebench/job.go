package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"readout/internal/benchdata"
)

// attention is the exit status of readout for work that was done, with a check that needs
// attention: made-up users in two variants can be such a check.
const attention = 3

// job is a project that runs the daily job.
type job struct {
	readout string
	arrival
}

// jobCosts is what the daily job takes.
type jobCosts struct {
	atOnce cost   // all days in one run
	daily  []cost // each day after those before
	again  cost   // the last day again, with nothing new to read
}

// measureJob measures the daily job: all days at once, then one day after the other. The last
// scorecards of both must hold what the engine alone computes.
func measureJob(ctx context.Context, d dataset, readout, dir string) (jobCosts, error) {
	var costs jobCosts
	c, err := engineCommand(0, "-mature")(ctx, d)
	if err != nil {
		return jobCosts{}, err
	}
	_, want, err := figuresBy(ctx, c)
	if err != nil {
		return jobCosts{}, err
	}
	j := &job{readout, arrival{dir: dir, data: d}}
	if err := j.create(ctx); err != nil {
		return jobCosts{}, err
	}
	if costs.atOnce, err = j.run(ctx, liveDays); err != nil {
		return jobCosts{}, err
	}
	say("%s: daily job, all days at once, %v", d, costs.atOnce)
	if err := j.check(want.Figures); err != nil {
		return jobCosts{}, err
	}
	if err := j.create(ctx); err != nil {
		return jobCosts{}, err
	}
	for n := 1; n <= liveDays; n++ {
		took, err := j.run(ctx, n)
		if err != nil {
			return jobCosts{}, err
		}
		say("%s: daily job, day %d, %v", d, n, took)
		costs.daily = append(costs.daily, took)
	}
	if costs.again, err = j.run(ctx, liveDays); err != nil {
		return jobCosts{}, err
	}
	say("%s: daily job, the last day again, %v", d, costs.again)
	return costs, j.check(want.Figures)
}

// create makes the project anew, without any data, and schedules its experiments.
func (j *job) create(ctx context.Context) error {
	if err := os.RemoveAll(j.dir); err != nil {
		return err
	}
	j.linked = 0
	files := map[string]string{"readout.yaml": projectFile()}
	for i := range j.data.size.Experiments {
		files["experiments/"+benchdata.Experiment(i)+".yaml"] = experimentFile(i)
	}
	for name, text := range files {
		path := filepath.Join(j.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	now := benchdata.First().AddDate(0, 0, benchdata.LeadDays-1)
	for i := range j.data.size.Experiments {
		if _, err := j.command(ctx, "schedule", benchdata.Experiment(i), "--by", "bench", "--now", now.Format("2006-01-02")); err != nil {
			return err
		}
	}
	return nil
}

// run runs the daily job through the n-th live day, with the files of no later day there.
func (j *job) run(ctx context.Context, n int) (cost, error) {
	if err := j.come(n); err != nil {
		return cost{}, err
	}
	date := benchdata.First().AddDate(0, 0, benchdata.LeadDays+n-1)
	return j.command(ctx, "run", "--quiet", "--date", date.Format("2006-01-02"), "--now", date.AddDate(0, 0, 1).Format("2006-01-02")+"T04:00:00Z")
}

func (j *job) command(ctx context.Context, args ...string) (cost, error) {
	c := exec.CommandContext(ctx, j.readout, args...)
	c.Dir = j.dir
	took, _, err := run(ctx, c, attention)
	return took, err
}

// check compares users and totals on the last day's scorecards with figures of the engine.
func (j *job) check(want figures) error {
	date := benchdata.First().AddDate(0, 0, benchdata.Days-1).Format("2006-01-02")
	for i := range j.data.size.Experiments {
		name := benchdata.Experiment(i)
		paths, err := filepath.Glob(filepath.Join(j.dir, "state", "scorecards", name, "date="+date, "*.json"))
		if err != nil {
			return err
		}
		if len(paths) != 1 {
			return fmt.Errorf("%s has %d scorecards of %s, want 1", name, len(paths), date)
		}
		text, err := os.ReadFile(paths[0])
		if err != nil {
			return err
		}
		got, err := cardFigures(text)
		if err != nil {
			return fmt.Errorf("read the scorecard of %s: %w", name, err)
		}
		some := make(figures)
		for key, value := range want {
			if _, ok := got[key]; ok {
				some[key] = value
			}
		}
		// Users and a sum of every metric and variant, and one more sum of ratios.
		if want := 2 * len(metrics()) * len(benchdata.Variants(i)); len(got) <= want {
			return fmt.Errorf("the scorecard of %s has %d figures, want more than %d", name, len(got), want)
		}
		if err := differ(some, got); err != nil {
			return fmt.Errorf("the scorecard of %s: %w", name, err)
		}
	}
	return nil
}

// cardFigures returns users and sums of a scorecard, named like those of the engine.
func cardFigures(text []byte) (figures, error) {
	var card struct {
		Experiment string
		Metrics    []struct {
			Name     string
			Variants []struct {
				Variant     string
				Users       float64
				Total       float64
				Denominator *float64 `json:"denominator_total"`
			}
		}
	}
	if err := json.Unmarshal(text, &card); err != nil {
		return nil, err
	}
	all := make(figures)
	for _, m := range card.Metrics {
		for _, v := range m.Variants {
			key := card.Experiment + "/" + v.Variant + "/" + m.Name + "/"
			all[key+"n"], all[key+"x"] = v.Users, v.Total
			if v.Denominator != nil {
				all[key+"y"] = *v.Denominator
			}
		}
	}
	return all, nil
}

// projectFile returns readout.yaml.
func projectFile() string {
	var b strings.Builder
	b.WriteString("organization: bench\nproject: bench\n" +
		"data:\n  exposures: {path: data/exposures}\n  conversions: {path: data/conversions}\n" +
		"defaults: {method: sequential-cuped, several_variants: first, lookback: 14d}\nmetrics:\n")
	for _, m := range metrics() {
		if m.Denominator == nil {
			fmt.Fprintf(&b, "  %s: {event: %s, aggregate: %s, window: 7d}\n", m.Name, m.Value.Event, m.Value.Aggregate)
			continue
		}
		fmt.Fprintf(&b, "  %s: {numerator: {event: %s, aggregate: %s}, denominator: {event: %s, aggregate: %s}, window: 7d}\n",
			m.Name, m.Value.Event, m.Value.Aggregate, m.Denominator.Event, m.Denominator.Aggregate)
	}
	return b.String()
}

// experimentFile returns the file of an experiment with all metrics, which ends some days
// after the data.
func experimentFile(i int) string {
	variants := benchdata.Variants(i)
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nvariants:\n", benchdata.Experiment(i))
	left := 10_000
	for v, name := range variants {
		traffic := left / (len(variants) - v)
		left -= traffic
		fmt.Fprintf(&b, "  %s: {traffic: %d.%02d}\n", name, traffic/100, traffic%100)
	}
	names := make([]string, 0, len(metrics()))
	for _, m := range metrics() {
		names = append(names, m.Name)
	}
	fmt.Fprintf(&b, "scorecard: {primary: [%s], secondary: [%s]}\n", names[0], strings.Join(names[1:], ", "))
	start := benchdata.First().AddDate(0, 0, benchdata.LeadDays)
	fmt.Fprintf(&b, "schedule: {start: %s, end: %s}\n", start.Format("2006-01-02"), start.AddDate(0, 0, liveDays+6).Format("2006-01-02"))
	return b.String()
}
