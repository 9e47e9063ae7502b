package ingest

import (
	"fmt"

	"readout/ingest/scatter"
	"readout/ingest/tables"
)

// rowsInUse is what is read of a file of kept rows.
type rowsInUse struct {
	*keptRowsFile
	files []*keptFile
	// live says, by column and place in Segments, which names are in these files, liveUnknown by
	// place in Variants.
	live        [][]bool
	liveUnknown []bool
}

// inUse returns the files of kept rows from which something is read.
func (p *keptPlan) inUse() []*rowsInUse {
	var all []*rowsInUse
	of := map[*keptRowsFile]*rowsInUse{}
	for _, use := range p.uses {
		u := of[use.rows]
		if u == nil {
			u = &rowsInUse{keptRowsFile: use.rows, liveUnknown: make([]bool, len(use.rows.Variants))}
			for _, names := range use.rows.Segments {
				u.live = append(u.live, make([]bool, len(names)))
			}
			of[use.rows], all = u, append(all, u)
		}
		f := &use.rows.Files[use.at]
		u.files = append(u.files, f)
		for column := range f.Segments {
			for _, place := range f.Segments[column].Names {
				u.live[column][place] = true
			}
		}
		for _, place := range f.Unknown.Names {
			u.liveUnknown[place] = true
		}
	}
	return all
}

// setsNow returns, by place in the index of each file of kept rows, the numbers of combinations of
// segments. Names that only files had that are not read any more get no code: whether a column
// has too many values depends on what is read. Rows that lack values because there were too many
// do not do where there are few enough without the files that have gone; as long as none has,
// reading the others again would tell no more.
func (r *runner) setsNow(all []*rowsInUse) (map[*keptRowsFile][]int, error) {
	sets := map[*keptRowsFile][]int{}
	if r.segments == nil {
		return sets, nil
	}
	for _, u := range all {
		sets[u.keptRowsFile] = u.setsNow(r.segments)
	}
	for _, u := range all {
		if len(u.files) < len(u.Files) && u.lacks(r.segments) {
			return nil, fmt.Errorf("%w: %s lacks values of segments", scatter.ErrUnreadable, u.path)
		}
	}
	return sets, nil
}

// setsNow returns the numbers of the combinations of one file; 0 for one of names that are
// in no file read.
func (u *rowsInUse) setsNow(values *segmentValues) []int {
	now := make([]int, len(u.Sets))
	for i, set := range u.Sets {
		codes, live := make([]uint32, len(set)), true
		for column, place := range set {
			codes[column] = tables.NullCode
			live = live && (place < 0 || u.live[column][place])
		}
		for column, place := range set {
			if place >= 0 && live {
				codes[column] = values.names[column].Code([]byte(u.Segments[column][place]))
			}
		}
		if live {
			now[i] = int(values.numbered(codes))
		}
	}
	return now
}

// lacks reports whether rows in use lack values or combinations, because there were too many, of
// columns that have not too many.
func (u *rowsInUse) lacks(values *segmentValues) bool {
	if len(u.Sets) == values.most && len(values.sets) < values.most {
		return true
	}
	for _, f := range u.files {
		for column := range f.Segments {
			if f.Segments[column].More && !values.wide(column) {
				return true
			}
		}
	}
	return false
}

// variantsNow returns, by place in the index, the codes of unknown variants. Names that only files had
// that are not read any more get none: there may be too many of them.
func (u *rowsInUse) variantsNow(variants *tables.OpenNames) []int {
	now := make([]int, len(u.Variants))
	for place, name := range u.Variants {
		now[place] = place
		if u.liveUnknown[place] {
			now[place] = int(variants.Code([]byte(name)))
		}
	}
	return now
}
