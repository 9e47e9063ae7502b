package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"readout/internal/atomicfile"
)

// demoFiles is the demo project without its data.
//
//go:embed demo
var demoFiles embed.FS

// The days of the demo's data, in the zone of its project: conversions from
// demoHistory, exposures from demoFirst, both through demoLast. Its two
// experiments start on demoFirst.
const (
	demoHistory = "2025-12-06"
	demoFirst   = "2026-01-05"
	demoLast    = "2026-02-01"
)

// writeDemo writes the demo project, its YAML files and its data, into a
// directory that does not exist or is empty. Every call writes the same bytes.
// It schedules and computes nothing.
func writeDemo(dir string) error {
	dir = filepath.Clean(dir)
	if err := checkEmpty(dir); err != nil {
		return fmt.Errorf("write demo: %w", err)
	}
	if err := writeDemoFiles(dir); err != nil {
		return fmt.Errorf("write demo: %w", err)
	}
	shop, err := newDemoShop()
	if err != nil {
		return fmt.Errorf("write demo: %w", err)
	}
	if err := shop.write(filepath.Join(dir, "data")); err != nil {
		return fmt.Errorf("write demo: %w", err)
	}
	return nil
}

// checkEmpty reports a directory that holds anything: the demo overwrites nobody's files.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty: name a new directory", dir)
	}
	return nil
}

// writeDemoFiles writes what is embedded.
func writeDemoFiles(dir string) error {
	files, err := fs.Sub(demoFiles, "demo")
	if err != nil {
		return err
	}
	return fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		_, err = atomicfile.WriteFile(filepath.Join(dir, filepath.FromSlash(path)), data)
		return err
	})
}
