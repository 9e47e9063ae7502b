package sticky

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"readout/decision"
	"readout/internal/exposure"
)

// drawAssignment returns any assignment that can be remembered.
func drawAssignment(t *rapid.T) decision.Assignment {
	a := decision.Assignment{
		Variant: rapid.SampledFrom([]string{"", "control", "big"}).Draw(t, "variant"),
		Out:     rapid.SampledFrom([]decision.Reason{"", decision.NotCovered, decision.HeldOut}).Draw(t, "out"),
		At:      time.UnixMicro(rapid.Int64Range(-1e15, 1e16).Draw(t, "at")).UTC(),
		Exposed: rapid.Bool().Draw(t, "exposed"),
		Shown:   rapid.Bool().Draw(t, "shown"),
	}
	if n := rapid.IntRange(0, 16).Draw(t, "sessions"); n > 0 {
		a.Sessions = rapid.SliceOfN(rapid.Uint64(), n, n).Draw(t, "hashes")
	}
	return a
}

// drawRow returns any exposure.
func drawRow(t *rapid.T) decision.Exposure {
	text := rapid.StringN(0, 5, 20)
	e := decision.Exposure{Row: exposure.Row{
		User: text.Draw(t, "user"), Experiment: text.Draw(t, "experiment"), Variant: text.Draw(t, "variant"),
		Time: time.UnixMicro(rapid.Int64Range(-1e15, 1e16).Draw(t, "time")).UTC(),
	}}
	for _, name := range rapid.SliceOfNDistinct(text, 0, 3, rapid.ID).Draw(t, "columns") {
		e.Columns = append(e.Columns, name)
		e.Segments = append(e.Segments, rapid.StringN(1, 5, 20).Draw(t, "segment"))
	}
	return e
}

// model is what a store has to behave like.
type model struct {
	remembered map[[2]string]decision.Assignment
	queue      []decision.Exposure
	batch      string
	length     int
	names      map[string]bool
}

// commit makes changes of one visitor as [decision.Store] says.
func (m *model) commit(changes []decision.Change) (lost []int) {
	for i, c := range changes {
		if !m.remembered[[2]string{c.ID, c.Experiment}].Equal(c.Before) {
			lost = append(lost, i)
		}
	}
	if len(lost) > 0 {
		return lost
	}
	for _, c := range changes {
		m.remembered[[2]string{c.ID, c.Experiment}] = c.After
		if c.Exposure != nil {
			m.queue = append(m.queue, *c.Exposure)
		}
	}
	return nil
}

// TestModel: any sequence of commits, batches, dones and restarts does what the model does.
func TestModel(t *testing.T) {
	ids, experiments := []string{"u", "v", "w"}, []string{"a", "b", "c"}
	for name, backing := range backings(t) {
		if name == "disk" {
			// The same code as in memory, a hundred times slower.
			continue
		}
		t.Run(name, func(t *testing.T) {
			b := backing(t)
			rapid.Check(t, func(t *rapid.T) {
				b.wipe(t)
				s := b.open(t)
				m := model{remembered: make(map[[2]string]decision.Assignment), names: make(map[string]bool)}
				t.Repeat(map[string]func(*rapid.T){
					"commit": func(t *rapid.T) {
						id := rapid.SampledFrom(ids).Draw(t, "id")
						var changes []decision.Change
						for _, x := range rapid.SliceOfNDistinct(rapid.SampledFrom(experiments), 1, 3, rapid.ID).Draw(t, "experiments") {
							c := decision.Change{Experiment: x, ID: id, Before: m.remembered[[2]string{id, x}], After: drawAssignment(t)}
							if rapid.IntRange(0, 5).Draw(t, "stale") == 0 {
								c.Before = drawAssignment(t)
							}
							if rapid.Bool().Draw(t, "expose") {
								row := drawRow(t)
								c.Exposure = &row
							}
							changes = append(changes, c)
						}
						want := m.commit(changes)
						lost, err := s.Commit(background, changes)
						if err != nil {
							t.Fatal(err)
						}
						if !slices.Equal(want, lost) {
							t.Fatalf("lost %v, want %v", lost, want)
						}
						for _, i := range lost {
							same(t, "before", m.remembered[[2]string{id, changes[i].Experiment}], changes[i].Before)
						}
					},
					"batch": func(t *rapid.T) {
						limit := rapid.IntRange(1, 4).Draw(t, "limit")
						name, rows := nextBatch(t, s, limit, len(m.queue))
						if m.batch == "" {
							m.batch, m.length = name, min(limit, len(m.queue))
							if (name == "") != (len(m.queue) == 0) || m.names[name] {
								t.Fatalf("batch %q of a queue of %d", name, len(m.queue))
							}
							m.names[name] = name != ""
						}
						same(t, "name", m.batch, name)
						if m.length > 0 || len(rows) > 0 {
							same(t, "rows", m.queue[:m.length], rows)
						}
					},
					"done": func(t *rapid.T) {
						if m.batch == "" {
							t.Skip("no batch")
						}
						done(t, s, m.batch)
						m.queue, m.batch, m.length = m.queue[m.length:], "", 0
					},
					"restart": func(t *rapid.T) {
						b.stop(t, s)
						s = b.open(t)
					},
					"": func(t *rapid.T) {
						for _, id := range ids {
							for i, a := range get(t, s, id, experiments...) {
								same(t, id+" in "+experiments[i], m.remembered[[2]string{id, experiments[i]}], a)
							}
						}
					},
				})
				b.stop(t, s)
			})
		})
	}
}
