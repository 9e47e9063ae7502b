package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/daily"
	"readout/internal/digits"
	"readout/internal/parallel"
	"readout/reports"
)

// standing is where one experiment stands, for people and for --json.
type standing struct {
	Experiment string            `json:"experiment"`
	Status     experiment.Status `json:"status"`
	Start      *time.Time        `json:"start"`
	End        *time.Time        `json:"end"`
	// Progress towards the end, in [0, 1].
	Progress float64 `json:"progress"`
	DaysLeft int     `json:"days_left"`
	// Decision is the variant that everybody gets, of an experiment that is Completed.
	Decision string `json:"decision,omitempty"`
	// Fault says why the last scorecard cannot be read, and what to do; empty if it can.
	Fault string `json:"fault,omitempty"`
	// Missing says that the daily job should have made a scorecard of a later day; empty if not.
	Missing string `json:"missing,omitempty"`
	// Date is the day of the last scorecard; the following fields are from it.
	Date           string                  `json:"date,omitempty"`
	Users          int64                   `json:"users"`
	Recommendation analysis.Recommendation `json:"recommendation"`
	// Verdicts are those of the primary metrics.
	Verdicts  []verdict `json:"verdicts"`
	Attention []string  `json:"attention"`
	History   []event   `json:"history"`
}

// verdict is what a scorecard says about one variant by one primary metric.
type verdict struct {
	Metric   string           `json:"metric"`
	Variant  string           `json:"variant"`
	Verdict  analysis.Verdict `json:"verdict"`
	Sentence string           `json:"sentence"`
}

func (a *app) statusCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [EXPERIMENT]",
		Short: "where every experiment, or one, stands",
		Long: `Shows status, progress to the end, users so far, and the recommendation and checks of
the last scorecard; of one experiment also the verdict on every variant by every primary
metric, and its history. End is the last day, or the instant where it is not when a day ends.
Transitions that are due show as made; 'readout run' logs them.
Of all experiments together, those that are Completed are in the table alone. Experiments
whose files have errors or are gone are left out and reported, with exit status 2; of one experiment only
errors that concern it are. Where no scorecard came for more than a day after it was due, that is
said. A stored scorecard that cannot be read is reported, with exit
status 1; all else is shown.`,
		Example: "  readout status\n  readout status checkout-button --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.status(args, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) status(args []string, asJSON bool) error {
	p, faults, err := a.loadWhole()
	if err != nil {
		return err
	}
	log, now, err := a.lifecycle(p)
	if err != nil {
		return err
	}
	chosen := p.Experiments
	if len(args) == 1 {
		e, err := a.experimentNamed(p, args[0])
		if err != nil {
			return errors.Join(faults, err)
		}
		chosen, faults = []*experiment.Experiment{e}, nil
	} else if _, gone := experiment.Undefined(p, log, now); len(gone) > 0 {
		faults = errors.Join(faults, gone)
	}
	standings := make([]standing, len(chosen))
	// Most of the time goes into reading scorecards, of which there may be thousands.
	errs := parallel.Each(len(chosen), func(i int) error {
		e, s := chosen[i], &standings[i]
		state := log.State(e)
		*s = standingOf(state, now, p.Location)
		s.History = historyOf(log, e, now, p.Location)
		card, err := s.readLast(a.state(p))
		if err != nil {
			s.Fault = err.Error()
			return err
		}
		page := reports.Page{Definition: e, State: &state, Card: card}
		s.Missing = page.Missing(now.Add(-jobMayTake), p.Location)
		return nil
	})
	var unread []string
	for i, err := range errs {
		if err != nil {
			unread = append(unread, chosen[i].Name)
		}
	}
	if len(unread) > 0 {
		faults = errors.Join(fmt.Errorf("cannot read the last scorecard of %s", list(unread)), faults)
	}
	if asJSON {
		return errors.Join(faults, a.printJSON(standings))
	}
	a.printStandings(standings, p.Location, len(args) == 1)
	return faults
}

// standingOf returns where an experiment stands at now, without what its scorecards say.
func standingOf(s experiment.State, now time.Time, zone *time.Location) standing {
	out := standing{Experiment: s.Experiment, Status: s.At(now), Verdicts: []verdict{}, Attention: []string{}}
	if !s.Start.IsZero() {
		out.Start = &s.Start
	}
	if !s.End.IsZero() {
		out.End = &s.End
	}
	if s.Decision != nil {
		out.Decision = s.Decision.Variant
	}
	if out.Status != experiment.Draft && !s.Start.IsZero() {
		out.Progress, out.DaysLeft = analysis.Progress(s.Start, s.End, now), analysis.DaysBetween(now, s.End, zone)
	}
	return out
}

