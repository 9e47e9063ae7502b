package redistest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// program is looked for on the PATH.
const program = "redis-server"

// patience is how long a server may take to answer.
const patience = 20 * time.Second

// Installed reports whether there is a server to run.
func Installed() bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// A Server is a process of Redis.
type Server struct {
	// Address is its host and port, the same after every start.
	Address string

	dir     string
	process *exec.Cmd
}

// New starts a server that keeps its data in a directory of the test. It is killed when the
// test ends.
func New(t testing.TB) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: listener.Addr().String(), dir: t.TempDir()}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	// First of all, since a server that does not answer ends the test in Start.
	t.Cleanup(func() {
		if s.process != nil {
			s.Kill(t)
		}
	})
	s.Start(t)
	return s
}

// Start starts the server again after Kill, and returns when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	logged, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer logged.Close()
	process := exec.Command(program, "--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--protected-mode", "no")
	process.Stdout, process.Stderr = logged, logged
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	s.process = process
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := ping(s.Address)
		if err == nil {
			return
		}
		if time.Since(begin) > patience {
			t.Fatalf("%s at %s does not answer: %v", program, s.Address, err)
		}
	}
}

// Kill ends the process at once, with SIGKILL.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.process.Process.Kill(); err != nil {
		t.Error(err)
	}
	// The error says that it was killed.
	_ = s.process.Wait()
	s.process = nil
}

// ping asks for an answer, which a server that still loads its data does not give.
func ping(address string) error {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		return err
	}
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	if err != nil {
		return err
	}
	if answer = answer[:n]; !bytes.Equal(answer, []byte("+PONG\r\n")) {
		return fmt.Errorf("answer %q", answer)
	}
	return nil
}
