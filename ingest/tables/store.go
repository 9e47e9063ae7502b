package tables

import (
	"context"
	"io"
)

// Store lists and opens Parquet files. LocalStore is the one for the local file system; one for
// an object store would be a package of its own.
type Store interface {
	// List returns the Parquet files under path, a file, a folder searched through all its
	// levels, or a glob, in byte order of their paths. To find none is an error.
	List(ctx context.Context, path string) ([]File, error)
	// Open opens a listed file. It fails if the file is no longer as long as it was listed.
	Open(ctx context.Context, f File) (ReadAtCloser, error)
}

// ReadAtCloser is an open file. ReadAt may be called from several goroutines at once.
type ReadAtCloser interface {
	io.ReaderAt
	io.Closer
}

// File is a Parquet file as a store lists it.
type File struct {
	// Path is the path as configured plus what was found below it, with slashes.
	Path string
	// Size is in bytes.
	Size int64
	// Version changes when the file does, in the store's own terms, such as a modification
	// time; empty is not known.
	Version string
	// Folders are the key=value folders of Path, outermost first.
	Folders []Folder
}
