package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"readout/decision/exposurelog"
	"readout/decision/feed"
	"readout/decision/server"
)

// config is what the flags and the environment say.
type config struct {
	state, project, store, exposures string
	listen, admin                    string
	keys, instance, namespace        string
	open                             bool
	exposeBulk                       bool
	origins                          []string
	rateLimit                        float64
	maxBody                          int64
	flushEvery                       time.Duration
	flushRows                        int
	poll, drain, grace               time.Duration
	logLevel                         slog.Level
	version                          bool
	guessed                          bool // nobody named the project: it is where the state directory is
}

// prefix begins the environment's names of flags: READOUT_CHOOSE_LISTEN is --listen.
const prefix = "READOUT_CHOOSE_"

// parse reads flags, and for those not given the environment.
func parse(args, environment []string) (config, *pflag.FlagSet, error) {
	var c config
	f := pflag.NewFlagSet("readout-choose", pflag.ContinueOnError)
	f.SortFlags = false
	f.Usage = func() {}
	f.StringVar(&c.state, "state", "state", "state directory of the project, with published.json")
	f.StringVar(&c.project, "project", "", "project directory, to which the path of exposures is relative (default: the one that holds the state directory)")
	f.StringVar(&c.store, "store", "", "decision store: a directory, or redis://host:port/db (default: decisions beside the state directory)")
	f.StringVar(&c.instance, "instance", "", "name of this process in a shared store, the same after a restart (default: the name of the machine)")
	f.StringVar(&c.namespace, "namespace", "readout", "separates the projects in one shared store")
	f.StringVar(&c.exposures, "exposures", "", "folder of the exposure log (default: data.exposures.path of the project)")
	f.StringVar(&c.listen, "listen", "127.0.0.1:8080", "address for clients")
	f.StringVar(&c.admin, "admin", "127.0.0.1:8081", "address for metrics, pages and explain; empty for none")
	f.StringVar(&c.keys, "keys", "", "file of API keys: lines of a prefix and the SHA-256 of the secret; made by readout-choose key")
	f.BoolVar(&c.open, "no-keys", false, "let everybody ask who reaches the address")
	f.BoolVar(&c.exposeBulk, "expose-bulk", false, "count questions about everything: log exposures and spend display budgets")
	f.StringSliceVar(&c.origins, "allow-origin", nil, "origin of browsers that may ask, such as https://shop.example; may be repeated")
	f.Float64Var(&c.rateLimit, "rate-limit", 0, "requests a second that one key may make; 0 for no limit")
	f.Int64Var(&c.maxBody, "max-body", server.DefaultMaxBody, "largest body in bytes")
	f.DurationVar(&c.flushEvery, "flush-every", exposurelog.DefaultEvery, "how often exposures are written to the log")
	f.IntVar(&c.flushRows, "flush-rows", exposurelog.DefaultRows, "how many exposures are written before that time has come, and at most to a file")
	f.DurationVar(&c.poll, "poll", feed.DefaultPoll, "how often the published state is looked at, besides watching it")
	f.DurationVar(&c.drain, "drain", 0, "how long the service goes on answering when it is to stop, while /readyz says 503 to load balancers")
	f.DurationVar(&c.grace, "grace", 10*time.Second, "how long requests under way may take when the service stops")
	f.TextVar(&c.logLevel, "log-level", slog.LevelInfo, "least `level` that is logged: debug, info, warn or error; debug has every request")
	f.BoolVar(&c.version, "version", false, "print the version")
	if err := f.Parse(args); err != nil {
		return c, f, err
	}
	if err := fromEnvironment(f, environment); err != nil {
		return c, f, err
	}
	if c.project == "" {
		c.project, c.guessed = filepath.Dir(filepath.Clean(c.state)), true
	}
	if c.instance == "" {
		name, err := os.Hostname()
		if err != nil {
			return c, f, err
		}
		c.instance = name
	}
	if c.store == "" {
		c.store = filepath.Join(c.project, "decisions")
	}
	return c, f, c.check(f.Args())
}

// check says which settings do not go together.
func (c config) check(args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("unknown argument %q", args[0])
	case c.version:
	case c.keys == "" && !c.open:
		return errors.New("name a file of API keys with --keys, or say --no-keys")
	case c.keys != "" && c.open:
		return errors.New("--keys and --no-keys exclude each other")
	}
	for _, n := range []struct {
		flag  string
		value any
		right bool
		want  string
	}{
		{"max-body", c.maxBody, c.maxBody > 0, "more than 0"},
		{"flush-every", c.flushEvery, c.flushEvery > 0, "more than 0"},
		{"flush-rows", c.flushRows, c.flushRows > 0, "more than 0"},
		{"poll", c.poll, c.poll > 0, "more than 0"},
		{"rate-limit", c.rateLimit, c.rateLimit >= 0, "0 or more"},
		{"drain", c.drain, c.drain >= 0, "0 or more"},
		{"grace", c.grace, c.grace >= 0, "0 or more"},
	} {
		if !n.right {
			return fmt.Errorf("--%s %v: want %s", n.flag, n.value, n.want)
		}
	}
	if err := checkAddress("listen", c.listen); err != nil {
		return err
	}
	if c.admin != "" {
		if err := checkAddress("admin", c.admin); err != nil {
			return err
		}
	}
	for _, origin := range c.origins {
		if err := checkOrigin(origin); err != nil {
			return err
		}
	}
	return nil
}

// fromEnvironment sets the flags that were not given.
func fromEnvironment(f *pflag.FlagSet, environment []string) error {
	values := make(map[string]string)
	for _, entry := range environment {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, prefix) && !isServiceLink(name, value) {
			values[name] = value
		}
	}
	var fault error
	f.VisitAll(func(flag *pflag.Flag) {
		name := prefix + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value, ok := values[name]
		delete(values, name)
		if ok && !flag.Changed && fault == nil {
			if err := f.Set(flag.Name, value); err != nil {
				fault = fmt.Errorf("%s: %w", name, err)
			}
		}
	})
	if len(values) > 0 {
		return fmt.Errorf("%s names no flag", slices.Min(slices.Collect(maps.Keys(values))))
	}
	return fault
}

// serviceLink matches the ends of the variables, but for one, in which Kubernetes tells every
// container where a Service is. For one named readout-choose they begin as ours do.
var serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)$`)

// isServiceLink reports whether Kubernetes set a variable, and nobody meant a flag by it.
func isServiceLink(name, value string) bool {
	return serviceLink.MatchString(name) || strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://")
}
