package scatter

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// lasting returns a lasting file.
func lasting(t testing.TB) *os.File {
	f, err := os.Create(filepath.Join(t.TempDir(), "rows"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// row is a tuple of a file's row group.
type row struct{ file, group, number int64 }

// A later run finds in a lasting file what there was, at the files' new places, without the rows
// of files that have gone and with other numbers.
func TestLoad(t *testing.T) {
	f := lasting(t)
	to := NewFile(f, true)
	rapid.Check(t, func(t *rapid.T) {
		const files, partitions = 3, 2
		tuples := New[row](partitions)
		var rows []row
		for _, file := range rapid.Permutation([]int64{0, 1, 2}).Draw(t, "files") {
			for group := range int64(2) {
				for range rapid.SampledFrom([]int{0, 1, 30, 300}).Draw(t, "rows") {
					r := row{file, group, int64(len(rows))}
					tuples.Put(int(r.number%partitions), r)
					rows = append(rows, r)
				}
				tuples.EndGroup(file<<32 | group)
			}
			if rapid.Bool().Draw(t, "dump") {
				if err := tuples.DumpHalf(to); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := tuples.DumpAll(to); err != nil {
			t.Fatal(err)
		}
		place := rapid.Permutation([]int64{-1, 0, 1, 2}).Draw(t, "place")[:files]
		var recode func(*row) bool
		if rapid.Bool().Draw(t, "recode") {
			recode = func(r *row) bool { r.number *= 10; return r.number%30 != 0 }
		}
		var want [partitions][]row
		slices.SortStableFunc(rows, func(a, b row) int {
			return int(place[a.file]<<1 | a.group - place[b.file]<<1 - b.group)
		})
		for _, r := range rows {
			p := r.number % partitions
			if place[r.file] >= 0 && (recode == nil || recode(&r)) {
				want[p] = append(want[p], r)
			}
		}
		var source Source[row]
		x := NewTranslation(place, recode)
		for _, d := range tuples.Dumps() {
			offset, blocks := d.Place()
			source.AddDump(Load(f, offset, blocks, x))
		}
		reader := source.Reader()
		for p := range partitions {
			got, err := reader.Partition(p)
			if err != nil {
				t.Fatal(err)
			}
			var all []row
			got.RunsInOrder(func(order int64, tuples []row) {
				for _, r := range tuples {
					if order != place[r.file]<<32|r.group {
						t.Fatalf("%+v has order %x", r, order)
					}
				}
				all = append(all, tuples...)
			})
			if !slices.Equal(all, want[p]) {
				t.Fatalf("partition %d: %v, want %v", p, all, want[p])
			}
		}
	})
}

// What has been changed or lost in a lasting file is not taken for rows.
func TestDamage(t *testing.T) {
	f := lasting(t)
	tuples := New[row](1)
	for i := range int64(100) {
		tuples.Put(0, row{number: i})
	}
	tuples.EndGroup(0)
	to := NewFile(f, true)
	if err := tuples.DumpAll(to); err != nil {
		t.Fatal(err)
	}
	read := func() error {
		var source Source[row]
		for _, d := range tuples.Dumps() {
			offset, blocks := d.Place()
			source.AddDump(Load(f, offset, blocks, NewTranslation[row]([]int64{0}, nil)))
		}
		_, err := source.Reader().Partition(0)
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func() error{
		func() error { _, err := f.WriteAt([]byte{1}, 1000); return err },
		func() error { return f.Truncate(to.Size() - 1) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if err := read(); !errors.Is(err, ErrUnreadable) {
			t.Errorf("read with %v", err)
		}
	}
}
