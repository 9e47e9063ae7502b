//go:build !unix

package atomicfile

// syncDir does nothing: directories cannot be synced on this system.
func syncDir(string) error { return nil }
