package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"readout/analysis"
	"readout/experiment"
	"readout/reports"
)

// app is what the commands share: where they write, what time it is, and the flags that
// all of them have.
type app struct {
	out, err io.Writer
	clock    func() time.Time

	dir   string
	nowAt string
	quiet bool
	color string

	memory string // of commands that read data
}

// run executes one command line and returns the exit status.
func run(ctx context.Context, args []string, out, errs io.Writer, clock func() time.Time) int {
	results := &output{to: out}
	a := &app{out: results, err: errs, clock: clock}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(results)
	root.SetErr(errs)
	err := results.join(root.ExecuteContext(ctx))
	if err == nil {
		return exitOK
	}
	return a.fail(err)
}

// root returns the command with all its subcommands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "readout",
		Short:         "the statistics engine behind server-side A/B experiments",
		Long:          rootHelp,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// A flag that root does not have, after a word: it is the word that is not known.
		if words := cmd.Flags().Args(); cmd == root && len(words) > 0 {
			return noCommand(cmd, words)
		}
		return usagef("%w: see '%s --help'", err, cmd.CommandPath())
	})
	root.SetVersionTemplate("readout {{.Version}}\n")
	root.Flags().Bool("version", false, "print the version")
	flags := root.PersistentFlags()
	flags.StringVarP(&a.dir, "project", "C", ".", "the project's directory")
	flags.StringVar(&a.nowAt, "now", "", "use this instant as the clock (RFC 3339, or a date: its midnight in the project's zone)")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print only results and what went wrong")
	flags.StringVar(&a.color, "color", "auto", "colour in text reports: auto, always or never")
	var commands []*cobra.Command
	for _, c := range []func() *cobra.Command{
		a.demoCommand, a.initCommand, a.validateCommand, a.runCommand, a.analyzeCommand,
		a.powerCommand, a.simulateCommand, a.statusCommand, a.cronCommand, a.reportCommand,
		a.publishCommand, a.explainCommand, a.newCommand, a.templateCommand, a.schemaCommand,
	} {
		commands = append(commands, c())
	}
	for _, c := range append(commands, a.moveCommands()...) {
		c.Args = usageArgs(c.Args)
		root.AddCommand(c)
	}
	return root
}

// version returns the version that the program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "of an unknown build"
}

const rootHelp = `Readout reads exposures and conversions from Parquet, computes every scorecard metric
once a day, tests them sequentially at each experiment's confidence, and moves
experiments to Ready for review past their end.

Start with 'readout demo', or with 'readout init' in your own project.

The exit status is 0 when all is well, 1 when something failed, 2 for wrong usage or
configuration, and 3 when the work was done but a check of the data needs attention.`

// noCommand refuses words that are no command, and names those that they resemble.
func noCommand(root *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	meant := ":"
	if near := root.SuggestionsFor(words[0]); len(near) > 0 {
		meant = fmt.Sprintf(", did you mean %q?", near[0])
	}
	return usagef("unknown command %q for %q%s see '%s --help'", words[0], root.Name(), meant, root.CommandPath())
}

// usageArgs turns cobra's complaints about arguments into usage errors.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			return usagef("%w: see '%s --help'", err, cmd.CommandPath())
		}
		return nil
	}
}

// now returns the clock's instant, or the one asked for.
func (a *app) now(zone *time.Location) (time.Time, error) {
	if a.nowAt == "" {
		return a.clock(), nil
	}
	if t, err := time.Parse(time.RFC3339, a.nowAt); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.DateOnly, a.nowAt); err == nil {
		y, m, d := t.Date()
		return experiment.StartOfDay(y, m, d, zone), nil
	}
	return time.Time{}, usagef("--now %q is neither an instant such as 2026-01-31T06:00:00Z nor a date such as 2026-01-31", a.nowAt)
}

// say prints a line about what goes on, unless it is to be quiet.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		a.tell(format, args...)
	}
}

// tell prints a message to standard error. It may quote names of files and columns that
// somebody else chose: what does not print is escaped, but for the ends of lines.
func (a *app) tell(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		fmt.Fprintln(a.err, reports.Visible(line))
	}
}

// checkOutput reports a format or a colour that there is not, before any work is done.
func (a *app) checkOutput(format string) error {
	if _, err := reports.FormatNamed(format); err != nil {
		return usageError{err}
	}
	_, err := a.textOptions()
	return err
}

// writeCards prints scorecards in a format.
func (a *app) writeCards(format string, cards []analysis.Scorecard) error {
	f, err := reports.FormatNamed(format)
	if err != nil {
		return usageError{err}
	}
	if f.Name != "text" {
		return f.Write(a.out, cards)
	}
	options, err := a.textOptions()
	if err != nil {
		return err
	}
	return reports.Text(a.out, cards, options)
}

// textOptions suits text to the terminal, if there is one.
func (a *app) textOptions() (reports.TextOptions, error) {
	var o reports.TextOptions
	out := a.out
	if results, ok := out.(*output); ok {
		out = results.to
	}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
		o.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	switch a.color {
	case "always":
		o.Color = true
	case "never":
		o.Color = false
	case "auto":
	default:
		return o, usagef("--color %q is not known: use auto, always or never", a.color)
	}
	return o, nil
}

// plural returns the noun for n.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
