package crashtest

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"readout/experiment"
)

// patience is how long the service may take to start or to stop.
const patience = 30 * time.Second

// variants is how many variants an experiment has: an assignment that is made again is the
// same by chance once in as many times.
const variants = 10

// built names the environment variable with the path of the program, which the first process
// of the tests builds for all of them.
const built = "READOUT_CRASHTEST_PROGRAM"

// TestMain builds the program, if it is to be killed.
func TestMain(m *testing.M) {
	flag.Parse()
	if *kills == 0 {
		os.Exit(m.Run())
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "crashtest")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "readout-choose")
		if out, err := exec.Command("go", "build", "-o", path, "readout/cmd/readout-choose").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		if err := os.Setenv(built, path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// program returns the path of the program.
func program(t *testing.T) string {
	t.Helper()
	path := os.Getenv(built)
	if path == "" {
		t.Fatal("the program was not built")
	}
	return path
}

// A service is the process of readout-choose on a project of its own.
type service struct {
	dir, store, address string

	command *exec.Cmd
	exited  chan error
}

// newService makes the project; store is what --store says, empty for the embedded one.
func newService(t *testing.T, store string) *service {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &service{dir: t.TempDir(), store: store, address: listener.Addr().String()}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if s.store == "" {
		s.store = filepath.Join(s.dir, "decisions")
	}
	t.Cleanup(func() {
		if s.command != nil {
			s.kill(t)
		}
		if t.Failed() {
			t.Logf("the service said at last:\n%s", s.said())
		}
	})
	return s
}

// names are the selectors of the experiments: shown once per visit, always, and to half of
// the visitors.
var names = [...]string{"banner", "button", "price"}

// publish publishes the experiments with salts that depend on the round.
func (s *service) publish(t *testing.T, round int) {
	t.Helper()
	start := time.Now().UTC().AddDate(0, 0, -1).Truncate(time.Second)
	p := experiment.Published{
		Version: experiment.PublishedVersion, Organization: "acme", Project: "shop", TimeZone: "UTC",
		Exposures: experiment.PublishedExposures{
			Path: "exposures", Columns: experiment.DefaultExposureColumns(), Segments: []string{"device"},
		},
	}
	for _, name := range names {
		e := experiment.PublishedExperiment{
			Name: name, Selector: name, Type: experiment.TypeExperiment, Status: experiment.Running,
			Salt: fmt.Sprint(name, "-", round), Hash: experiment.HashReadout, Start: &start, End: start.AddDate(0, 0, 28),
			Display: experiment.DisplayAlways, Devices: experiment.DevicesAll, Coverage: experiment.Whole, Excluded: experiment.ExcludedStay,
		}
		for i := range variants {
			v := experiment.PublishedVariant{Name: fmt.Sprint("variant-", i), Traffic: experiment.Whole / variants}
			if i == 0 {
				v.Name = experiment.Control
			} else {
				v.Payload = json.RawMessage(fmt.Sprintf(`{"n":%d}`, i))
			}
			e.Variants = append(e.Variants, v)
		}
		switch name {
		case "banner":
			e.Display = experiment.DisplayOncePerVisit
		case "price":
			e.Coverage = experiment.Whole / 2
		}
		p.Experiments = append(p.Experiments, e)
	}
	if _, err := p.Write(filepath.Join(s.dir, "state")); err != nil {
		t.Fatal(err)
	}
}

// start starts the service and returns when it is ready.
func (s *service) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.command = exec.Command(program(t), "--no-keys", "--listen", s.address, "--admin", "", "--instance", "crash",
		"--state", filepath.Join(s.dir, "state"), "--store", s.store, "--flush-every", "50ms", "--flush-rows", "200")
	s.command.Stdout, s.command.Stderr = log, log
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	s.exited = make(chan error, 1)
	go func(c *exec.Cmd, exited chan error) { exited <- c.Wait() }(s.command, s.exited)
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get("http://" + s.address + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-s.exited:
			s.command = nil
			t.Fatalf("the service did not start: %v", err)
		default:
		}
		if time.Since(begin) > patience {
			t.Fatalf("the service is not ready: %v", err)
		}
	}
}

// kill ends the service at once.
func (s *service) kill(t *testing.T) {
	t.Helper()
	if err := s.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	<-s.exited
	s.command = nil
}

// stop lets the service finish.
func (s *service) stop(t *testing.T) {
	t.Helper()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.exited:
		s.command = nil
		if err != nil {
			t.Fatalf("the service stopped with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the service does not stop")
	}
}

// said returns the end of the log.
func (s *service) said() []byte {
	data, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return []byte(err.Error())
	}
	return data[max(0, len(data)-4000):]
}

// An answer is the variant of each experiment, empty for one that is not shown.
type answer [len(names)]string

var errRefused = errors.New("refused")

// ask asks about a visitor. Without an error the answer arrived whole.
func (s *service) ask(ctx context.Context, client *http.Client, id, session string, expose bool) (answer, error) {
	var a answer
	body, err := json.Marshal(map[string]any{
		"identification": map[string]string{"userId": id}, "names": names, "sessionId": session,
		"exposure": expose, "device": "mobile",
	})
	if err != nil {
		return a, err
	}
	return s.post(ctx, client, body)
}
