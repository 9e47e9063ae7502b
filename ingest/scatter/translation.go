package scatter

// Translation brings tuples that an earlier run has kept up to date: files may have gone or
// stand elsewhere in path order, and numbers may stand for other names.
type Translation[T any] struct {
	place []int64
	// whole says that all files are still read and all numbers stand for what they did.
	whole  bool
	recode func(*T) bool
}

// NewTranslation returns how to bring tuples up to date. place is, by file of the earlier run, its
// place in path order, -1 if it is not read any more. recode changes the numbers of a tuple and
// reports whether it is wanted at all; it is nil if all stand for what they did.
func NewTranslation[T any](place []int64, recode func(*T) bool) *Translation[T] {
	x := &Translation[T]{place: place, whole: recode == nil, recode: recode}
	for _, p := range place {
		x.whole = x.whole && p >= 0
	}
	return x
}

// apply translates a partition in place.
func (x *Translation[T]) apply(p *Part[T]) {
	kept, tuples := p.runs[:0], p.open
	p.open = tuples[:0]
	for _, r := range p.runs {
		place := x.place[r.order>>32]
		if place < 0 {
			continue
		}
		r.order = place<<32 | r.order&(1<<32-1)
		if x.whole {
			kept = append(kept, r)
			continue
		}
		start := len(p.open)
		for i := r.start; i < r.end; i++ {
			t := tuples[i]
			if x.recode == nil || x.recode(&t) {
				p.open = append(p.open, t)
			}
		}
		if len(p.open) > start {
			kept = append(kept, groupRun{r.order, start, len(p.open)})
		}
	}
	if x.whole {
		p.open = tuples
	}
	p.runs = kept
}
