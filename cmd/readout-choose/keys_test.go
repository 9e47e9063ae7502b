package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKeysAreReadAgain changes the file of keys while it is watched: a good one is taken, and
// a bad one leaves the keys as they were and is reported once.
func TestKeysAreReadAgain(t *testing.T) {
	const sum = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n"
	k := &keyFile{path: filepath.Join(t.TempDir(), "keys.txt")}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(k.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one " + sum)
	if err := k.load(); err != nil {
		t.Fatal(err)
	}
	first := k.keys.Load()
	ctx, stop := context.WithCancel(t.Context())
	var log bytes.Buffer
	done := make(chan struct{})
	go func() {
		k.watch(ctx, time.Millisecond, slog.New(slog.NewTextHandler(&log, nil)))
		close(done)
	}()
	write("one " + sum + "broken\n")
	time.Sleep(50 * time.Millisecond)
	if k.keys.Load() != first {
		t.Error("a bad file was taken")
	}
	write("two " + sum)
	for begin := time.Now(); k.keys.Load() == first; time.Sleep(time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatal("a good file was not taken")
		}
	}
	stop()
	<-done
	text := log.String()
	if strings.Count(text, "line 2: want a prefix") != 1 || strings.Count(text, "API keys read again") != 1 || strings.Contains(text, sum[:10]) {
		t.Error(text)
	}
}
