package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/parquet-go/parquet-go"

	"readout/experiment"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// project writes the published state of a project with one running experiment.
func project(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	start := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	p := experiment.Published{
		Version: experiment.PublishedVersion, Organization: "acme", Project: "web", TimeZone: "UTC",
		Exposures: experiment.PublishedExposures{Path: "data/exposures", Columns: experiment.DefaultExposureColumns(), Segments: []string{"device"}},
		Experiments: []experiment.PublishedExperiment{{
			Name: "button", Type: experiment.TypeExperiment, Status: experiment.Running, Salt: "button", Hash: experiment.HashReadout,
			Selector: "button", Start: &start, End: start.AddDate(0, 0, 28),
			Variants: []experiment.PublishedVariant{{Name: experiment.Control, Traffic: experiment.Whole / 2}, {Name: "big", Traffic: experiment.Whole / 2}},
			Display:  experiment.DisplayAlways, Devices: experiment.DevicesAll, Coverage: experiment.Whole, Excluded: experiment.ExcludedStay,
		}},
	}
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(experiment.PublishedPath(state), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// arguments are those of a service for a project on free ports.
func arguments(dir string, more ...string) []string {
	return append([]string{"--state", filepath.Join(dir, "state"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, more...)
}

// logs reads the log of a service as it is written.
type logs struct {
	mu        sync.Mutex
	lines     []string
	addresses chan [2]string // for whom, and where
}

func readLogs(r io.Reader) *logs {
	l := &logs{addresses: make(chan [2]string, 2)}
	go func() {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			l.mu.Lock()
			l.lines = append(l.lines, lines.Text())
			l.mu.Unlock()
			var line struct {
				Message string `json:"msg"`
				For     string `json:"for"`
				Address string `json:"address"`
			}
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "listening" {
				l.addresses <- [2]string{line.For, line.Address}
			}
		}
	}()
	return l
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// wait returns where a service listens for clients and for those who run it.
func (l *logs) wait(t *testing.T) (clients, admin string) {
	t.Helper()
	for clients == "" || admin == "" {
		select {
		case a := <-l.addresses:
			if a[0] == "clients" {
				clients = a[1]
			} else {
				admin = a[1]
			}
		case <-time.After(patience):
			t.Fatalf("the service does not listen: %s", l)
		}
	}
	return clients, admin
}

// service is one that runs in the test.
type service struct {
	log  *logs
	stop context.CancelFunc
	done chan error
}

func begin(t *testing.T, args ...string) *service {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	s := &service{readLogs(reader), stop, make(chan error, 1)}
	go func() {
		s.done <- run(ctx, args, nil, io.Discard, writer)
		writer.Close()
	}()
	return s
}

// end stops the service as a signal does, and returns what it says at its end.
func (s *service) end(t *testing.T) error {
	t.Helper()
	s.stop()
	select {
	case err := <-s.done:
		return err
	case <-time.After(patience):
		t.Fatalf("the service does not stop: %s", s.log)
	}
	return nil
}

const choosePath = "/v1/acme/projects/web/optimization/choose-api"

// ask asks for the button of a visitor.
func ask(t *testing.T, address, id string) (status int, body string) {
	t.Helper()
	question := fmt.Sprintf(`{"identification":{"userId":%q},"names":["button"],"device":"mobile"}`, id)
	return fetch(t, http.MethodPost, "http://"+address+choosePath, question)
}

func fetch(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(read)
}

// halfAsked is a request of which half has arrived.
type halfAsked struct {
	connection net.Conn
	rest       string
}

func askHalf(t *testing.T, address, id string) halfAsked {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	body := fmt.Sprintf(`{"identification":{"userId":%q},"names":["button"]}`, id)
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", choosePath, len(body))
	if _, err := io.WriteString(connection, head+body[:10]); err != nil {
		t.Fatal(err)
	}
	// A request counts as under way once its header has been read.
	time.Sleep(200 * time.Millisecond)
	return halfAsked{connection, body[10:]}
}

// finish sends the other half and returns the status of the answer.
func (h halfAsked) finish(t *testing.T) int {
	t.Helper()
	if _, err := io.WriteString(h.connection, h.rest); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(h.connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// exposed returns the users of the exposure log.
func exposed(t *testing.T, dir string) map[string]int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "data", "exposures", "date=*", "part-*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		User string `parquet:"user_id"`
	}
	users := make(map[string]int)
	for _, path := range paths {
		rows, err := parquet.ReadFile[row](path)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			users[r.User]++
		}
	}
	return users
}

func TestRunServesUntilItIsToldToStop(t *testing.T) {
	dir := project(t)
	keys := filepath.Join(dir, "keys.txt")
	if err := os.WriteFile(keys, []byte("pfx 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	service := begin(t, arguments(dir, "--keys", keys)...)
	clients, admin := service.log.wait(t)
	if status, body := ask(t, clients, "u-1"); status != http.StatusUnauthorized {
		t.Errorf("without a key: %d %s", status, body)
	}
	if status, body := fetch(t, http.MethodPost, "http://"+clients+choosePath+"?apiKey=pfx.secret", `{"identification":{"userId":"u-1"},"names":["button"]}`); status != http.StatusOK {
		t.Errorf("with a key: %d %s", status, body)
	}
	if status, body := fetch(t, http.MethodGet, "http://"+clients+"/readyz", ""); status != http.StatusOK {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, _ := fetch(t, http.MethodGet, "http://"+clients+"/metrics", ""); status != http.StatusNotFound {
		t.Error("clients may read the metrics")
	}
	strange, err := http.NewRequest(http.MethodGet, "http://"+admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	strange.Host = "evil.example"
	if answer, err := http.DefaultClient.Do(strange); err != nil || answer.Body.Close() != nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("a page from elsewhere reads the metrics: %v, error %v", answer, err)
	}
	_, metrics := fetch(t, http.MethodGet, "http://"+admin+"/metrics", "")
	for _, want := range []string{
		"readout_exposures_queued 1\n", `readout_requests_total{route="choose",status="401"} 1`, "readout_published_experiments 1\n", "readout_store_commit_seconds_count 1\n",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
	if status, body := fetch(t, http.MethodGet, "http://"+admin+"/explain?user=u-1&experiment=button", ""); status != http.StatusOK || !strings.Contains(body, "exposure logged") {
		t.Errorf("/explain: %d %s", status, body)
	}
	if err := service.end(t); err != nil {
		t.Error(err)
	}
	if users := exposed(t, dir); users["u-1"] != 1 || len(users) != 1 {
		t.Errorf("the log has %v", users)
	}
	if text := service.log.String(); strings.Contains(text, "u-1") || strings.Contains(text, "secret") {
		t.Errorf("the log tells of visitors: %s", text)
	}
}

// TestSIGTERM sends the program the signal while a request is under way: it is answered, the
// exposures are in the log, and the status is 0.
func TestSIGTERM(t *testing.T) {
	dir := project(t)
	program := exec.Command(os.Args[0], arguments(dir, "--no-keys")...)
	program.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := program.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Process.Kill() })
	log := readLogs(stderr)
	clients, _ := log.wait(t)
	for i := range 5 {
		if status, body := ask(t, clients, fmt.Sprint("u-", i)); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	half := askHalf(t, clients, "late")
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); !strings.Contains(log.String(), `"msg":"stopping"`); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatalf("the signal does not arrive: %s", log)
		}
	}
	if status := half.finish(t); status != http.StatusOK {
		t.Errorf("the request under way: status %d", status)
	}
	if err := program.Wait(); err != nil {
		t.Errorf("%v: %s", err, log)
	}
	want := map[string]int{"u-0": 1, "u-1": 1, "u-2": 1, "u-3": 1, "u-4": 1, "late": 1}
	if got := exposed(t, dir); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the log has %v", got)
	}
}

// TestLogThatNobodyReads: the service goes on when the program that reads its log ends.
func TestLogThatNobodyReads(t *testing.T) {
	dir := project(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	program := exec.Command(os.Args[0], arguments(dir, "--no-keys", "--log-level", "debug")...)
	program.Env = append(os.Environ(), asProgram+"=1")
	program.Stderr = write
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Process.Kill() })
	clients, _ := readLogs(read).wait(t)
	for _, end := range []io.Closer{write, read} {
		if err := end.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, user := range []string{"u-1", "u-2"} {
		if status, body := ask(t, clients, user); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := program.Wait(); err != nil {
		t.Error(err)
	}
	if users := exposed(t, dir); users["u-1"] != 1 || users["u-2"] != 1 {
		t.Errorf("the log of exposures has %v", users)
	}
}

// TestDrain: told to stop, the service is not ready any more but answers for a while, and ends
// the connections with the answers, so that nobody asks on one that is then closed.
func TestDrain(t *testing.T) {
	dir := project(t)
	service := begin(t, arguments(dir, "--no-keys", "--drain", "2s")...)
	clients, _ := service.log.wait(t)
	begin := time.Now()
	service.stop()
	for status := 0; status != http.StatusServiceUnavailable; time.Sleep(10 * time.Millisecond) {
		if status, _ = fetch(t, http.MethodGet, "http://"+clients+"/readyz", ""); time.Since(begin) > patience {
			t.Fatalf("/readyz: %d", status)
		}
	}
	if status, body := ask(t, clients, "u-1"); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	response, err := http.Get("http://" + clients + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || !response.Close {
		t.Errorf("/healthz: %d, connection ended: %v", response.StatusCode, response.Close)
	}
	if err := service.end(t); err != nil || time.Since(begin) < 2*time.Second {
		t.Errorf("ended after %s: %v", time.Since(begin), err)
	}
	if users := exposed(t, dir); users["u-1"] != 1 {
		t.Errorf("the log has %v", users)
	}
}

func TestRequestsThatTakeTooLongAreEnded(t *testing.T) {
	dir := project(t)
	service := begin(t, arguments(dir, "--no-keys", "--grace", "50ms")...)
	clients, _ := service.log.wait(t)
	askHalf(t, clients, "late")
	if err := service.end(t); err == nil || err.Error() != "requests were still under way after 50ms" {
		t.Error(err)
	}
}

// TestWhatIsPublishedNextIsServed: a service need not be started again for what is published
// while it runs.
func TestWhatIsPublishedNextIsServed(t *testing.T) {
	dir := project(t)
	service := begin(t, arguments(dir, "--no-keys")...)
	clients, _ := service.log.wait(t)
	if status, body := ask(t, clients, "u-1"); status != http.StatusOK || strings.Contains(body, "brand new") {
		t.Fatalf("before: %d %s", status, body)
	}
	state := filepath.Join(dir, "state")
	p, err := experiment.ReadPublished(state)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Experiments[0].Variants {
		p.Experiments[0].Variants[i].Payload = json.RawMessage(`"brand new"`)
	}
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(experiment.PublishedPath(state), data, 0o644); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		status, body := ask(t, clients, "u-1")
		if status == http.StatusOK && strings.Contains(body, "brand new") {
			break
		}
		if time.Since(begun) > patience {
			t.Fatalf("after: %d %s\n%s", status, body, service.log)
		}
	}
	if err := service.end(t); err != nil {
		t.Error(err)
	}
}

// TestRestartWithTheStateDirectoryGone starts a second time without anything published: what
// was served before still is, and nobody changes variant.
func TestRestartWithTheStateDirectoryGone(t *testing.T) {
	dir := project(t)
	store := filepath.Join(dir, "decisions")
	answers := make(map[string]string)
	for i := range 2 {
		service := begin(t, arguments(dir, "--no-keys", "--store", store)...)
		clients, _ := service.log.wait(t)
		for user := range 10 {
			id := fmt.Sprint("u-", user)
			status, body := ask(t, clients, id)
			if i == 0 {
				answers[id] = body
			}
			if status != http.StatusOK || body != answers[id] {
				t.Errorf("start %d: %d %s want %s", i, status, body, answers[id])
			}
		}
		if err := service.end(t); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "state")); err != nil {
			t.Fatal(err)
		}
	}
	if users := exposed(t, dir); len(users) != 10 || users["u-0"] != 1 {
		t.Errorf("the log has %v", users)
	}
}

func TestWhatCannotStartSaysWhy(t *testing.T) {
	dir := project(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	f := func(want string, args ...string) {
		t.Helper()
		err := run(t.Context(), args, nil, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
	f("API keys: open "+filepath.Join(dir, "none"), arguments(dir, "--keys", filepath.Join(dir, "none"))...)
	f("listen for admin: listen tcp "+taken.Addr().String(), arguments(dir, "--no-keys", "--admin", taken.Addr().String())...)
	f("dial tcp 127.0.0.1:1", arguments(dir, "--no-keys", "--store", "redis://127.0.0.1:1/0")...)
	f("open decision store "+filepath.Join(dir, "state", "published.json"), arguments(dir, "--no-keys", "--store", filepath.Join(dir, "state", "published.json"))...)
}

// TestStoreOfAnotherProject: two projects in one namespace of a Redis would write each other's
// exposures, so the second does not start.
func TestStoreOfAnotherProject(t *testing.T) {
	web, app := project(t), project(t)
	data, err := os.ReadFile(experiment.PublishedPath(filepath.Join(app, "state")))
	if err != nil {
		t.Fatal(err)
	}
	p, err := experiment.ParsePublished(data)
	if err != nil {
		t.Fatal(err)
	}
	p.Project = "app"
	if data, err = p.Encode(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(experiment.PublishedPath(filepath.Join(app, "state")), data, 0o644); err != nil {
		t.Fatal(err)
	}
	store := []string{"--no-keys", "--store", "redis://" + miniredis.RunT(t).Addr()}
	one := begin(t, arguments(web, store...)...)
	defer one.end(t)
	one.log.wait(t)
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	err = run(ctx, arguments(app, store...), nil, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "this namespace is that of project acme/web") {
		t.Errorf("error %v", err)
	}
	two := begin(t, arguments(app, append(store, "--namespace", "app")...)...)
	two.log.wait(t)
	if err := two.end(t); err != nil {
		t.Error(err)
	}
}

// TestExposuresFolder: what the batch job can read but nobody can write into is refused.
func TestExposuresFolder(t *testing.T) {
	project := t.TempDir()
	for _, dir := range []string{"data", "odd[1]"} {
		if err := os.Mkdir(filepath.Join(project, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(project, "data", "one.parquet"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"data": true, "data/later": true, "odd[1]": true, "/srv/exposures": true,
		"data/*.parquet": false, "data/date=*": false, "data/one.parquet": false, "s3://bucket/exposures": false,
	} {
		dir, err := exposuresFolder(project, path)
		if (err == nil) != want || err == nil && dir != path && dir != filepath.Join(project, path) {
			t.Errorf("%s: %q, error %v", path, dir, err)
		}
	}
	p := &experiment.Published{TimeZone: "UTC", Exposures: experiment.PublishedExposures{Path: "data/*.parquet"}}
	if got, err := target(config{project: project, exposures: "elsewhere"}, p); err != nil || got.Dir != "elsewhere" {
		t.Errorf("with --exposures: %q, error %v", got.Dir, err)
	}
}

// TestFolderIsSaid: the log says where exposures go, and when that folder is but a guess.
func TestFolderIsSaid(t *testing.T) {
	dir := project(t)
	f := func(warned bool, folder string, more ...string) {
		t.Helper()
		c, _, err := parse(append(arguments(dir, "--no-keys"), more...), nil)
		if err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		p := &experiment.Published{TimeZone: "UTC", Exposures: experiment.PublishedExposures{Path: "data/exposures"}}
		sayTarget(c, p, slog.New(slog.NewTextHandler(&log, nil)))
		if !strings.Contains(log.String(), "folder="+folder+"\n") || strings.Contains(log.String(), "level=WARN") != warned {
			t.Errorf("%q: the log says %s", more, log.String())
		}
	}
	f(true, filepath.Join(dir, "data", "exposures"))
	f(false, filepath.Join(dir, "data", "exposures"), "--project", dir)
	f(false, "/srv/exposures", "--exposures", "/srv/exposures")
	if err := os.WriteFile(filepath.Join(dir, "readout.yaml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f(false, filepath.Join(dir, "data", "exposures"))
}

func TestServersHaveLimits(t *testing.T) {
	s := newServer(nil, slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= s.ReadTimeout || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Errorf("%+v", s)
	}
}