// readLast adds what the last stored scorecard says, and returns it, if there is one.
func (s *standing) readLast(state string) (*analysis.Scorecard, error) {
	const asWhom = "ask as the user of the daily job, to whom the files belong"
	days, err := reports.Days(state, s.Experiment)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w; %s", err, asWhom)
	case err != nil:
		return nil, fmt.Errorf("%w; move it away, the next readout run makes the scorecards again from the data", err)
	case len(days) == 0:
		return nil, nil
	}
	last := days[len(days)-1]
	card, err := reports.ReadDay(state, s.Experiment, last)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w; %s", err, asWhom)
	case err != nil:
		return nil, fmt.Errorf("%w; readout run --from %s makes it again from the data", err, last)
	}
	s.Date, s.Recommendation = card.Date, card.Recommendation
	for _, v := range card.Variants {
		s.Users += v.Users
	}
	for _, m := range card.Metrics {
		if m.Role != analysis.Primary {
			continue
		}
		for _, c := range m.Comparisons {
			s.Verdicts = append(s.Verdicts, verdict{m.Name, c.Variant, c.Verdict, c.Sentence})
		}
	}
	for _, c := range card.Checks {
		if c.Severity == analysis.Alarm || c.Severity == analysis.Warning {
			s.Attention = append(s.Attention, c.Sentence)
		}
	}
	return &card, nil
}

// printStandings prints a table and below it what each experiment's scorecard says, with
// verdicts and history where details are wanted. What has been decided is in the table alone
// otherwise: of all experiments there ever were it would hide what needs somebody.
func (a *app) printStandings(standings []standing, zone *time.Location, details bool) {
	if len(standings) == 0 {
		fmt.Fprintln(a.out, "The project has no experiments yet.")
		return
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateRows = false
	t.SetColumnConfigs([]table.ColumnConfig{{Name: "Days left", Align: text.AlignRight}, {Name: "Users", Align: text.AlignRight}})
	t.AppendHeader(table.Row{"Experiment", "Status", "Start", "End", "Progress", "Days left", "Users"})
	for _, s := range standings {
		progress, left := "-", any("-")
		if s.Start != nil && s.Status != experiment.Draft && s.Status != experiment.Scheduled {
			progress, left = digits.WholePercent(s.Progress), s.DaysLeft
		}
		users := digits.Count(s.Users)
		if s.Fault != "" {
			users = "?"
		}
		t.AppendRow(table.Row{s.Experiment, s.Status, firstDay(s.Start, zone), lastDay(s.End, zone), progress, left, users})
	}
	fmt.Fprintln(a.out, t.Render())
	for _, s := range standings {
		if s.Fault != "" {
			fmt.Fprintf(a.out, "\n%s: %s\n", s.Experiment, reports.Visible(s.Fault))
		}
		if s.Missing != "" && s.Date == "" {
			fmt.Fprintf(a.out, "\n%s: %s %s\n", s.Experiment, s.Missing, askJob)
		}
		if s.Date != "" && (details || s.Status != experiment.Completed) {
			a.printFindings(s, details)
		}
		if details && len(s.History) > 0 {
			printHistory(a.out, s.History, zone)
		}
	}
}

// printFindings prints what the last scorecard of an experiment says.
func (a *app) printFindings(s standing, details bool) {
	if advice := reports.Visible(s.Recommendation.Sentence); s.Decision != "" {
		fmt.Fprintf(a.out, "\n%s: decided, everybody gets %s. The scorecard of %s said: %s\n", s.Experiment, s.Decision, s.Date, advice)
	} else {
		fmt.Fprintf(a.out, "\n%s (%s): %s\n", s.Experiment, s.Date, advice)
	}
	if details {
		for _, v := range s.Verdicts {
			fmt.Fprintf(a.out, "  %s, %s: %s. %s\n", reports.Visible(v.Metric), reports.Visible(v.Variant), v.Verdict, reports.Visible(v.Sentence))
		}
	}
	if s.Missing != "" {
		fmt.Fprintf(a.out, "  ! %s %s\n", s.Missing, askJob)
	}
	for _, sentence := range s.Attention {
		fmt.Fprintf(a.out, "  ! %s\n", reports.Visible(sentence))
	}
}

// firstDay prints a start in the project's zone: its day, with the time unless that is when the day
// begins.
func firstDay(start *time.Time, zone *time.Location) string {
	if start == nil {
		return "-"
	}
	if d := daily.DayOf(*start, zone); d.Start.Equal(*start) {
		return d.Date
	}
	return start.In(zone).Format("2006-01-02 15:04")
}

// lastDay prints an end in the project's zone as definitions and pages name it: the last day, where
// that belongs to the experiment as a whole, else the instant.
func lastDay(end *time.Time, zone *time.Location) string {
	if end == nil {
		return "-"
	}
	if d := daily.DayOf(end.Add(-1), zone); d.Through.Equal(*end) {
		return d.Date
	}
	return end.In(zone).Format("2006-01-02 15:04")
}

// jobMayTake is how long after its end a day may have no scorecard before something is wrong: the
// daily job comes at any time of the next day.
const jobMayTake = 24 * time.Hour

// askJob says where it is told why a scorecard is missing.
const askJob = "Look at what the daily job says."
