package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"readout/decision"
	"readout/decision/profiles"
	"readout/experiment"
	"readout/reports"
)

// explainFlags are the flags of explain.
type explainFlags struct {
	user, experiment     string
	url, device, session string
	attributes           []string
	server               string
	json                 bool
}

func (a *app) explainCommand() *cobra.Command {
	var o explainFlags
	c := &cobra.Command{
		Use:   "explain USER EXPERIMENT",
		Short: "which variant a user gets, and why",
		Long: `Says which variant a user gets in an experiment, here and now, and every step that led to
it. Nothing is assigned, shown or counted.

With --server the decision service is asked, on the address of its --admin: it knows who got
what before. Without, the published state of the project is evaluated as for somebody new.`,
		Example: "  readout explain u-1 checkout-button --server http://127.0.0.1:8081\n" +
			"  readout explain u-1 checkout-button --url https://shop.example/checkout --device mobile --attribute country=DE",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.user, o.experiment = args[0], args[1]
			return a.explain(cmd.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.url, "url", "", "the page on which is asked")
	f.StringVar(&o.device, "device", "", "mobile or desktop")
	f.StringVar(&o.session, "session", "", "the visit, for display: once-per-visit")
	f.StringArrayVar(&o.attributes, "attribute", nil, "what the request says of the user, name=value; quotes keep a number a text; may be repeated")
	f.StringVar(&o.server, "server", "", "address of the service's admin listener, such as http://127.0.0.1:8081")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return c
}

// maxExplanation is the size in bytes beyond which the answer of a service is refused, above
// what a published payload comes to.
const maxExplanation = 128 << 20

// explainTimeout is how long a service may take.
const explainTimeout = 10 * time.Second

func (a *app) explain(ctx context.Context, o explainFlags) error {
	for _, text := range o.attributes {
		if name, _, ok := strings.Cut(text, "="); !ok || name == "" {
			return usagef("--attribute %q is not of the form name=value", text)
		}
	}
	if o.user == "" {
		return usagef("an empty id is nobody: name the user whose variant you want to know")
	}
	var e decision.Explanation
	var err error
	if o.server != "" {
		e, err = askServer(ctx, o)
	} else {
		e, err = a.explainPublished(o)
	}
	if err != nil {
		return err
	}
	if o.json {
		return a.printJSON(e)
	}
	return printExplanation(a.out, e, o.server == "")
}

// askServer asks the admin listener of a service.
func askServer(ctx context.Context, o explainFlags) (decision.Explanation, error) {
	var none decision.Explanation
	address, err := url.Parse(o.server)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return none, usagef("--server %q is no address such as http://127.0.0.1:8081", o.server)
	}
	query := url.Values{"user": {o.user}, "experiment": {o.experiment}, "url": {o.url}, "device": {o.device}, "session": {o.session}}
	for _, text := range o.attributes {
		name, value, _ := strings.Cut(text, "=")
		query.Set("attribute."+name, value)
	}
	address = address.JoinPath("explain")
	address.RawQuery = query.Encode()
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return none, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		if fault, ok := errors.AsType[*url.Error](err); ok {
			err = fault.Err
		}
		return none, fmt.Errorf("ask the decision service at %s: %w", o.server, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxExplanation+1))
	if err != nil {
		return none, fmt.Errorf("ask the decision service at %s: %w", o.server, err)
	}
	if len(body) > maxExplanation {
		return none, fmt.Errorf("%s answered with more than %d MiB: is it the address of --admin?", o.server, maxExplanation>>20)
	}
	var answer struct {
		Explanations []decision.Explanation
		Errors       []struct{ Message string }
	}
	err = json.Unmarshal(body, &answer)
	switch {
	case err == nil && len(answer.Errors) > 0:
		return none, fmt.Errorf("the decision service at %s: %s", o.server, answer.Errors[0].Message)
	case err != nil || response.StatusCode != http.StatusOK || len(answer.Explanations) != 1:
		return none, fmt.Errorf("%s answered with status %s and no explanation: is it the address of --admin?", o.server, response.Status)
	}
	return answer.Explanations[0], nil
}

// explainPublished evaluates the published state of the project, without what a service
// remembers.
func (a *app) explainPublished(o explainFlags) (decision.Explanation, error) {
	var none decision.Explanation
	p, _, err := a.loadWhole()
	if err != nil {
		return none, err
	}
	now, err := a.now(p.Location)
	if err != nil {
		return none, err
	}
	published, err := experiment.ReadPublished(a.state(p))
	if err != nil {
		return none, fmt.Errorf("%w (readout publish writes it)", err)
	}
	var known decision.Profiles
	if published.Profiles != nil && published.Profiles.Snapshot != "" {
		paths, err := experiment.ProfileFiles(a.state(p), published.Profiles.Snapshot)
		if err != nil {
			return none, err
		}
		if known, err = profiles.Load(paths, published.Profiles.ID); err != nil {
			return none, err
		}
	}
	snapshot, faults := decision.Compile(published, known, nil)
	x := snapshot.Experiment(o.experiment)
	if x == nil {
		var names []string
		for _, x := range snapshot.All() {
			names = append(names, x.Definition().Name)
		}
		return none, errors.Join(append(faults, usagef("%s", experiment.Unknown("published experiment", o.experiment, names)))...)
	}
	attributes := make(decision.Attributes)
	for _, text := range o.attributes {
		name, value, _ := strings.Cut(text, "=")
		attributes[name] = decision.ParseValue(value)
	}
	asked := snapshot.Selector(x.Definition().Selector)
	all := decision.ExplainAll(asked, &decision.Visitor{
		ID: o.user, Session: o.session, URL: o.url, Device: o.device, Known: snapshot.Known(o.user, attributes),
	}, make([]decision.Assignment, len(asked)), now)
	return all[slices.Index(asked, x)], nil
}

// printExplanation prints an explanation as a table.
func printExplanation(out io.Writer, e decision.Explanation, somebodyNew bool) error {
	var text strings.Builder
	id := reports.Visible(e.ID)
	switch {
	case e.Shown:
		fmt.Fprintf(&text, "%s gets %s of %s: %s\n", id, e.Variant, e.Experiment, e.Reason)
	default:
		fmt.Fprintf(&text, "%s gets nothing of %s: %s\n", id, e.Experiment, e.Reason)
	}
	switch {
	case somebodyNew:
		text.WriteString("evaluated as for somebody new: --server asks the service, which knows who got what before\n")
	case e.Remembered == "":
		text.WriteString("remembered: nothing\n")
	default:
		fmt.Fprintf(&text, "remembered: %s\n", e.Remembered)
	}
	text.WriteString("\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, s := range e.Steps {
		passes := "yes"
		if !s.Passes {
			passes = "NO"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", s.Name, passes, reports.Visible(s.Detail))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if e.Shown && string(e.Body) != "null" {
		fmt.Fprintf(&text, "\npayload: %s\n", reports.Visible(string(e.Body)))
	}
	_, err := io.WriteString(out, text.String())
	return err
}
