package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"readout/reports"
)

type reportFlags struct {
	out   string
	open  bool
	serve bool
	port  int
	wait  time.Duration
}

func (a *app) reportCommand() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report",
		Short: "write the pages, or serve them",
		Long: `Writes one HTML page per experiment and an index of all, from the scorecards that
'readout run' has stored. Each page is one file that needs no network. Errors in files of
experiments are reported, with exit status 2; the pages are written all the same. With --out
they replace no file but such pages.

With --serve the pages are served on 127.0.0.1 until Ctrl-C; --open does so and opens them
in the browser.`,
		Example: "  readout report\n  readout report --open\n  readout report --serve --port 8080\n  readout report --out public",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.report(cmd.Context(), f)
		},
	}
	c.Flags().StringVar(&f.out, "out", "", "the directory to write to (default the state directory's reports)")
	c.Flags().BoolVar(&f.open, "open", false, "serve the pages and open them in the browser")
	c.Flags().BoolVar(&f.serve, "serve", false, "serve the pages on 127.0.0.1 until interrupted")
	c.Flags().IntVar(&f.port, "port", 0, "the port to serve on (default a free one)")
	waitFlag(c, &f.wait)
	return c
}

func (a *app) report(ctx context.Context, f reportFlags) error {
	if f.port < 0 || f.port > 65535 {
		return usagef("--port %d: want a number from 1 to 65535, or 0 for a free one", f.port)
	}
	if f.port != 0 && !f.serve && !f.open {
		return usagef("--port is for pages that are served: add --serve or --open")
	}
	if f.wait != 0 && f.out != "" {
		return usagef("--wait is for the pages in the state directory: with --out nobody is waited for")
	}
	dir, faults, err := a.writeReport(ctx, f)
	if err != nil {
		return errors.Join(faults, err)
	}
	if !f.serve && !f.open {
		fmt.Fprintln(a.out, filepath.Join(dir, "index.html"))
		return faults
	}
	if faults != nil {
		a.fail(faults)
	}
	return a.serveReport(ctx, dir, f)
}

// writeReport writes the pages and returns where they are, and the faults of experiments and
// metrics, whose pages are as the daily job writes them. Pages in the state directory are
// written under its lock.
func (a *app) writeReport(ctx context.Context, f reportFlags) (dir string, faults, err error) {
	p, faults, err := a.loadWhole()
	if err != nil {
		return "", faults, err
	}
	state := a.state(p)
	if dir = f.out; dir == "" {
		dir = reports.PagesDir(state)
		lock, busy := a.lockState(ctx, state, f.wait)
		if busy != nil {
			return "", faults, busy
		}
		defer func() { err = errors.Join(err, lock.Release()) }()
		if p, faults, err = a.loadWhole(); err != nil {
			return "", faults, err
		}
	}
	log, now, err := a.lifecycle(p)
	if err != nil {
		return "", faults, err
	}
	site := reports.SiteOf(p, log, state, now, "")
	if f.out != "" {
		// What is in the state is readout's own, however damaged.
		if err := site.CheckDir(dir); err != nil {
			return "", faults, usageError{err}
		}
	}
	_, err = site.WritePages(dir)
	return dir, faults, err
}

// serveReport serves the pages to this machine alone until ctx ends.
func (a *app) serveReport(ctx context.Context, dir string, f reportFlags) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(f.port)))
	if err != nil {
		return fmt.Errorf("serve the pages: %w", err)
	}
	address := "http://" + listener.Addr().String() + "/"
	fmt.Fprintln(a.out, address)
	a.say("serving %s until Ctrl-C", dir)
	if f.open {
		if err := openBrowser(ctx, address); err != nil {
			a.say("no browser was opened (%v): open %s yourself", err, address)
		}
	}
	server := &http.Server{Handler: pagesHandler(dir, listener.Addr().String()), ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(closing)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the pages: %w", err)
	}
	return <-stopped
}

// pagesHandler serves the pages in dir and nothing else. It answers only to requests that
// name this machine, so that no site elsewhere can read them through a name of its own.
func pagesHandler(dir, address string) http.Handler {
	_, port, _ := net.SplitHostPort(address)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		switch {
		case r.Host != net.JoinHostPort("127.0.0.1", port) && r.Host != net.JoinHostPort("localhost", port):
			http.Error(w, "this server answers to 127.0.0.1 only", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "pages are only read", http.StatusMethodNotAllowed)
		case strings.ContainsAny(name, `/\`) || filepath.Ext(name) != ".html":
			http.NotFound(w, r)
		default:
			page, err := reports.OpenPage(dir, name)
			if err != nil {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "no-cache")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			http.ServeContent(w, r, name, time.Time{}, page)
		}
	})
}

// openBrowser opens an address in the browser of the person at this machine.
func openBrowser(ctx context.Context, address string) error {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	command := exec.CommandContext(ctx, name, args...)
	if err := command.Start(); err != nil {
		return err
	}
	go func() {
		// What becomes of the browser is the reader's business.
		_ = command.Wait()
	}()
	return nil
}
