package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// A project that the service serves, with the binaries that were built for it.
type project struct {
	scratch, dir       string
	organization, name string
}

// experiments are what the clients ask about: payloads of each kind, a group, and an
// audience. Visitor u-6 is in every treatment and u-3 in every control, by the hash.
var experiments = map[string]string{
	"checkout-title": `groups: [checkout]
variants:
  control:  {traffic: 50}
  friendly: {traffic: 50, payload: Welcome back}
`,
	"new-nav": `groups: [checkout]
variants:
  control: {traffic: 50, payload: false}
  on:      {traffic: 50, payload: true}
`,
	"price": `variants:
  control: {traffic: 50, payload: 10.5}
  lower:   {traffic: 50, payload: 9.5}
`,
	"offer": `variants:
  control: {traffic: 50, payload: null}
  half:    {traffic: 50, payload: {percent: 50, text: "Hi {{ attribute.plan | default: 'there' }}"}}
`,
	"premium": `audience: {attribute: plan, is: premium}
variants:
  control: {traffic: 50}
  on:      {traffic: 50, payload: {plan: premium}}
`,
}

// newProject writes a project and starts its experiments.
func newProject(ctx context.Context, scratch string) (*project, error) {
	p := &project{scratch: scratch, dir: filepath.Join(scratch, "shop"), organization: "shop", name: "shop"}
	readout := filepath.Join(scratch, "readout")
	if err := command(ctx, scratch, readout, "init", p.dir); err != nil {
		return nil, err
	}
	today := time.Now().UTC()
	schedule := fmt.Sprintf("schedule: {start: %s, end: %s}\n",
		today.Format(time.DateOnly), today.AddDate(0, 0, 30).Format(time.DateOnly))
	for name, definition := range experiments {
		text := "name: " + name + "\n" + definition + schedule
		if err := os.WriteFile(filepath.Join(p.dir, "experiments", name+".yaml"), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	for name := range experiments {
		if err := command(ctx, p.dir, readout, "--quiet", "start", name, "--by", "clients"); err != nil {
			return nil, err
		}
	}
	return p, command(ctx, p.dir, readout, "--quiet", "publish")
}

// keyLines matches what readout-choose key prints.
var keyLines = regexp.MustCompile(`(?m)^key, .*:\s+(\S+)\nline, .*:\s+(\S+ \S+)$`)

// newKey makes an API key and adds its line to the file of keys.
func (p *project) newKey(ctx context.Context, prefix string) (string, error) {
	text, err := output(ctx, p.dir, filepath.Join(p.scratch, "readout-choose"), "key", prefix)
	if err != nil {
		return "", err
	}
	found := keyLines.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("readout-choose key printed no key and line:\n%s", text)
	}
	file, err := os.OpenFile(p.keys(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(file, "%s\n", found[2])
	return string(found[1]), errors.Join(err, file.Close())
}

func (p *project) keys() string { return filepath.Join(p.scratch, "keys.txt") }
