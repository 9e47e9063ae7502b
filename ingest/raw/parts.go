package raw

import "readout/ingest/exact"

// Len is how many cells there are.
func (m *Cells) Len() int { return len(m.converted) / m.layout.marks }

// Part returns part i of n that have as many cells each. It shares their memory.
func (m *Cells) Part(i, n int) *Cells {
	return &Cells{
		layout:    m.layout,
		converted: Part(m.converted, i, n),
		ints:      Part(m.ints, i, n),
		floats:    Part(m.floats, i, n),
	}
}

// Part returns part i of n that are all of the same size.
func Part[T any](all []T, i, n int) []T {
	size := len(all) / n
	return all[i*size : (i+1)*size]
}

// Pick returns a copy of cells i, i + step, i + 2·step and so on.
func (m *Cells) Pick(i, step int) *Cells {
	out := &Cells{layout: m.layout}
	nc, ni, nf := m.layout.marks, m.layout.ints, m.layout.floats
	for ; i < m.Len(); i += step {
		out.converted = append(out.converted, m.converted[i*nc:(i+1)*nc]...)
		out.ints = append(out.ints, m.ints[i*ni:(i+1)*ni]...)
		for k := range nf {
			out.floats = append(out.floats, m.floats[i*nf+k].Clone())
		}
	}
	return out
}

// Merge adds other cells of the same layout, each to that in its place.
func (m *Cells) Merge(o *Cells) {
	AddInts(m.converted, o.converted)
	AddInts(m.ints, o.ints)
	mergeSums(m.floats, o.floats)
}

// Accumulate adds cell from to cell to, as that of a look to that of the next.
func (m *Cells) Accumulate(to, from int) {
	nc, ni, nf := m.layout.marks, m.layout.ints, m.layout.floats
	AddInts(m.converted[to*nc:(to+1)*nc], m.converted[from*nc:(from+1)*nc])
	AddInts(m.ints[to*ni:(to+1)*ni], m.ints[from*ni:(from+1)*ni])
	mergeSums(m.floats[to*nf:(to+1)*nf], m.floats[from*nf:(from+1)*nf])
}

// AddInts adds numbers to those in the same places.
func AddInts(dst, src []int64) {
	for i, v := range src {
		dst[i] += v
	}
}

func mergeSums(dst, src []exact.Sum) {
	for i := range src {
		dst[i].Merge(&src[i])
	}
}
