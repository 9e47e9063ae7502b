package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"readout/internal/atomicfile"
)

//go:embed init/*
var initFiles embed.FS

func (a *app) initCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "a new project",
		Long: `Writes a commented readout.yaml and the folders of a project. Nothing that exists is
overwritten.`,
		Example: "  readout init shop",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := a.dir
			if len(args) == 1 {
				dir = args[0]
			}
			return a.initProject(dir, name)
		},
	}
	c.Flags().StringVar(&name, "name", "", "the project's name (default: the directory's)")
	return c
}

func (a *app) initProject(dir, name string) error {
	path := filepath.Join(dir, "readout.yaml")
	if _, err := os.Stat(path); err == nil {
		return usagef("%s exists already: nothing was written", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if name == "" {
		full, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		name = identifier(filepath.Base(full))
	}
	if name != identifier(name) {
		return usagef("--name %q: use letters a to z, digits, - and _ only", name)
	}
	text, err := initFiles.ReadFile("init/readout.yaml")
	if err != nil {
		return err
	}
	for _, folder := range []string{"experiments", "metrics", "templates", "audiences"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return err
		}
	}
	text = []byte(strings.ReplaceAll(string(text), "PROJECT", name))
	if _, err := atomicfile.WriteFile(path, text); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "wrote %s\n\nNext: say where your data are in it, describe an experiment in %s, and run 'readout validate'.\n",
		path, filepath.Join(dir, "experiments"))
	return nil
}

// identifier turns a text into a name of letters, digits, - and _.
func identifier(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
	}
	if name := strings.Trim(b.String(), "-"); name != "" {
		return name
	}
	return "project"
}
