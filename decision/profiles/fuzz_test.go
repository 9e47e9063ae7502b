package profiles

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// FuzzLoad: a file is an error that names it, or a table in which everybody is found, with values
// that are texts, numbers or truths.
func FuzzLoad(f *testing.F) {
	type row struct {
		User    string   `parquet:"user_id"`
		Country *string  `parquet:"country,optional,dict"`
		Age     int32    `parquet:"age,delta"`
		Score   *float64 `parquet:"score,optional"`
		VIP     bool     `parquet:"vip"`
	}
	country, score := "DE", 0.5
	rows := []row{{User: "a", Country: &country, Age: 42, VIP: true}, {User: "b", Score: &score}, {User: "a", Country: &country}}
	for _, options := range [][]parquet.WriterOption{
		{parquet.DataPageVersion(1)}, {parquet.DataPageVersion(2), parquet.Compression(&parquet.Snappy)}, {parquet.Compression(&parquet.Zstd)},
	} {
		data, err := os.ReadFile(write(f, rows, options...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	path := filepath.Join(f.TempDir(), "profiles.parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		table, err := loadWithin(16<<20, 1<<16, []string{path}, "user_id")
		if err != nil {
			return
		}
		for _, e := range table.entries {
			id := table.id(e.at)
			if id == "" || !utf8.ValidString(id) {
				t.Fatalf("id %q", id)
			}
			for name, v := range table.Attributes(id) {
				if !utf8.ValidString(v.String()) || len(v.String()) > maxText {
					t.Errorf("%s of %q is %q", name, id, v)
				}
			}
		}
	})
}
