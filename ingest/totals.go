package ingest

// experimentTotals is one worker's part of an ExperimentResult. What is by look holds the
// changes at each look; what is by arm has all looks of the first arm, then of the next.
type experimentTotals struct {
	users, several  []int64   // by arm and look
	exposed, before []int64   // conversions of exposed users, and before their exposure; by look
	clocks          [][]int64 // users that count, by clock; by phase, arm and look
	metrics         []*metricCells
}

func newExperimentTotals(p *program, looks int, wholeFits bool) *experimentTotals {
	arms := len(p.variants)
	t := &experimentTotals{
		users:   make([]int64, arms*looks),
		several: make([]int64, arms*looks),
		exposed: make([]int64, looks),
		before:  make([]int64, looks),
	}
	cells := (len(p.phases) + 1) * arms * looks
	for range p.clocks {
		t.clocks = append(t.clocks, make([]int64, cells))
	}
	for i := range p.metrics {
		whole := p.metrics[i].whole
		if !wholeFits {
			whole = make([]bool, len(whole))
		}
		t.metrics = append(t.metrics, newMetricCells(whole, cells))
	}
	return t
}

func (t *experimentTotals) merge(o *experimentTotals) {
	addInts(t.users, o.users)
	addInts(t.several, o.several)
	addInts(t.exposed, o.exposed)
	addInts(t.before, o.before)
	for i := range t.clocks {
		addInts(t.clocks[i], o.clocks[i])
	}
	for i := range t.metrics {
		t.metrics[i].merge(o.metrics[i])
	}
}
