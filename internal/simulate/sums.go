package simulate

import "readout/moments"

// most is the largest number of columns: those of a ratio and of its covariates.
const most = 5

// row is one user's columns.
type row [most]float64

// sums are the sums and products of the columns of users. They are not centred, which is
// fast, and exact enough for values of moderate size: nothing else is simulated.
type sums struct {
	columns int
	n       float64
	s       row
	q       [most]row
}

// add adds a user.
func (s *sums) add(v *row) {
	s.n++
	for i := range s.columns {
		s.s[i] += v[i]
		for j := 0; j <= i; j++ {
			s.q[i][j] += v[i] * v[j]
		}
	}
}

// remove takes a user out.
func (s *sums) remove(v *row) {
	s.n--
	for i := range s.columns {
		s.s[i] -= v[i]
		for j := 0; j <= i; j++ {
			s.q[i][j] -= v[i] * v[j]
		}
	}
}

// replace gives a user who is in other values.
func (s *sums) replace(before, now *row) {
	for i := range s.columns {
		s.s[i] += now[i] - before[i]
		for j := 0; j <= i; j++ {
			s.q[i][j] += now[i]*now[j] - before[i]*before[j]
		}
	}
}

// set returns the moments.
func (s *sums) set() moments.Set {
	out := moments.New(s.columns)
	out.N = int64(s.n)
	if s.n == 0 {
		return out
	}
	for i := range s.columns {
		out.Mean[i] = s.s[i] / s.n
		for j := 0; j <= i; j++ {
			out.C[moments.Index(i, j)] = s.q[i][j] - s.s[i]*s.s[j]/s.n
		}
		out.C[moments.Index(i, i)] = max(0, out.C[moments.Index(i, i)])
	}
	return out
}

// joint returns the joint moments of the same users at two looks. cross holds the products
// of column i at the earlier look with column j at the later one.
func joint(earlier, later *sums, cross *[most]row) moments.Set {
	p := earlier.columns
	out := moments.New(2 * p)
	a, b := earlier.set(), later.set()
	out.N = a.N
	copy(out.Mean, a.Mean)
	copy(out.Mean[p:], b.Mean)
	for i := range p {
		for j := range p {
			if j <= i {
				out.C[moments.Index(i, j)] = a.Moment(i, j)
				out.C[moments.Index(p+i, p+j)] = b.Moment(i, j)
			}
			out.C[moments.Index(p+j, i)] = cross[i][j] - earlier.s[i]*later.s[j]/max(1, earlier.n)
		}
	}
	return out
}

// outcomes returns the moments of the outcome alone, which are the first of so many columns at one
// look, or at each of two.
func outcomes(s moments.Set, columns, outcome int) moments.Set {
	var keep []int
	for i := range s.Columns() {
		if i%columns < outcome {
			keep = append(keep, i)
		}
	}
	out := moments.New(len(keep))
	out.N = s.N
	for i, from := range keep {
		out.Mean[i] = s.Mean[from]
		for j := 0; j <= i; j++ {
			out.C[moments.Index(i, j)] = s.Moment(from, keep[j])
		}
	}
	return out
}
