package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"readout/experiment"
	"readout/internal/atomicfile"
)

func (a *app) templateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "template",
		Short: "payloads to start variants from",
		Long: `A template is a payload in templates/NAME.yaml. A variant starts from it with
template: NAME, and overrides fields with its own payload.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:   "save EXPERIMENT VARIANT NAME",
		Short: "make a template of a variant's payload",
		Long: `Writes the payload of a variant, with the template it started from applied, to
templates/NAME.yaml. A template that exists is never overwritten.`,
		Example: "  readout template save checkout-button big button",
		Args:    usageArgs(cobra.ExactArgs(3)),
		RunE:    func(_ *cobra.Command, args []string) error { return a.saveTemplate(args[0], args[1], args[2]) },
	})
	return c
}

func (a *app) saveTemplate(from, variant, name string) error {
	p, faults := a.load()
	if p == nil {
		return faults
	}
	e, err := a.experimentNamed(p, from)
	if err != nil {
		return errors.Join(err, faults)
	}
	v, ok := e.Variant(variant)
	if !ok {
		names := make([]string, len(e.Variants))
		for i, v := range e.Variants {
			names[i] = v.Name
		}
		return usagef("%s: %s", from, experiment.Unknown("variant", variant, names))
	}
	if v.Payload == nil {
		return usagef("variant %s of %s has no payload to make a template of", variant, from)
	}
	path, err := a.freePath("templates", name)
	if err != nil {
		return err
	}
	payload, err := experiment.PayloadYAML(v.Payload)
	if err != nil {
		return err
	}
	text := append(fmt.Appendf(nil, "# Saved from variant %s of %s.\n", variant, from), payload...)
	file := "templates/" + name + ".yaml"
	if err := checkNew(a.dir, file, text); err != nil {
		return err
	}
	if _, err := atomicfile.WriteFile(path, text); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "wrote %s\n", path)
	return nil
}
