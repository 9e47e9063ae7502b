package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A File is a file of a directory that [WriteDir] makes.
type File struct {
	Name string
	Data []byte
}

// WriteDir makes a directory of the files, and the directories above it, and returns when
// they are on the disk. Files that are there already are an error. When anything fails, or
// the process dies, some of the files may be there: nobody should read the directory before
// it is renamed.
func WriteDir(dir string, files ...File) error {
	if err := makeDir(dir); err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	for _, f := range files {
		if err := writeNew(filepath.Join(dir, f.Name), f.Data); err != nil {
			return fmt.Errorf("write %s: %w", dir, err)
		}
	}
	if err := SyncDir(dir); err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	return nil
}

// writeNew writes a file that is not there yet, durably but for its name.
func writeNew(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newMode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
