package atomicfile

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tempSuffix ends the names of unfinished files. They begin with a dot, so
// that readers of data folders skip them.
const tempSuffix = ".readout-tmp"

// WriteFile replaces the content of a file by data, as [Replace] does. Where the file holds
// data already nothing is written at all.
func WriteFile(path string, data []byte) (changed bool, err error) {
	same, err := holds(path, data)
	if err == nil && same {
		err = SyncDir(filepath.Dir(path)) // for the reason that Replace has
	}
	if err != nil {
		return false, fmt.Errorf("replace %s: %w", path, err)
	}
	if same {
		return false, nil
	}
	return Replace(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Replace replaces the content of a file by what write writes, and creates the
// file and its directories when they do not exist. The new content goes to a
// temporary file in the same directory, is synced, and takes the file's name;
// then the directory is synced. When write fails, or anything else does, the
// file is as it was and the temporary file is gone.
//
// When the content is what the file already holds, the file is left alone and
// changed is false. Its name is on the disk then, too.
func Replace(path string, write func(io.Writer) error) (changed bool, err error) {
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return false, fmt.Errorf("replace %s: %w", path, err)
	}
	temp, err := createTemp(path)
	if err != nil {
		return false, fmt.Errorf("replace %s: %w", path, err)
	}
	renamed := false
	defer func() {
		if !renamed {
			// Closing twice and removing what is gone are harmless here, and
			// the error that brought us here says more.
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()

	if err := keepMode(temp, path); err != nil {
		return false, fmt.Errorf("replace %s: %w", path, err)
	}
	if err := fill(temp, write); err != nil {
		return false, fmt.Errorf("replace %s: %w", path, err)
	}
	same, err := sameContent(path, temp.Name())
	if err != nil {
		return false, fmt.Errorf("replace %s: %w", path, err)
	}
	if same {
		// Whoever gave the file its name may have died before the directory was synced.
		if err := SyncDir(dir); err != nil {
			return false, fmt.Errorf("replace %s: %w", path, err)
		}
		return false, nil
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return false, fmt.Errorf("replace %s: %w", path, err)
	}
	renamed = true
	if err := SyncDir(dir); err != nil {
		return true, fmt.Errorf("replace %s: %w", path, err)
	}
	return true, nil
}

// makeDir makes a directory and those above it, durably.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	// Somebody else may make it at the same time, which MkdirAll does not mind.
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return SyncDir(parent)
}

// fill writes the new content to file, durably, and closes it.
func fill(file *os.File, write func(io.Writer) error) error {
	buffered := bufio.NewWriterSize(file, 64<<10)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Close()
}

// newMode is the permissions of a new file, from which the mask of the process takes.
const newMode fs.FileMode = 0o644

// createTemp makes the unfinished file that is to replace a file.
func createTemp(path string) (*os.File, error) {
	name := "." + filepath.Base(path) + "." + rand.Text() + tempSuffix
	return os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_RDWR|os.O_CREATE|os.O_EXCL, newMode)
}

// keepMode gives a file the permissions of the one that it is to replace, if that is there.
func keepMode(file *os.File, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return file.Chmod(info.Mode().Perm())
}

// holds reports whether a file is there and its content is data. It is read only where its
// length is right.
func holds(path string, data []byte) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(data)) {
		return false, err
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	return sameBytes(file, bytes.NewReader(data))
}

// sameContent reports whether both files hold the same bytes. The old file may
// be missing.
func sameContent(oldPath, newPath string) (bool, error) {
	older, err := os.Open(oldPath)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer older.Close()
	newer, err := os.Open(newPath)
	if err != nil {
		return false, err
	}
	defer newer.Close()
	return sameBytes(older, newer)
}

// sameBytes reports whether two readers have the same bytes.
func sameBytes(older, newer io.Reader) (bool, error) {
	a := make([]byte, 64<<10)
	b := make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(older, a)
		m, errB := io.ReadFull(newer, b)
		if !bytes.Equal(a[:n], b[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			return atEnd(errA) && atEnd(errB), errors.Join(notEnd(errA), notEnd(errB))
		}
	}
}

func atEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func notEnd(err error) error {
	if atEnd(err) {
		return nil
	}
	return err
}

// RemoveTemps removes the unfinished files that killed processes left in dir
// and below. Call it while holding the lock of the directory.
func RemoveTemps(dir string) error {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.Type().IsRegular() && strings.HasPrefix(name, ".") && strings.HasSuffix(name, tempSuffix) {
			return os.Remove(path)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove unfinished files: %w", err)
	}
	return nil
}
