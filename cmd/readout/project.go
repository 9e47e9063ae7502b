package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"time"

	"readout/experiment"
	"readout/ingest"
	"readout/ingest/tables"
	"readout/internal/daily"
)

// load reads the project's files.
func (a *app) load() (*experiment.Project, error) {
	if err := a.checkDir(); err != nil {
		return nil, err
	}
	p, err := experiment.Load(a.dir)
	if p != nil {
		err = a.checkPayloads(p, err)
	}
	return p, err
}

// loadWhole reads the project's files for work that faults of other experiments must not hold
// up: what has no fault comes back in p, the faults of experiments and metrics beside it. Only
// when nothing can be done is there an error.
func (a *app) loadWhole() (p *experiment.Project, faults, err error) {
	p, err = a.load()
	if found, ok := errors.AsType[experiment.Errors](err); ok && p != nil {
		return p, found, nil
	}
	return p, nil, err
}

// state returns the project's state directory.
func (a *app) state(p *experiment.Project) string {
	if filepath.IsAbs(p.StateDir) {
		return p.StateDir
	}
	return filepath.Join(a.dir, p.StateDir)
}

// lifecycle returns the project's lifecycle log, and what time it is.
func (a *app) lifecycle(p *experiment.Project) (*experiment.Log, time.Time, error) {
	now, err := a.now(p.Location)
	if err != nil {
		return nil, now, err
	}
	log, err := daily.ReadLifecycle(a.state(p))
	return log, now, err
}

// engine returns the engine that the project names.
func (a *app) engine(p *experiment.Project) (*ingest.Embedded, error) {
	if p.Engine != "" && p.Engine != "embedded" {
		return nil, usagef("engine %q is not part of this version: use embedded", p.Engine)
	}
	memory, err := a.memoryLimit()
	return &ingest.Embedded{Store: tables.LocalStore{Dir: a.dir}, Memory: memory}, err
}

// sums returns the folder of the state in which the daily job keeps what it has read.
func (a *app) sums(p *experiment.Project) string { return filepath.Join(a.state(p), "sums") }

// seed returns a random key for the hash of user ids, so that nobody can prepare ids that
// collide. Results do not depend on it.
func seed() uint64 {
	var b [8]byte
	// crypto/rand.Read never fails.
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// who returns the name under which a person's moves are logged. Containers and units of
// systemd have no variables that say it; account is user.Current.
func who(by string, account func() (*user.User, error)) (string, error) {
	if by != "" {
		return by, nil
	}
	for _, key := range []string{"USER", "LOGNAME", "USERNAME"} {
		if name := os.Getenv(key); name != "" {
			return name, nil
		}
	}
	if u, err := account(); err == nil && u.Username != "" {
		return u.Username, nil
	}
	return "", errors.New("who does it? Say so with --by NAME")
}

// checkDir refuses a directory that is no project, by its whole name: jobs are often started
// elsewhere than people think.
func (a *app) checkDir() error {
	dir, err := filepath.Abs(a.dir)
	if err != nil {
		return err
	}
	const way = "make one with 'readout init', or name the directory with --project"
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usagef("%s is not there: %s", dir, way)
	case err == nil && !info.IsDir():
		return usagef("%s is not a project, which is a directory: %s", dir, way)
	}
	if _, err := os.Stat(filepath.Join(dir, "readout.yaml")); errors.Is(err, fs.ErrNotExist) {
		return usagef("%s is not a project, it has no readout.yaml: %s", dir, way)
	}
	return nil
}

// experimentNamed returns the experiment of a name. One that is there has no fault, nor has
// anything that it refers to: those of other files do not concern it. Of one under way whose
// file is gone the error says so.
func (a *app) experimentNamed(p *experiment.Project, name string) (*experiment.Experiment, error) {
	if e, ok := p.Experiment(name); ok {
		return e, nil
	}
	log, now, err := a.lifecycle(p)
	if err != nil {
		return nil, err
	}
	gone, errs := experiment.Undefined(p, log, now)
	if i := slices.Index(gone, name); i >= 0 {
		return nil, errs[i : i+1]
	}
	if slices.Contains(p.Faulty, name) {
		return nil, usagef("experiment %s is left out: its file, or one that it refers to, has an error", name)
	}
	if len(p.Experiments) == 0 {
		return nil, usagef("unknown experiment %q: the project has none yet", name)
	}
	names := make([]string, len(p.Experiments))
	for i, e := range p.Experiments {
		names[i] = e.Name
	}
	return nil, usagef("%s", experiment.Unknown("experiment", name, names))
}
