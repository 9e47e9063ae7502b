package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"readout/ingest/scatter"
	"readout/ingest/tables"
)

// Embedded is the engine in this process.
//
// It reads exposures once and conversions once, for all experiments and looks of a query,
// and keeps of each row that matters a few bytes, by partitions of users (tuples.go). Then
// it takes the partitions one after the other, each on one core and in its cache: first
// exposures, numbers per user, moments. What workers share is the queue of row groups and of
// partitions, the numbers of names, and who was exposed; each adds up totals of its own.
//
// The same files give the same result to the last bit, for any number of workers, and a
// look gives the same alone or among others: what is added up over users is exact
// (exact.Sum), and what is added up within a user is added in path order, then row order.
//
// Sums that leave the range of float64 make moments for which moments.Set.Finite is false.
type Embedded struct {
	// Store lists and opens the files; nil is the local file system.
	Store tables.Store
	// Workers is how many goroutines work at once; 0 is one per processor.
	Workers int
	// Memory bounds, in bytes and roughly, the memory to use; 0 is no bound. Rows are kept in
	// memory up to half of it and never more than 448 MiB, beyond that in a file in TempDir, or
	// in Keep where there is one, until their users' turn comes.
	Memory int64
	// TempDir is where that file is made; empty is the system's folder for such files. The
	// file has no name and vanishes with the process.
	TempDir string
	// Keep is a folder in which rows, and what they add up to, are kept from run to run, so that
	// files which have not changed are not read again; empty is none. It holds nothing that cannot
	// be had anew from the files, and may be deleted when no run is under way. One run at a time
	// may use it.
	Keep string
}

// Run implements Engine. It fails, and returns no part of a result, when the query is
// faulty, when a file is missing, damaged or lacks a column, and when ctx is cancelled; the
// error then wraps that of ctx. A segment may be lacking in some files.
func (e Embedded) Run(ctx context.Context, q Query, progress Progress) (*Result, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	result, err := e.run(ctx, q, progress)
	if e.Keep != "" && errors.Is(err, scatter.ErrUnreadable) {
		// What was kept is gone now.
		result, err = e.run(ctx, q, progress)
	}
	return result, err
}

// run is Run of a query that has been checked, once.
func (e Embedded) run(ctx context.Context, q Query, progress Progress) (*Result, error) {
	store := e.store()
	r := newRunner(&q, e.workers(), progress)
	r.memory, r.spill = e.Memory, &spill{dir: e.TempDir}
	r.footer = func(ctx context.Context, f tables.File) (uint64, error) { return footerSum(ctx, store, f) }
	defer r.spill.close()
	exposures, err := store.List(ctx, q.Exposures.Path)
	if err != nil {
		return nil, fmt.Errorf("list exposures: %w", err)
	}
	if err := r.checkSegments(ctx, store, exposures); err != nil {
		return nil, err
	}
	var conversions []tables.File
	if q.Conversions.Path != "" {
		if conversions, err = store.List(ctx, q.Conversions.Path); err != nil {
			return nil, fmt.Errorf("list conversions: %w", err)
		}
	}
	if e.Keep != "" {
		bytes := source{files: exposures}.bytes() + source{files: conversions}.bytes()
		kept, err := openKeptRows(e.Keep, q.Seed, partitionsFor(bytes))
		if err != nil {
			return nil, err
		}
		defer kept.close()
		r.keepIn(kept)
	}
	result, err := r.run(ctx, parquetSource(store, exposures, r.exposureSpec()), parquetSource(store, conversions, r.conversionSpec()))
	if r.kept != nil && errors.Is(err, scatter.ErrUnreadable) {
		r.kept.forget()
	}
	return result, e.locate(err)
}

// locate adds to the error of rows that cannot be read again where they were.
func (e Embedded) locate(err error) error {
	if !errors.Is(err, scatter.ErrUnreadable) {
		return err
	}
	return fmt.Errorf("%w: check the disk of %s", err, cmp.Or(e.Keep, e.TempDir, os.TempDir()))
}

// store returns the engine's store, or the local file system.
func (e Embedded) store() tables.Store {
	if e.Store == nil {
		return tables.LocalStore{}
	}
	return e.Store
}

func (e Embedded) workers() int {
	if e.Workers > 0 {
		return e.Workers
	}
	return runtime.GOMAXPROCS(0)
}
