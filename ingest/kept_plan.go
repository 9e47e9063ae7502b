package ingest

import (
	"context"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"readout/ingest/tables"
)

// keptUse is a file whose rows need not be read, because an earlier run kept them.
type keptUse struct {
	rows  *keptRowsFile
	at    int   // place in rows.Files
	place int   // place among the files of the table
	now   []int // by keptFile.Looks
}

// keptPlan says which files of a table have to be read and which are kept.
type keptPlan struct {
	scan []int // places among the files of the table
	uses []keptUse
}

// keptTable is a table whose rows are kept.
type keptTable struct {
	*keptRows
	table, rules string
	// footer returns what footerSum does.
	footer func(context.Context, tables.File) (uint64, error)
}

// plan decides for each file. usable says of a file that is still the same whether what was
// kept of it answers this query too.
func (k *keptTable) plan(ctx context.Context, files []tables.File, looks lookTable, usable func(*keptRowsFile, *keptFile) bool) (keptPlan, error) {
	type found struct {
		rows *keptRowsFile
		at   int
	}
	newest := map[string]found{}
	for _, rows := range k.files {
		if rows.Table == k.table && rows.Rules == k.rules {
			for at := range rows.Files {
				newest[rows.Files[at].Path] = found{rows, at}
			}
		}
	}
	var p keptPlan
	for place, f := range files {
		if was, ok := newest[f.Path]; ok {
			kept := &was.rows.Files[was.at]
			now, sameLooks := kept.looksNow(looks)
			same := f.Version != "" && kept.Version == f.Version && kept.Size == f.Size
			if same && sameLooks && !kept.Timeless && usable(was.rows, kept) {
				footer, err := k.footerOf(ctx, f)
				if err != nil {
					return keptPlan{}, err
				}
				if footer == kept.Footer {
					p.uses = append(p.uses, keptUse{was.rows, was.at, place, now})
					continue
				}
			}
		}
		p.scan = append(p.scan, place)
	}
	p.join()
	for _, u := range p.uses {
		u.rows.used = true
	}
	return p, nil
}

// Each run leaves a file of kept rows, and all of them are read for every user. Once there are
// more than mostApart with rows of fewer than fewFiles files each, these are read anew, so that
// their rows come together. A file is read twice in all for that.
const (
	mostApart = 32
	fewFiles  = 16
)

// join decides which files are read although their rows are kept: those few each, and those
// whose rows are kept among more that nobody reads any more.
func (p *keptPlan) join() {
	type share struct {
		files     int // with rows
		rows, all int64
	}
	used := map[*keptRowsFile]share{}
	for _, u := range p.uses {
		s, known := used[u.rows]
		if !known {
			s.all = u.rows.kept()
		}
		if n := u.rows.Files[u.at].kept(); n > 0 {
			s.files++
			s.rows += n
		}
		used[u.rows] = s
	}
	apart := 0
	for _, s := range used {
		if s.files < fewFiles {
			apart++
		}
	}
	p.uses = slices.DeleteFunc(p.uses, func(u keptUse) bool {
		s := used[u.rows]
		again := 2*s.rows < s.all || apart > mostApart && s.files < fewFiles
		if again {
			p.scan = append(p.scan, u.place)
		}
		return again
	})
	slices.Sort(p.scan)
}

// kept is how many rows are kept of all files.
func (k *keptIndex) kept() (rows int64) {
	for i := range k.Files {
		rows += k.Files[i].kept()
	}
	return rows
}

func (k *keptTable) footerOf(ctx context.Context, f tables.File) (uint64, error) {
	sum, err := k.footer(ctx, f)
	if err != nil {
		return 0, fmt.Errorf("read %s %s: %w", k.table, f.Path, err)
	}
	return sum, nil
}

// footerSum returns the XXH3 of a file's metadata, which says where each page is and how
// large: it tells versions of a file apart that have the same length and time.
func footerSum(ctx context.Context, store tables.Store, f tables.File) (uint64, error) {
	footer, err := tables.Footer(ctx, store, f)
	return xxh3.Hash(footer), err
}
