package main

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"readout/decision"
	"readout/experiment"
)

// checkPayloads leaves the experiments out of p whose payloads have placeholders that the
// decision service could not fill in, as the loader does with other faults, and returns err
// with those added.
func (a *app) checkPayloads(p *experiment.Project, err error) error {
	faults, ok := errors.AsType[experiment.Errors](err)
	if err != nil && !ok {
		return err
	}
	before := len(faults)
	for _, t := range p.Templates {
		if fault := decision.CheckPayload(t.Payload); fault != nil {
			faults = append(faults, experiment.Error{File: a.templateFile(t.Name), Line: 1, Message: fault.Error()})
		}
	}
	p.Experiments = slices.DeleteFunc(p.Experiments, func(e *experiment.Experiment) bool {
		good := true
		for _, v := range e.Variants {
			if fault := decision.CheckPayload(v.Payload); fault != nil {
				faults = append(faults, experiment.Error{File: e.File, Line: v.Line, Message: "variant " + v.Name + ": " + fault.Error()})
				good = false
			}
		}
		if !good {
			p.Faulty = append(p.Faulty, e.Name)
		}
		return !good
	})
	if len(faults) == before {
		return err
	}
	slices.Sort(p.Faulty)
	slices.SortStableFunc(faults, func(a, b experiment.Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return faults
}

// templateFile returns the file that a template is in.
func (a *app) templateFile(name string) string {
	for _, file := range []string{"templates/" + name + ".yaml", "templates/" + name + ".yml"} {
		if _, err := os.Stat(filepath.Join(a.dir, filepath.FromSlash(file))); err == nil {
			return file
		}
	}
	return "templates"
}
