//go:build unix

package atomicfile

import "os"

// SyncDir makes the renames in dir durable, where the system lets a directory be synced.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
