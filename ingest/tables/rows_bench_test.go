package tables

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// BenchmarkReadTable reads exposures as sites write them, by codec and by how ids are
// stored, and reports rows per second of one core.
func BenchmarkReadTable(b *testing.B) {
	const rows = 200_000
	for _, c := range []struct {
		name  string
		codec compress.Codec
	}{{"none", &parquet.Uncompressed}, {"snappy", &parquet.Snappy}, {"zstd", &parquet.Zstd}, {"lz4raw", &parquet.Lz4Raw}} {
		b.Run("text/"+c.name, func(b *testing.B) {
			benchmarkRead(b, rows, writeRows(b, benchRows(rows, func(n uint64) string { return fmt.Sprintf("%016x", n*0x9e3779b97f4a7c15) }), parquet.Compression(c.codec)))
		})
		b.Run("int64/"+c.name, func(b *testing.B) {
			benchmarkRead(b, rows, writeRows(b, benchRows(rows, func(n uint64) int64 { return int64(n * 7919) }), parquet.Compression(c.codec)))
		})
	}
}

// benchRow is an exposure or a conversion; ID is how the id is stored.
type benchRow[ID any] struct {
	User      ID      `parquet:"user_id"`
	Event     string  `parquet:"event,dict"`
	Timestamp int64   `parquet:"timestamp,timestamp(microsecond)"`
	Value     float64 `parquet:"value"`
}

func benchRows[ID any](n int, id func(uint64) ID) []benchRow[ID] {
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]benchRow[ID], n)
	for i := range rows {
		rows[i] = benchRow[ID]{
			User:      id(random.Uint64N(uint64(n))),
			Event:     []string{"view", "cart", "purchase", "refund"}[random.IntN(4)],
			Timestamp: 1_704_067_200_000_000 + int64(random.IntN(86400))*1_000_003,
			Value:     float64(random.IntN(10_000)) / 100,
		}
	}
	return rows
}

func benchmarkRead(b *testing.B, rows int, file []byte) {
	codes := new(dictionary)
	spec := &Spec{
		Table: "conversions", User: "user_id", Time: "timestamp", Value: "value", Location: time.UTC,
		Text: []TextColumn{{Name: "event", Codes: codes}},
	}
	store := memoryStore{"bench.parquet": file}
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		read := 0
		err := eachBatch(context.Background(), store, store.file("bench.parquet"), spec, func(batch *Batch) { read += batch.N })
		if err != nil || read != rows {
			b.Fatalf("read %d rows: %v", read, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// writeRows writes a Parquet file with the library's own writer.
func writeRows[T any](tb testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	tb.Helper()
	var file bytes.Buffer
	w := parquet.NewGenericWriter[T](&file, options...)
	if _, err := w.Write(rows); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

// memoryStore holds files by path.
type memoryStore map[string][]byte

func (s memoryStore) file(path string) File {
	return File{Path: path, Size: int64(len(s[path])), Folders: hiveFolders(path)}
}

func (s memoryStore) List(context.Context, string) ([]File, error) {
	var files []File
	for path := range s {
		files = append(files, s.file(path))
	}
	return files, nil
}

func (s memoryStore) Open(_ context.Context, f File) (ReadAtCloser, error) {
	return memoryFile{bytes.NewReader(s[f.Path])}, nil
}

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }
