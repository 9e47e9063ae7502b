package ingest

import (
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"readout/ingest/tables"
)

// files tells of the files of a table that have rows with a time, in path order. The instants
// are those at which rows were counted.
func (p *keptPlan) files(table string, files []tables.File, instants lookTable) []File {
	var out []File
	uses := make([]*keptUse, len(files))
	for i := range p.uses {
		uses[p.uses[i].place] = &p.uses[i]
	}
	for _, u := range uses {
		f := &u.rows.Files[u.at]
		if f.last() == noTime {
			continue
		}
		version := fmt.Sprintf("%q %d %d", f.Version, f.Size, f.Footer)
		told := File{
			Table: table, Path: f.Path, Version: fmt.Sprintf("%016x", xxh3.HashString(version)),
			First: time.UnixMicro(f.First).UTC(), Last: time.UnixMicro(f.last()).UTC(),
		}
		for i, look := range u.now {
			if at := instants[look]; at != latestTime {
				told.Rows = append(told.Rows, RowsBefore{time.UnixMicro(at).UTC(), f.Looks[i].Counts.Rows})
			}
		}
		out = append(out, told)
	}
	return out
}
