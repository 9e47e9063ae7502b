package experiment

import (
	"slices"
	"strconv"
)

// metrics reads a mapping of names to metrics.
func (d *decoder) metrics(n *node, defaults Defaults, add func(*node, *Metric)) {
	if n.kind != kindMapping {
		d.errorf(n, "metrics: want a mapping of names to metrics, got %s", n.describe())
		return
	}
	for _, p := range n.pairs {
		add(p.key, d.metric(p.key, p.value, defaults))
	}
}

// metric reads one metric. It returns nil after reporting a fault.
func (d *decoder) metric(key, n *node, defaults Defaults) *Metric {
	faults := len(*d.errs)
	d.name(key, key.text, "metric")
	m := &Metric{
		Name: key.text, File: d.file, Line: key.line,
		Goal: Goals()[0], Sides: AllSides()[0], Immature: ImmaturePolicies()[0], Lookback: defaults.Lookback,
	}
	what := "metric " + clip(key.text)
	if n.kind == kindMapping && (n.get("numerator") != nil || n.get("denominator") != nil) {
		d.ratio(n, what, m)
	} else {
		d.single(n, what, m)
	}
	if len(*d.errs) > faults {
		return nil
	}
	return m
}

// judged returns the fields that metrics of every kind have.
func (d *decoder) judged(m *Metric) []field {
	return []field{
		{"description", d.textInto(&m.Description, "description"), ""},
		{"goal", choice(d, &m.Goal, "goal", Goals()), ""},
		{"sides", choice(d, &m.Sides, "sides", AllSides()), ""},
		{"immature", choice(d, &m.Immature, "immature", ImmaturePolicies()), ""},
		{"lookback", d.lookback(&m.Lookback), ""},
	}
}

// singleFields returns the keys of a metric of one column, or of a quantile.
func (d *decoder) singleFields(m *Metric) []field {
	quantile := field{"quantile", rule{func(q *node) {
		x, ok := d.number(q, "quantile")
		if ok && (x <= 0 || x >= 1) {
			d.errorf(q, "quantile: %s is not between 0 and 1, both exclusive", q.text)
			return
		}
		m.Quantile = x
	}, numberShape()}, ""}
	return slices.Concat(d.column(&m.Numerator), []field{quantile}, d.judged(m))
}

// single reads a metric of one column, or a quantile.
func (d *decoder) single(n *node, what string, m *Metric) {
	fields := d.singleFields(m)
	m.Numerator.Window.Open = true
	if !d.object(n, what, fields...) {
		return
	}
	if n.get("quantile") == nil {
		d.checkColumn(n, &m.Numerator)
		return
	}
	for _, key := range []string{"aggregate", "cap"} {
		if value := n.get(key); value != nil {
			d.errorf(value, "%s: a quantile of single values has no %s", what, key)
		}
	}
	m.Numerator.Aggregate = ""
}

// ratioFields returns the keys of a metric of two columns. Its window and
// filters hold for both columns where they have none of their own.
func (d *decoder) ratioFields(m *Metric) []field {
	m.Denominator = &Column{}
	shared := &Column{Window: Window{Open: true}}
	sharedFields := slices.DeleteFunc(d.column(shared), func(f field) bool {
		return f.key != "window" && f.key != "where"
	})
	part := func(what string, c *Column) rule {
		return rule{func(n *node) { d.part(n, what, c, *shared) }, objectShape(d.column(&Column{}))}
	}
	// Both are decoded before the columns, which take them over.
	parts := []field{
		{"numerator", part("numerator", &m.Numerator), "a ratio needs a numerator"},
		{"denominator", part("denominator", m.Denominator), "a ratio needs a denominator"},
	}
	return slices.Concat(sharedFields, parts, d.judged(m))
}

// ratio reads a metric of two columns.
func (d *decoder) ratio(n *node, what string, m *Metric) {
	if n.get("cap") != nil {
		d.errorf(n.get("cap"), "%s: put the cap of a ratio into its numerator or denominator", what)
		n = without(n, "cap")
	}
	if n.get("event") != nil {
		d.errorf(n.get("event"), "%s: has an event beside numerator and denominator: write one or the other", what)
		n = without(n, "event")
	}
	d.object(n, what, d.ratioFields(m)...)
}

// without returns a mapping without one of its keys.
func without(n *node, key string) *node {
	out := *n
	out.pairs = slices.DeleteFunc(slices.Clone(n.pairs), func(p pair) bool { return p.key.text == key })
	return &out
}

// part reads the numerator or denominator of a ratio.
func (d *decoder) part(n *node, what string, c *Column, shared Column) {
	c.Window, c.Where = shared.Window, shared.Where
	if d.object(n, what, d.column(c)...) {
		d.checkColumn(n, c)
	}
}

// column returns the fields of a column.
func (d *decoder) column(c *Column) []field {
	c.Aggregate = Aggregates()[0]
	return []field{
		{"event", d.textInto(&c.Event, "event"), "event is missing: the name of the conversions that count"},
		{"aggregate", choice(d, &c.Aggregate, "aggregate", Aggregates()), ""},
		{"window", rule{func(n *node) { d.window(n, &c.Window) },
			anyShape(durationShape(), objectShape(d.windowFields(&Window{})))}, ""},
		{"where", rule{func(n *node) { d.where(n, c) }, listShape(d.comparisonShape("column"))}, ""},
		{"cap", rule{func(n *node) { d.cap(n, c) }, objectShape(d.capFields(&Cap{}, &CapBound{}))}, ""},
	}
}

