package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"readout/decision/server"
)

// keyFile is a file of API keys that is read again when it changes.
type keyFile struct {
	path string
	data []byte
	keys atomic.Pointer[server.Keys]
}

// load reads the file if it has changed. A bad one leaves the keys as they were.
func (k *keyFile) load() error {
	data, err := os.ReadFile(k.path)
	if err != nil {
		return fmt.Errorf("API keys: %w", err)
	}
	if k.data != nil && bytes.Equal(data, k.data) {
		return nil
	}
	keys, err := server.ParseKeys(data)
	if err != nil {
		return fmt.Errorf("API keys %s: %w", k.path, err)
	}
	k.data = data
	k.keys.Store(keys)
	return nil
}

// watch loads the file every poll until ctx is done.
func (k *keyFile) watch(ctx context.Context, poll time.Duration, log *slog.Logger) {
	ticks := time.NewTicker(poll)
	defer ticks.Stop()
	failed := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		before := k.keys.Load()
		err := k.load()
		switch {
		case err == nil && k.keys.Load() != before:
			log.Info("API keys read again")
		case err != nil && err.Error() != failed:
			log.Error("API keys not taken, those from before go on", "error", err)
		}
		failed = ""
		if err != nil {
			failed = err.Error()
		}
	}
}

// newKey prints a new API key, and the line of it for the file of keys.
func newKey(args []string, stdout io.Writer) error {
	if len(args) != 1 || args[0] == "" || args[0][0] == '-' || strings.ContainsAny(args[0], ".: \t\r\n#") {
		return usageError{errors.New("usage: readout-choose key PREFIX, a name for who uses the key without dots, colons, # and spaces, and no - first")}
	}
	random := make([]byte, 24)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	secret := base64.RawURLEncoding.EncodeToString(random)
	sum := sha256.Sum256([]byte(secret))
	_, err := fmt.Fprintf(stdout, "key, for the client:        %s.%s\nline, for the --keys file:  %s %s\n",
		args[0], secret, args[0], hex.EncodeToString(sum[:]))
	return err
}
