package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Installations are tried this often, each for at most this long.
const (
	installTries = 3
	installLimit = 2 * time.Minute
	installPause = 10 * time.Second
)

// Why a client cannot be had here. It is skipped then.
var (
	errRegistry = errors.New("registry did not answer")
	errMissing  = errors.New("not installed")
)

// errTool says that an installation failed before a registry was asked.
var errTool = errors.New("no registry was asked")

// A registry installs what a folder pins.
type registry struct {
	name string
	// needs are the programs that install and run.
	needs []string
	// pins are the files that name the versions.
	pins []string
	// install fills a directory that holds copies of the pins.
	install func(ctx context.Context, dir string) error
}

var pypi = &registry{
	name: "PyPI", needs: []string{"python3"}, pins: []string{"requirements.txt"},
	install: func(ctx context.Context, dir string) error {
		if err := command(ctx, dir, "python3", "-m", "venv", "venv"); err != nil {
			return fmt.Errorf("%w: %w", errTool, err)
		}
		return command(ctx, dir, python(dir), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "-r", "requirements.txt")
	},
}

// python returns the interpreter of an installation.
func python(dir string) string { return filepath.Join(dir, "venv", "bin", "python") }

var npm = &registry{
	name: "npm", needs: []string{"node", "npm"}, pins: []string{"package.json", "package-lock.json"},
	install: func(ctx context.Context, dir string) error {
		return command(ctx, dir, "npm", "ci", "--no-audit", "--no-fund")
	},
}

var maven = &registry{
	name: "Maven", needs: []string{"java", "mvn"}, pins: []string{"pom.xml"},
	install: func(ctx context.Context, dir string) error {
		return command(ctx, dir, "mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DoutputDirectory=lib")
	},
}

var goProxy = &registry{
	name: "the Go module proxy", needs: []string{"go"}, pins: []string{"go.mod", "go.sum"},
	install: func(ctx context.Context, dir string) error { return command(ctx, dir, "go", "mod", "download") },
}

// provide returns the directory with the packages that a folder pins: the one of an earlier
// run with the same pins, or a new one.
func (r *registry) provide(ctx context.Context, folder string) (string, error) {
	for _, program := range r.needs {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("%s is %w", program, errMissing)
		}
	}
	sum := sha256.New()
	for _, pin := range r.pins {
		data, err := os.ReadFile(filepath.Join(folder, pin))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", pin, len(data), data)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "readout-clients", filepath.Base(folder)+"-"+hex.EncodeToString(sum.Sum(nil)[:6]))
	// The mark is written last: without it an installation is not whole.
	mark := filepath.Join(dir, "installed")
	if _, err := os.Stat(mark); err == nil {
		return dir, nil
	}
	for try := range installTries {
		if try > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(installPause):
			}
		}
		if err = r.fill(ctx, folder, dir); err == nil {
			return dir, os.WriteFile(mark, nil, 0o644)
		}
		if errors.Is(err, errTool) {
			return "", err
		}
	}
	return "", fmt.Errorf("%w in %d tries: %w", errRegistry, installTries, err)
}

// fill makes one installation.
func (r *registry) fill(ctx context.Context, folder, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, pin := range r.pins {
		if err := copyFile(filepath.Join(folder, pin), filepath.Join(dir, pin)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	return r.install(ctx, dir)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
