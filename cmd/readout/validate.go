package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"readout/experiment"
)

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "check all files of the project",
		Long: `Checks readout.yaml and everything in metrics/, templates/, audiences/ and
experiments/. All errors are printed at once, each with file:line:column, what was
found, and what is allowed. Edits that an experiment under way does not bear are errors
too. Of experiments to come it says which take no whole weeks. Reads no data.`,
		Example: "  readout validate\n  readout validate --project shop",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := a.load()
			if err != nil {
				return err
			}
			log, err := a.validateEdits(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s: %d %s, %d %s, no errors\n", p.Name,
				len(p.Experiments), plural(len(p.Experiments), "experiment", "experiments"),
				len(p.Metrics), plural(len(p.Metrics), "metric", "metrics"))
			for _, folder := range p.Skipped {
				a.say("%s: folders inside are not read, move its files up, or let its name begin with _ to say that they are to be left out", folder)
			}
			for _, e := range p.Experiments {
				s := log.State(e)
				if e.Type != experiment.TypePersonalization && (s.Status == experiment.Draft || s.Status == experiment.Scheduled) {
					a.sayPartWeeks(e.Name, s.Start, s.End, p.Location)
				}
			}
			return nil
		},
	}
}

// validateEdits checks what was edited against what experiments under way were started with,
// and returns their log.
func (a *app) validateEdits(p *experiment.Project) (*experiment.Log, error) {
	log, now, err := a.lifecycle(p)
	if err != nil {
		return nil, err
	}
	if refused := experiment.CheckEdits(p, log, now); len(refused) > 0 {
		return nil, refused
	}
	return log, nil
}
