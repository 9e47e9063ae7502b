package atomicfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadLines returns the content of a log up to and including its last newline:
// a last line without one was cut by a crash and is left out. A log that does
// not exist is empty.
func ReadLines(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return data[:bytes.LastIndexByte(data, '\n')+1], nil
}

// EachLine calls f with the lines of a log, one after the other, that [ReadLines]
// returns together: for logs that are too long to be in memory. The line is without
// its newline and only valid during the call. It stops at the first error of f,
// which it returns as it is.
func EachLine(path string, f func(line []byte) error) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	var long []byte // the beginning of a line that the buffer does not hold
	for r := bufio.NewReaderSize(file, 1<<20); ; {
		part, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = append(long, part...)
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if len(long) > 0 {
			part = append(long, part...)
			long = long[:0]
		}
		if err := f(part[:len(part)-1]); err != nil {
			return err
		}
	}
}

// AppendLines adds lines to a log and returns when they are on the disk. It
// creates the log and its directories when they do not exist, and first drops
// a last line that a crash has cut. Lines are given without their newline.
// When writing fails the log is cut back to what it was.
//
// One process at a time may append: hold the lock of the directory.
func AppendLines(path string, lines ...[]byte) (err error) {
	var block []byte
	for _, line := range lines {
		if bytes.IndexByte(line, '\n') >= 0 {
			return fmt.Errorf("append to %s: a line holds a newline", path)
		}
		block = append(append(block, line...), '\n')
	}
	if len(block) == 0 {
		return nil
	}
	if err := makeDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("append to %s: %w", path, err)
	}
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("append to %s: %w", path, err)
	}
	defer func() {
		err = errors.Join(err, log.Close())
	}()
	end, err := lastLineEnd(log)
	if err != nil {
		return fmt.Errorf("append to %s: %w", path, err)
	}
	if err := appendBlock(log, block, end); err != nil {
		return fmt.Errorf("append to %s: %w", path, err)
	}
	if end == 0 {
		if err := SyncDir(filepath.Dir(path)); err != nil {
			return fmt.Errorf("append to %s: %w", path, err)
		}
	}
	return nil
}

// appendBlock writes block at offset end, which becomes the end of the log if
// that fails.
func appendBlock(log *os.File, block []byte, end int64) error {
	if err := log.Truncate(end); err != nil {
		return err
	}
	_, err := log.WriteAt(block, end)
	if err == nil {
		err = log.Sync()
	}
	if err != nil {
		return errors.Join(err, log.Truncate(end))
	}
	return nil
}

// lastLineEnd returns the offset after the last newline of the log.
func lastLineEnd(log *os.File) (int64, error) {
	end, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	buffer := make([]byte, 4<<10)
	for end > 0 {
		part := buffer[:min(int64(len(buffer)), end)]
		begin := end - int64(len(part))
		if _, err := log.ReadAt(part, begin); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return begin + int64(i) + 1, nil
		}
		end = begin
	}
	return 0, nil
}