// checkColumn reports fields that do not go together.
func (d *decoder) checkColumn(n *node, c *Column) {
	// An aggregate with a fault of its own is not known to be any.
	aggregate := n.get("aggregate")
	if known := aggregate == nil || aggregate.text == string(AggregateAny); known && c.Cap != nil && c.Aggregate == AggregateAny {
		d.errorf(n.get("cap"), "cap: aggregate any is 0 or 1 and has nothing to cap")
	}
}

// window reads 7d, or {from: 6d, to: 8d}.
func (d *decoder) window(n *node, w *Window) {
	read := Window{}
	if n.kind != kindMapping {
		to, ok := d.duration(n, "window")
		if !ok {
			return
		}
		read.To = to
	} else {
		faults := len(*d.errs)
		d.object(n, "window", d.windowFields(&read)...)
		if len(*d.errs) > faults {
			return
		}
	}
	if read.To <= read.From {
		d.errorf(n, "window: its end must be later than its beginning")
		return
	}
	*w = read
}

// windowFields returns the keys of a window.
func (d *decoder) windowFields(w *Window) []field {
	return []field{
		{"from", d.durationInto(&w.From, "window from"), ""},
		{"to", d.durationInto(&w.To, "window to"), "to is missing: a window must end"},
	}
}

// where reads a list of filters of conversion rows.
func (d *decoder) where(n *node, c *Column) {
	c.Where = nil
	d.list(n, "where", func(item *node) {
		if name, op, values, ok := d.comparison(item, "where", "column"); ok {
			c.Where = append(c.Where, Filter{name, op, values})
		}
	})
}

// cap reads {percentile: 99.9}, {value: 500}, or {lower: …, upper: …}.
func (d *decoder) cap(n *node, c *Column) {
	faults := len(*d.errs)
	read := &Cap{}
	upper := &CapBound{}
	d.object(n, "cap", d.capFields(read, upper)...)
	if len(*d.errs) > faults {
		return
	}
	if n.get("percentile") != nil || n.get("value") != nil {
		if read.Upper != nil || read.Lower != nil {
			d.errorf(n, "cap: write either percentile or value, or lower and upper")
			return
		}
		read.Upper = upper
	}
	d.checkCap(n, read, upper)
	if len(*d.errs) == faults {
		c.Cap = read
	}
}

// capFields returns the keys of a cap. A bound without lower or upper goes to plain.
func (d *decoder) capFields(c *Cap, plain *CapBound) []field {
	users := new(string)
	end := func(what string, bound **CapBound) rule {
		return rule{func(b *node) { *bound = d.capEnd(b, what) }, objectShape(d.capBound(&CapBound{}))}
	}
	return append(d.capBound(plain),
		field{"lower", end("cap lower", &c.Lower), ""},
		field{"upper", end("cap upper", &c.Upper), ""},
		field{"users", choice(d, users, "users", []string{"non-zero", "all"}).then(func(*node) { c.ZeroUsers = *users == "all" }), ""},
	)
}

// checkCap reports bounds that are missing or contradict each other.
func (d *decoder) checkCap(n *node, c *Cap, plain *CapBound) {
	switch {
	case c.Lower == nil && c.Upper == nil:
		d.errorf(n, "cap: has no bound: write percentile or value, or lower and upper")
	case c.Upper == plain && n.get("percentile") != nil && n.get("value") != nil:
		d.errorf(n, "cap: write either percentile or value")
	case c.Lower == nil || c.Upper == nil || c.Lower.IsPercentile != c.Upper.IsPercentile:
	case c.Lower.Value >= c.Upper.Value && !c.Lower.IsPercentile,
		c.Lower.Percentile >= c.Upper.Percentile && c.Lower.IsPercentile:
		d.errorf(n, "cap: lower must be below upper")
	}
}

// capEnd reads one end of a cap.
func (d *decoder) capEnd(n *node, what string) *CapBound {
	b := &CapBound{}
	if d.object(n, what, d.capBound(b)...) && (n.get("percentile") == nil) == (n.get("value") == nil) {
		d.errorf(n, "%s: write either percentile or value", what)
	}
	return b
}

// capBound returns the fields of a bound.
func (d *decoder) capBound(b *CapBound) []field {
	return []field{
		{"percentile", rule{func(n *node) {
			x, ok := d.number(n, "percentile")
			if ok && (x <= 0 || x >= 100) {
				d.errorf(n, "percentile: %s is not between 0 and 100, both exclusive", n.text)
				return
			}
			// Dividing the digits avoids a second rounding: 99.9 is 0.999.
			if exact, err := strconv.ParseFloat(n.text+"e-2", 64); err == nil {
				x = exact
			} else {
				x /= 100
			}
			*b = CapBound{Percentile: x, IsPercentile: true}
		}, numberShape()}, ""},
		{"value", rule{func(n *node) {
			if x, ok := d.number(n, "value"); ok {
				*b = CapBound{Value: x}
			}
		}, numberShape()}, ""},
	}
}
