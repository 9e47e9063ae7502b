package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/decision/server"
)

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "help.txt")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s\nrefresh with go test ./cmd/readout-choose -run TestHelp -update", diff)
	}
}

// TestCommandLines holds that the command lines of the pages, of the help and of the comment of
// this package have flags that there are.
func TestCommandLines(t *testing.T) {
	lines := 0
	for _, page := range []string{
		"../../README.md", "../../docs/decision-service.md", "../../docs/operating.md", "testdata/help.txt", "doc.go",
	} {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			line, _, _ = strings.Cut(strings.TrimLeft(line, "/ \t"), " #")
			args, isCommand := strings.CutPrefix(line, "readout-choose ")
			if !isCommand || !strings.HasPrefix(args, "--") || strings.Contains(args, "[") {
				continue
			}
			args, _, _ = strings.Cut(strings.TrimRight(args, "\n"), "   ")
			lines++
			if _, _, err := parse(strings.Fields(args), nil); err != nil {
				t.Errorf("%s: readout-choose %s: %v", page, args, err)
			}
		}
	}
	if lines < 5 {
		t.Errorf("only %d command lines were found", lines)
	}
}

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--version"}, nil, &out, &out); err != nil || !strings.HasPrefix(out.String(), "readout-choose") {
		t.Errorf("%q %v", out.String(), err)
	}
}

