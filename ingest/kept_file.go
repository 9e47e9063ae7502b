package ingest

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/zeebo/xxh3"

	"readout/ingest/scatter"
	"readout/internal/atomicfile"
)

// keptIndex says what is in a file of kept rows. The numbers in tuples and counts stand for
// names by their place in its lists.
type keptIndex struct {
	Table string
	// Rules are what decides, besides the lists below, which rows are kept and how.
	Rules string
	Seed  uint64
	Bits  int // of the partitioning

	Files       []keptFile
	Experiments []keptExperiment
	Variants    []string
	Segments    [][]string
	Sets        [][]int32 // places in Segments by column; -1 is null
	Events      []keptEvent
	Kinds       []keptKind
	Dumps       []keptDump
}

// keptExperiment is an experiment as far as it decides which exposures are kept.
type keptExperiment struct {
	Name       string
	Variants   []string // in order of their names
	Start, End int64
}

// keptEvent is an event with the filters whose outcome is kept.
type keptEvent struct {
	Name          string
	Plain, Valued bool
	Wheres        []string
}

// keptKind is an eventKind by the places of event and filters.
type keptKind struct {
	Event  int32
	Passes []byte
}

// keptDump is where a dump is, see [scatter.Dump.Place].
type keptDump struct {
	Tuple  tupleKind
	Offset int64
	Blocks []byte
}

// tupleKind tells the kinds of tuples apart in a file.
type tupleKind uint8

const (
	exposureTuples tupleKind = iota
	segmentedTuples
	eventTuples
	valueTuples
	unknownTuples
)

const (
	keptMagic = "readout rows 10\n\x00"
	// keptTailSize is what a file ends with: where its index is, how long it is, its XXH3, and
	// the magic bytes.
	keptTailSize = 3*8 + len(keptMagic)
)

// keptWriter writes a file of kept rows. It has its name only when it is whole.
type keptWriter struct {
	rows *scatter.File
	file *os.File
	path string
}

// newKeptWriter begins a file that is to be at path.
func newKeptWriter(path string) (*keptWriter, error) {
	f, err := os.OpenFile(path+keptTemp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, fmt.Errorf("keep rows: %w", err)
	}
	return &keptWriter{scatter.NewFile(f, true), f, path}, nil
}

// keptTemp ends the name of a file that is not whole yet.
const keptTemp = ".tmp"

// finish writes the index and gives the file its name, and returns the sum of the index. The
// file stays open for reading.
func (w *keptWriter) finish(index *keptIndex) (sum uint64, err error) {
	err = func() error {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(index); err != nil {
			return err
		}
		at, length := w.rows.Size(), b.Len()
		sum = xxh3.Hash(b.Bytes())
		tail := binary.LittleEndian.AppendUint64(nil, uint64(at))
		tail = binary.LittleEndian.AppendUint64(tail, uint64(length))
		tail = binary.LittleEndian.AppendUint64(tail, sum)
		b.Write(append(tail, keptMagic...))
		if _, err := w.file.WriteAt(b.Bytes(), at); err != nil {
			return err
		}
		if err := w.file.Sync(); err != nil {
			return err
		}
		if err := os.Rename(w.path+keptTemp, w.path); err != nil {
			return err
		}
		return atomicfile.SyncDir(filepath.Dir(w.path))
	}()
	if err != nil {
		return 0, fmt.Errorf("keep rows in %s: %w", w.path, err)
	}
	return sum, nil
}

// abandon removes the file.
func (w *keptWriter) abandon() {
	w.file.Close()
	os.Remove(w.path + keptTemp)
}

// readKeptIndex reads the index of a file of kept rows, and returns its sum.
func readKeptIndex(f *os.File) (*keptIndex, uint64, error) {
	damaged := errors.New("the file is damaged")
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if info.Size() < int64(keptTailSize) {
		return nil, 0, damaged
	}
	tail := make([]byte, keptTailSize)
	if _, err := f.ReadAt(tail, info.Size()-int64(keptTailSize)); err != nil {
		return nil, 0, err
	}
	at, length := binary.LittleEndian.Uint64(tail), binary.LittleEndian.Uint64(tail[8:])
	end := uint64(info.Size() - int64(keptTailSize))
	if string(tail[24:]) != keptMagic || length > end || at != end-length {
		return nil, 0, damaged
	}
	b := make([]byte, length)
	if _, err := f.ReadAt(b, int64(at)); err != nil {
		return nil, 0, err
	}
	sum := xxh3.Hash(b)
	if sum != binary.LittleEndian.Uint64(tail[16:]) {
		return nil, 0, damaged
	}
	index := new(keptIndex)
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(index); err != nil {
		return nil, 0, damaged
	}
	return index, sum, nil
}

// addDumps notes what has been dumped of tuples in the index.
func addDumps[T any](index *keptIndex, kind tupleKind, tuples *scatter.Tuples[T]) {
	for _, d := range tuples.Dumps() {
		if d.Len() > 0 {
			offset, blocks := d.Place()
			index.Dumps = append(index.Dumps, keptDump{kind, offset, blocks})
		}
	}
}
