package experiment

// scorecard returns the rule of the lists of metrics.
func (d *experimentDecoder) scorecard() rule {
	s := &d.e.Scorecard
	used := make(map[string]string)
	list := func(role string, target *[]*Metric) rule {
		return rule{func(l *node) {
			d.list(l, role, func(item *node) {
				if name, ok := d.text(item, role); ok && d.role(item, name, role, used) {
					*target = append(*target, d.names.metrics[name])
				}
			})
		}, setShape(textShape())}
	}
	return d.objectRule("scorecard",
		field{"primary", list("primary", &s.Primary), ""},
		field{"secondary", list("secondary", &s.Secondary), ""},
		field{"guardrails", rule{func(g *node) { d.guardrails(g, used) },
			mapShape(namePattern, objectShape(d.guardrailFields(&Guardrail{})))}, ""},
	)
}

// role checks that a metric is known and on one list only.
func (d *experimentDecoder) role(n *node, name, role string, used map[string]string) bool {
	m, known := d.names.metrics[name]
	switch {
	case known:
		d.blocked = d.blocked || m == nil
	case d.names.complete:
		d.errorf(n, "%s", Unknown("metric", name, d.names.metricOrder))
		return false
	default:
		// A file of metrics could not be read: nobody can say that the name is wrong.
		d.blocked = true
		return false
	}
	if other, twice := used[name]; twice {
		d.errorf(n, "metric %q is on the scorecard already, as %s", clip(name), other)
		return false
	}
	used[name] = role
	return true
}

// guardrails reads {METRIC: {margin: 2%}}.
func (d *experimentDecoder) guardrails(n *node, used map[string]string) {
	if n.kind != kindMapping {
		d.errorf(n, "guardrails: want a mapping such as {latency: {margin: 2%%}}, got %s", n.describe())
		return
	}
	for _, p := range n.pairs {
		g := Guardrail{}
		known := d.role(p.key, p.key.text, "guardrail", used)
		d.object(p.value, "guardrail "+clip(p.key.text), d.guardrailFields(&g)...)
		if known {
			g.Metric = d.names.metrics[p.key.text]
			d.e.Scorecard.Guardrails = append(d.e.Scorecard.Guardrails, g)
		}
	}
}

// guardrailFields returns the keys of a guardrail.
func (d *experimentDecoder) guardrailFields(g *Guardrail) []field {
	return []field{{"margin", rule{func(m *node) {
		x, ok := d.percent(m, "margin")
		if ok && x == 0 {
			d.errorf(m, "margin: must be above 0%%")
		}
		g.Margin = x
	}, percentShape()}, "margin is missing: how much worse is still acceptable, such as 2%"}}
}
