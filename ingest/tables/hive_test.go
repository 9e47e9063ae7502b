package tables

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHiveFolders(t *testing.T) {
	f := func(path string, want ...Folder) {
		t.Helper()
		if diff := cmp.Diff(want, hiveFolders(path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	f("part-0.parquet")
	f("data/part=0.parquet")
	f("data/date=2024-01-01/country=DE/p.parquet", Folder{Key: "date", Value: "2024-01-01"}, Folder{Key: "country", Value: "DE"})
	f("country=C%C3%B4te%20d%27Ivoire/p.parquet", Folder{Key: "country", Value: "Côte d'Ivoire"})
	f("country=Côte d%27Ivoire/p.parquet", Folder{Key: "country", Value: "Côte d'Ivoire"})
	f("share=50%/p.parquet", Folder{Key: "share", Value: "50%"})
	f("a%3Db=c=d+e/p.parquet", Folder{Key: "a=b", Value: "c=d+e"})
	f("country=__HIVE_DEFAULT_PARTITION__/p.parquet", Folder{Key: "country", Value: hiveNull, Null: true})
	f("country=/=x/2024/p.parquet", Folder{Key: "country"})
}
