package raw

// MaxRows is how many conversions there may be for products of counts, summed over users, to
// fit into an int64: Σ x y ≤ Σ x · Σ y ≤ rows². Where there are more, no column may be whole.
const MaxRows = 1 << 31

// Counts is [Numbers] where all columns hold whole numbers.
type Counts struct {
	Converted Marks
	Y         [MaxColumns]int64
}

// AddCounts is [Cells.Add] where all columns hold whole numbers.
func (m *Cells) AddCounts(cell int, s *Counts, sign int64) {
	l := m.layout
	m.mark(cell, s.Converted, sign)
	addWhole(m.ints[cell*l.ints:(cell+1)*l.ints], &s.Y, len(l.wholes), sign)
}

// ChangeCounts is [Cells.Change] where all columns hold whole numbers.
func (m *Cells) ChangeCounts(cell int, was, is *Counts, sign int64) {
	if was.Converted != is.Converted {
		m.mark(cell, is.Converted, sign)
		m.mark(cell, was.Converted, -sign)
	}
	l := m.layout
	changeWhole(m.ints[cell*l.ints:(cell+1)*l.ints], &was.Y, &is.Y, len(l.wholes), sign)
}

// addWhole adds n whole numbers and their products to the ints of a cell. The usual shapes,
// one and two numbers with covariates, are written out: this runs for every bundle of every
// user, and a loop over so few products costs more than they do.
func addWhole(ints []int64, y *[MaxColumns]int64, n int, sign int64) {
	sums, products := ints[:n], ints[n:]
	// The indicator of missing history comes last and is mostly 0.
	if y[n-1] == 0 {
		n--
	}
	switch n {
	case 2:
		a, b := sign*y[0], sign*y[1]
		s, p := (*[2]int64)(sums), (*[3]int64)(products)
		s[0] += a
		s[1] += b
		p[0] += a * y[0]
		p[1] += b * y[0]
		p[2] += b * y[1]
	case 4:
		a, b, c, d := sign*y[0], sign*y[1], sign*y[2], sign*y[3]
		s, p := (*[4]int64)(sums), (*[10]int64)(products)
		s[0] += a
		s[1] += b
		s[2] += c
		s[3] += d
		p[0] += a * y[0]
		p[1] += b * y[0]
		p[2] += b * y[1]
		p[3] += c * y[0]
		p[4] += c * y[1]
		p[5] += c * y[2]
		p[6] += d * y[0]
		p[7] += d * y[1]
		p[8] += d * y[2]
		p[9] += d * y[3]
	default:
		for i := range n {
			v := sign * y[i]
			sums[i] += v
			for j := range i + 1 {
				products[j] += v * y[j]
			}
			products = products[i+1:]
		}
	}
}

// changeWhole is addWhole of b less addWhole of a.
func changeWhole(ints []int64, a, b *[MaxColumns]int64, n int, sign int64) {
	sums, products := ints[:n], ints[n:]
	if a[n-1]|b[n-1] == 0 {
		n--
	}
	if n == 2 {
		s, p := (*[2]int64)(sums), (*[3]int64)(products)
		s[0] += sign * (b[0] - a[0])
		s[1] += sign * (b[1] - a[1])
		p[0] += sign * (b[0]*b[0] - a[0]*a[0])
		p[1] += sign * (b[1]*b[0] - a[1]*a[0])
		p[2] += sign * (b[1]*b[1] - a[1]*a[1])
		return
	}
	// Covariates are the same at all looks.
	if n == 4 && a[2] == b[2] && a[3] == b[3] {
		d0, d1 := sign*(b[0]-a[0]), sign*(b[1]-a[1])
		s, p := (*[4]int64)(sums), (*[10]int64)(products)
		s[0] += d0
		s[1] += d1
		p[0] += d0 * (b[0] + a[0])
		p[1] += sign * (b[1]*b[0] - a[1]*a[0])
		p[2] += d1 * (b[1] + a[1])
		p[3] += d0 * b[2]
		p[4] += d1 * b[2]
		p[6] += d0 * b[3]
		p[7] += d1 * b[3]
		return
	}
	for i := range n {
		sums[i] += sign * (b[i] - a[i])
		for j := range i + 1 {
			products[j] += sign * (b[i]*b[j] - a[i]*a[j])
		}
		products = products[i+1:]
	}
}
