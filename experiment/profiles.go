package experiment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"readout/internal/atomicfile"
)

// profilesFolder is where the snapshots of profiles are, below the state directory.
const profilesFolder = "profiles"

// unfinished begins the names of snapshots that are being written.
const unfinished = ".unfinished-"

// checksumPattern matches the names of snapshots.
var checksumPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// SnapshotProfiles copies the files of the profile table into the state
// directory, as state/profiles/CHECKSUM/, and returns the checksum. The files
// are given in the order in which they are to be read, as paths that can be
// opened. Inside the snapshot they are numbered in that order, below the
// folders NAME=VALUE of their paths.
//
// The checksum is the SHA-256 of all names inside the snapshot and contents, so
// that the same table has the same name. A snapshot that is there already is
// left alone, unless files of it are missing or cut. One appears whole or not at
// all, and is on the disk then. The bytes are copied as they are; nothing is read
// as Parquet. When ctx ends the copy does, too, and nothing of it is left. The caller holds the
// lock of the state directory.
func SnapshotProfiles(ctx context.Context, state string, files []string) (checksum string, err error) {
	if len(files) == 0 || len(files) > maxFiles {
		return "", fmt.Errorf("snapshot of profiles: %d files, want 1 to %d", len(files), maxFiles)
	}
	names := snapshotNames(files)
	paths := make(map[string]string, len(files))
	for i, name := range names {
		paths[name] = files[i]
	}
	open := func(name string) (io.ReadCloser, error) {
		file, err := os.Open(paths[name])
		return endingReader{file, ctx}, err
	}
	sizes := make(map[string]int64, len(files))
	measured := func(name string) (io.ReadCloser, error) {
		file, err := open(name)
		return &measuredReader{file, name, sizes}, err
	}
	if checksum, err = checksumOf(names, measured, nil); err != nil {
		return "", fmt.Errorf("snapshot of profiles: %w", err)
	}
	folder := filepath.Join(state, profilesFolder)
	there := filepath.Join(folder, checksum)
	if hasSizes(there, sizes) {
		return checksum, nil
	}
	if err := os.RemoveAll(there); err != nil {
		return "", fmt.Errorf("snapshot of profiles: %w", err)
	}
	if checksum, err = copySnapshot(folder, names, open); err != nil {
		return "", fmt.Errorf("snapshot of profiles: %w", err)
	}
	return checksum, nil
}

// An endingReader reads until ctx ends.
type endingReader struct {
	io.ReadCloser
	ctx context.Context
}

func (r endingReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReadCloser.Read(p)
}

// A measuredReader notes how much was read of a file.
type measuredReader struct {
	io.ReadCloser
	name  string
	sizes map[string]int64
}

func (r *measuredReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.sizes[r.name] += int64(n)
	return n, err
}

// hasSizes reports whether a snapshot has all files, given by their names in it, in their
// lengths. One whose removal was cut short has not.
func hasSizes(snapshot string, sizes map[string]int64) bool {
	for name, size := range sizes {
		info, err := os.Stat(filepath.Join(snapshot, filepath.FromSlash(name)))
		if err != nil || info.Size() != size {
			return false
		}
	}
	return true
}

// copySnapshot writes a snapshot under a name of its own and renames it when it
// is whole. What was copied gives the checksum: the files may have changed
// since they were read for the first time.
func copySnapshot(folder string, names []string, open func(string) (io.ReadCloser, error)) (checksum string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(folder, unfinished)
	if err != nil {
		return "", err
	}
	// After the rename there is nothing to remove.
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := os.Chmod(temp, 0o755); err != nil {
		return "", err
	}
	checksum, err = checksumOf(names, open, func(name string) (*os.File, error) {
		path := filepath.Join(temp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		return os.Create(path)
	})
	if err != nil {
		return "", err
	}
	if err := syncFolders(temp); err != nil {
		return "", err
	}
	err = os.Rename(temp, filepath.Join(folder, checksum))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return checksum, atomicfile.SyncDir(folder)
}

// syncFolders makes the names in a folder and below durable.
func syncFolders(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return atomicfile.SyncDir(path)
	})
}

// snapshotNames returns the names of files inside a snapshot.
func snapshotNames(files []string) []string {
	names := make([]string, len(files))
	for i, file := range files {
		folders := strings.Split(filepath.ToSlash(filepath.Dir(file)), "/")
		folders = slices.DeleteFunc(folders, func(folder string) bool { return !strings.Contains(folder, "=") })
		names[i] = strings.Join(append(folders, fmt.Sprintf("%05d.parquet", i)), "/")
	}
	return names
}

// checksumOf returns the SHA-256, in hex, of the names and contents of files. It
// copies them on the way when create is not nil.
func checksumOf(names []string, open func(string) (io.ReadCloser, error), create func(string) (*os.File, error)) (string, error) {
	all := sha256.New()
	for _, name := range names {
		content := sha256.New()
		if err := copyFile(name, content, open, create); err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%x %q\n", content.Sum(nil), name)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// copyFile copies one file to hash, and to a new file, durably, when create is not nil.
func copyFile(name string, hash io.Writer, open func(string) (io.ReadCloser, error), create func(string) (*os.File, error)) (err error) {
	in, err := open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	if create == nil {
		_, err = io.Copy(hash, in)
		return err
	}
	out, err := create(name)
	if err != nil {
		return err
	}
	if _, err = io.Copy(io.MultiWriter(hash, out), in); err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// ProfileFiles returns the paths of the files of a snapshot, in order, after
// comparing their content with the checksum that is its name.
func ProfileFiles(state, checksum string) ([]string, error) {
	if !checksumPattern.MatchString(checksum) {
		return nil, fmt.Errorf("snapshot of profiles: %q is no checksum", clip(checksum))
	}
	dir := filepath.Join(state, profilesFolder, checksum)
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("snapshot of profiles: %w", err)
	}
	// By number: folders do not change the order.
	slices.SortFunc(names, func(a, b string) int {
		return strings.Compare(a[strings.LastIndexByte(a, '/')+1:], b[strings.LastIndexByte(b, '/')+1:])
	})
	found, err := checksumOf(names, func(name string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("snapshot of profiles: %w", err)
	}
	if found != checksum {
		return nil, fmt.Errorf("snapshot of profiles: %s was damaged: remove it and publish again", dir)
	}
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(dir, filepath.FromSlash(name))
	}
	return paths, nil
}

// RemoveProfiles removes the snapshots of profiles that are not among those to
// keep, and what killed processes left. Keep those that the published state
// names now and named before: a service may be loading one of them.
func RemoveProfiles(state string, keep ...string) error {
	folder := filepath.Join(state, profilesFolder)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove old snapshots of profiles: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		old := checksumPattern.MatchString(name) && !slices.Contains(keep, name)
		if !old && !strings.HasPrefix(name, unfinished) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("remove old snapshots of profiles: %w", err)
		}
	}
	return nil
}
