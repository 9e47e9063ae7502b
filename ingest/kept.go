package ingest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// keptRows is a folder in which the rows that scans have put aside stay from run to run, so
// that files which have not changed need not be read again. Each run that reads a file adds
// one file of kept rows per table, and one of totals per experiment. All of it can be deleted
// between two runs, and whatever is damaged, or was kept under other rules, is deleted and made
// anew.
//
// One process at a time may use the folder.
type keptRows struct {
	dir   string
	next  int // number of the next file
	seed  uint64
	parts partitioning
	files []*keptRowsFile // oldest first
}

// keptRowsFile is one file of the folder.
type keptRowsFile struct {
	*keptIndex
	path string
	file *os.File
	sum  uint64 // of the index
	used bool   // this run reads rows from it
}

// Files of kept rows are named rows-000001 and so on.
const keptPrefix = "rows-"

// openKeptRows opens the folder, which is made if it is not there. The rows there decide the
// key of the hash of user ids and, unless the data have outgrown it, the partitioning.
func openKeptRows(dir string, seed uint64, parts partitioning) (*keptRows, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("keep rows: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("keep rows: %w", err)
	}
	k := &keptRows{dir: dir, next: 1, seed: seed, parts: parts}
	for _, e := range entries { // in order of their names
		path := filepath.Join(dir, e.Name())
		number, isRows := strings.CutPrefix(e.Name(), keptPrefix)
		n, err := strconv.Atoi(number)
		switch {
		case isRows && strings.HasSuffix(number, keptTemp):
			err = os.Remove(path)
		case !isRows || err != nil || n <= 0:
			err = nil
		default:
			k.next = max(k.next, n+1)
			err = k.open(path)
		}
		if err != nil {
			k.close()
			return nil, fmt.Errorf("keep rows: %w", err)
		}
	}
	k.settle()
	return k, nil
}

// open takes in a file of kept rows, or removes it if it cannot be read.
func (k *keptRows) open(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	index, sum, err := readKeptIndex(f)
	if err != nil {
		f.Close()
		return os.Remove(path)
	}
	k.files = append(k.files, &keptRowsFile{keptIndex: index, path: path, file: f, sum: sum})
	return nil
}

// outgrown is how many bits the partitioning may have fewer than it should.
const outgrown = 2

// settle decides on the key and the partitioning: those of the newest file, and files with
// others cannot be used any more.
func (k *keptRows) settle() {
	if n := len(k.files); n > 0 && k.files[n-1].Bits+outgrown > int(k.parts.bits) {
		k.seed, k.parts = k.files[n-1].Seed, partitioning{uint(k.files[n-1].Bits)}
	}
	k.files = slices.DeleteFunc(k.files, func(f *keptRowsFile) bool {
		other := f.Seed != k.seed || f.Bits != int(k.parts.bits)
		if other {
			f.file.Close()
			os.Remove(f.path)
		}
		return other
	})
}

// newPath names the next file.
func (k *keptRows) newPath() string {
	path := filepath.Join(k.dir, fmt.Sprintf("%s%06d", keptPrefix, k.next))
	k.next++
	return path
}

// prune removes the files of a table from which nothing is read any more.
func (k *keptRows) prune(table string) error {
	var errs []error
	k.files = slices.DeleteFunc(k.files, func(f *keptRowsFile) bool {
		if f.Table != table || f.used {
			return false
		}
		f.file.Close()
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("keep rows: %w", err))
		}
		return true
	})
	return errors.Join(errs...)
}

// forget removes all files: something kept turned out to be damaged. Totals go with the rows, since
// it may be them that do not fit.
func (k *keptRows) forget() {
	for _, f := range k.files {
		f.used = false
	}
	k.prune("exposures")
	k.prune("conversions")
	if names, err := k.totalsNames(); err == nil {
		k.removeTotals(names)
	}
}

func (k *keptRows) close() {
	for _, f := range k.files {
		f.file.Close()
	}
}

// keptRules is what decides how rows of a table are kept, but for names that the index
// lists. Files written by another kind of machine are not read.
func keptRules(parts ...string) string {
	return runtime.GOARCH + "\n" + strings.Join(parts, "\n")
}
