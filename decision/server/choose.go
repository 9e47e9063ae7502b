package server

import (
	"net/http"
	"slices"

	"readout/decision"
	"readout/experiment"
)

// choose answers POST /v1/{org}/projects/{project}/optimization/choose-api.
func (s *Server) choose(e *exchange) {
	snapshot := s.snapshot()
	if snapshot == nil {
		e.refuse(http.StatusServiceUnavailable, notReady)
		return
	}
	if p := snapshot.Published(); e.organization != p.Organization || e.project != p.Project {
		e.refuse(http.StatusNotFound, "this service serves another organization or project")
		return
	}
	if !s.read(e) {
		return
	}
	r, err := parseChoose(e.body)
	if err != nil {
		e.refuse(http.StatusBadRequest, err.Error())
		return
	}
	s.countDevice(r.device)
	id := r.unit()
	q := question{
		snapshot: snapshot, now: e.begin, keep: r.explain, explain: r.explain,
		expose: (!r.everything() || s.exposeBulk) && r.exposure,
		visitor: decision.Visitor{
			ID: id, Session: r.sessionID, URL: r.url, Device: r.device, Known: snapshot.Known(id, r.attributes.known),
		},
		experiments: r.ask(snapshot),
	}
	choices, err := s.decide(e, &q)
	if err != nil {
		s.unavailable(e, err)
		return
	}
	e.out = appendChoices(e.out[:0], choices, r)
	e.answer(http.StatusOK, e.out)
}

// everything reports whether a request names nothing, and so asks about all there is.
func (r *chooseRequest) everything() bool { return len(r.names)+len(r.groups) == 0 }

// ask returns the experiments that a request asks about: those of its names and groups, each
// once, in the order asked; without either all of them.
func (r *chooseRequest) ask(s *decision.Snapshot) []*decision.Experiment {
	if len(r.names) == 1 && len(r.groups) == 0 && r.optimizationType == "" {
		return s.Selector(r.names[0])
	}
	var out []*decision.Experiment
	seen := make(map[*decision.Experiment]bool)
	add := func(found []*decision.Experiment) {
		for _, x := range found {
			if (r.optimizationType == "" || x.Definition().Type == experiment.Type(r.optimizationType)) && !seen[x] {
				seen[x] = true
				out = append(out, x)
			}
		}
	}
	switch {
	case r.everything() && r.optimizationType == "":
		return s.All()
	case r.everything():
		add(s.All())
	}
	for _, name := range r.names {
		add(s.Selector(name))
	}
	for i, group := range r.groups {
		// A group may be large, and be asked for a thousand times.
		if !slices.Contains(r.groups[:i], group) {
			add(s.Group(group))
		}
	}
	return out
}

// appendChoices appends the answer. Bodies are JSON already.
func appendChoices(b []byte, choices []answered, r *chooseRequest) []byte {
	b = append(b, `{"choices":[`...)
	for i := range choices {
		c := &choices[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b = appendText(b, c.experiment.Definition().Selector)
		b = append(b, `,"group":`...)
		b = appendText(b, r.groupOf(c.experiment))
		b = append(b, `,"body":`...)
		b = appendBody(b, c.Body)
		b = append(b, `,"variant":`...)
		if c.Variant == "" {
			b = append(b, "null"...)
		} else {
			b = appendText(b, c.Variant)
		}
		b = append(b, `,"reason":`...)
		b = appendText(b, string(c.Reason))
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

// groupOf returns the group that was asked for, else the first of the experiment's, else "".
func (r *chooseRequest) groupOf(x *decision.Experiment) string {
	groups := x.Definition().Groups
	for _, asked := range r.groups {
		if slices.Contains(groups, asked) {
			return asked
		}
	}
	if len(groups) > 0 {
		return groups[0]
	}
	return ""
}
