package main

import (
	"strings"

	"github.com/spf13/cobra"

	"readout/experiment"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [" + strings.Join(experiment.SchemaNames(), "|") + "]",
		Short: "the JSON Schema of a file of the project",
		Long: `Prints a JSON Schema (draft 2020-12), of an experiment unless another kind of file is
named, with which editors complete and check files while they are written. It accepts
whatever 'readout validate' accepts; validate says more, such as that traffic must sum
to 100.

In an editor with the YAML language server, the first line of a file may name it:
  # yaml-language-server: $schema=../experiment.schema.json`,
		Example:   "  readout schema experiment > experiment.schema.json",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: experiment.SchemaNames(),
		RunE: func(_ *cobra.Command, args []string) error {
			name := "experiment"
			if len(args) == 1 {
				name = args[0]
			}
			text, err := experiment.Schema(name)
			if err != nil {
				return usageError{err}
			}
			_, err = a.out.Write(text)
			return err
		},
	}
}
