package ingest

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"readout/internal/atomicfile"
)

const (
	totalsPrefix = "totals-"
	totalsMagic  = "readout totals 10\n"
)

// totalsPath names the file of the totals with a key.
func (k *keptRows) totalsPath(key string) string {
	return filepath.Join(k.dir, fmt.Sprintf("%s%016x", totalsPrefix, xxh3.HashString(key)))
}

// readTotals returns the totals with a key, nil if there are none.
func (k *keptRows) readTotals(key string) *keptTotals {
	b, err := os.ReadFile(k.totalsPath(key))
	if err != nil {
		return nil
	}
	head := len(totalsMagic) + 8
	if len(b) < head || string(b[:len(totalsMagic)]) != totalsMagic {
		return nil
	}
	if string(sumBytes(b[head:])) != string(b[len(totalsMagic):head]) {
		return nil
	}
	t := new(keptTotals)
	if err := gob.NewDecoder(bytes.NewReader(b[head:])).Decode(t); err != nil || t.Key != key || t.Skip < 0 || t.Skip >= len(t.Looks) {
		return nil
	}
	return t
}

func sumBytes(b []byte) []byte { return binary.BigEndian.AppendUint64(nil, xxh3.Hash(b)) }

// writeTotals keeps totals, in place of those with the same key.
func (k *keptRows) writeTotals(t *keptTotals) error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(t); err != nil {
		return fmt.Errorf("keep totals: %w", err)
	}
	_, err := atomicfile.Replace(k.totalsPath(t.Key), func(w io.Writer) error {
		_, err := w.Write(slices.Concat([]byte(totalsMagic), sumBytes(b.Bytes()), b.Bytes()))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep totals: %w", err)
	}
	return nil
}

// mostTotals bounds the files of totals.
const mostTotals = 1000

// pruneTotals removes files of totals once there are many: all but those with the keys
// given.
func (k *keptRows) pruneTotals(keys []string) error {
	names, err := k.totalsNames()
	if err != nil || len(names) <= mostTotals {
		return err
	}
	keep := map[string]bool{}
	for _, key := range keys {
		keep[filepath.Base(k.totalsPath(key))] = true
	}
	return k.removeTotals(slices.DeleteFunc(names, func(name string) bool { return keep[name] }))
}

// totalsNames returns the names of the files of totals.
func (k *keptRows) totalsNames() ([]string, error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return nil, fmt.Errorf("keep totals: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), totalsPrefix) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (k *keptRows) removeTotals(names []string) error {
	var errs []error
	for _, name := range names {
		if err := os.Remove(filepath.Join(k.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("keep totals: %w", err))
		}
	}
	return errors.Join(errs...)
}