func TestEveryFlagIsReadFromTheEnvironment(t *testing.T) {
	c, _, err := parse([]string{"--listen", "127.0.0.1:1", "--state=/p/state"}, []string{
		"READOUT_CHOOSE_LISTEN=127.0.0.1:2", "READOUT_CHOOSE_ADMIN=", "READOUT_CHOOSE_NO_KEYS=true",
		"READOUT_CHOOSE_ALLOW_ORIGIN=https://a.example,https://b.example", "READOUT_CHOOSE_RATE_LIMIT=2.5",
		"READOUT_CHOOSE_FLUSH_EVERY=90s", "READOUT_CHOOSE_LOG_LEVEL=debug", "READOUT_CHOOSE_INSTANCE=one", "READOUT_LISTEN=x", "HOME=/",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := config{
		state: "/p/state", project: "/p", store: "/p/decisions", listen: "127.0.0.1:1", open: true, instance: "one", namespace: "readout",
		origins: []string{"https://a.example", "https://b.example"}, rateLimit: 2.5, maxBody: 1 << 20,
		flushEvery: 90 * time.Second, flushRows: 100_000, poll: 5 * time.Second, grace: 10 * time.Second, logLevel: slog.LevelDebug, guessed: true,
	}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(config{})); diff != "" {
		t.Error(diff)
	}
}

// TestInstanceIsTheMachine: in a shared store a process without a name has that of its machine.
func TestInstanceIsTheMachine(t *testing.T) {
	machine, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	if c, _, err := parse([]string{"--no-keys"}, nil); err != nil || c.instance != machine {
		t.Errorf("instance %q, error %v", c.instance, err)
	}
}

func TestOriginsOfBrowsers(t *testing.T) {
	for _, origin := range []string{
		"https://shop.example", "https://shop.example/", "http://localhost:3000", "http://[::1]:3000", "https://shop.example:80",
		"capacitor://localhost", "chrome-extension://abc", "null", "file://",
	} {
		if _, _, err := parse([]string{"--no-keys", "--allow-origin", origin}, nil); err != nil {
			t.Error(err)
		}
	}
}

// TestExitStatus: 2 is wrong usage, 1 is everything else that fails.
func TestExitStatus(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]int{"--version": 0, "--port 80": 2, "key": 2, "--keys none": 1} {
		program := exec.Command(self, strings.Fields(args)...)
		program.Dir, program.Env = t.TempDir(), append(os.Environ(), asProgram+"=1")
		out, err := program.CombinedOutput()
		if got := program.ProcessState.ExitCode(); got != want || (err == nil) != (want == 0) {
			t.Errorf("%s: status %d, want %d: %s", args, got, want, out)
		}
		if want != 0 && !strings.HasPrefix(string(out), "readout-choose: ") {
			t.Errorf("%s: says %q", args, out)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	f := func(args, environment, want string) {
		t.Helper()
		err := run(t.Context(), strings.Fields(args), strings.Fields(environment), &bytes.Buffer{}, &bytes.Buffer{})
		if err == nil || !errors.As(err, new(usageError)) || err.Error() != want+" (readout-choose --help says more)" {
			t.Errorf("%s %s: %v", args, environment, err)
		}
	}
	f("", "", "name a file of API keys with --keys, or say --no-keys")
	f("--keys k --no-keys", "", "--keys and --no-keys exclude each other")
	f("--no-keys serve", "", `unknown argument "serve"`)
	f("--port 80", "", "unknown flag: --port")
	for _, flag := range []string{"--poll 0s", "--flush-every 0s", "--flush-rows 0", "--max-body 0"} {
		f("--no-keys "+flag, "", flag+": want more than 0")
	}
	f("--no-keys", "READOUT_CHOOSE_FLUSH_ROWS=-5", "--flush-rows -5: want more than 0")
	f("--no-keys --drain -1s", "", "--drain -1s: want 0 or more")
	for _, origin := range []string{"*", "shop.example", "https://*.shop.example", "https://shop.example/a", "https://", "https://u:p@shop.example", "https://shop.example:x"} {
		f("--no-keys --allow-origin https://a.example,"+origin, "",
			`--allow-origin "`+origin+`" is no origin: name each with its scheme, such as https://shop.example, and without a path`)
	}
	for origin, sent := range map[string]string{
		"https://Shop.example": "https://shop.example", "HTTPS://shop.example/": "https://shop.example",
		"https://shop.example:443": "https://shop.example", "http://shop.example:80": "http://shop.example",
	} {
		f("--no-keys --allow-origin "+origin, "", `--allow-origin "`+origin+`" is not what browsers send: write `+sent)
	}
	const advice = " is no address: say a host and a port, such as 127.0.0.1:8080, or :8080 for all addresses of this machine"
	f("--no-keys", "READOUT_CHOOSE_LISTEN=", `--listen ""`+advice)
	f("--no-keys --listen 8080", "", `--listen "8080"`+advice)
	f("--no-keys --listen unix:/run/choose.sock", "", `--listen "unix:/run/choose.sock"`+advice)
	f("--no-keys --admin 127.0.0.1:65536", "", `--admin "127.0.0.1:65536"`+advice)
	f("--no-keys --rate-limit NaN", "", "--rate-limit NaN: want 0 or more")
	f("--no-keys", "READOUT_CHOOSE_PORT=80 READOUT_CHOOSE_A=1", "READOUT_CHOOSE_A names no flag")
	f("", "READOUT_CHOOSE_NO_KEYS=perhaps", `READOUT_CHOOSE_NO_KEYS: invalid argument "perhaps" for "--no-keys" flag: strconv.ParseBool: parsing "perhaps": invalid syntax`)
	f("--no-keys --log-level loud", "", `invalid argument "loud" for "--log-level" flag: slog: level string "loud": unknown name`)
}

// Kubernetes tells containers of a Service named readout-choose in variables that begin as ours.
func TestServiceLinksAreNoFlags(t *testing.T) {
	_, _, err := parse([]string{"--no-keys"}, []string{
		"READOUT_CHOOSE_SERVICE_HOST=10.0.0.7", "READOUT_CHOOSE_SERVICE_PORT=8080", "READOUT_CHOOSE_SERVICE_PORT_HTTP=8080",
		"READOUT_CHOOSE_PORT=tcp://10.0.0.7:8080", "READOUT_CHOOSE_PORT_8080_TCP=tcp://10.0.0.7:8080", "READOUT_CHOOSE_PORT_8080_TCP_PROTO=tcp",
		"READOUT_CHOOSE_PORT_8080_TCP_PORT=8080", "READOUT_CHOOSE_PORT_8080_TCP_ADDR=10.0.0.7", "READOUT_CHOOSE_ADMIN_SERVICE_HOST=10.0.0.8",
		"READOUT_CHOOSE_ADMIN_PORT=tcp://10.0.0.8:8081",
	})
	if err != nil {
		t.Error(err)
	}
	if _, _, err := parse([]string{"--no-keys"}, []string{"READOUT_CHOOSE_PORT=80"}); err == nil {
		t.Error("READOUT_CHOOSE_PORT=80 is taken")
	}
}

func TestKey(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"key", "web"}, nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	key, found := strings.CutPrefix(lines[0], "key, for the client:        web.")
	line, foundLine := strings.CutPrefix(lines[1], "line, for the --keys file:  ")
	if !found || !foundLine || len(key) != 32 || strings.Contains(line, key) {
		t.Fatalf("%q", lines)
	}
	if _, err := server.ParseKeys([]byte(line)); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"key"}, {"key", "a.b"}, {"key", "a b"}, {"key", ""}, {"key", "--help"}, {"key", "a", "b"}} {
		if err := run(t.Context(), args, nil, &out, &out); !errors.As(err, new(usageError)) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{":8080", "127.0.0.1:0", "[::1]:8080", "localhost:http", "shop.example:8080"} {
		if _, _, err := parse([]string{"--no-keys", "--listen", address, "--admin", address}, nil); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := parse([]string{"--no-keys"}, []string{"READOUT_CHOOSE_ADMIN="}); err != nil {
		t.Error(err)
	}
}
