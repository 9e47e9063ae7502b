package reports

import (
	"fmt"
	"strings"
	"testing"

	"readout/analysis"
)

// One is not many: sentences that count say so of one.
func TestSentencesOfOne(t *testing.T) {
	card := base()
	for i := range maxFigures + 1 {
		m := purchased()
		m.Name = fmt.Sprint("metric", i)
		withLooks(&m.Comparisons[0], day("2026-01-20"), 1)
		card.Metrics = append(card.Metrics, m)
	}
	figures, omitted, err := effectFigures(&card)
	if err != nil || len(figures) != maxFigures || len(omitted) != 1 || !strings.HasPrefix(omitted[0], "The picture of 1 further comparison is left out") {
		t.Errorf("%d pictures, %q, %v", len(figures), omitted, err)
	}
	if got := figures[0].Alt; !strings.HasPrefix(got, "Effect of big on metric0 at one look, on 2026-01-20. The last: ") {
		t.Errorf("description: %s", got)
	}
	plan := analysis.PlanLine{Family: []string{"purchased: big"}, Correction: "bonferroni", AlphaEach: def(0.05)}
	if got := familyLine(&plan); got != "One comparison has all of alpha (0.05): purchased: big." {
		t.Errorf("family of one: %s", got)
	}
	var data analysis.DataRead
	for range maxLeftOut + 1 {
		data.LeftOut = append(data.LeftOut, analysis.LeftOut{Text: "x", Rows: 1})
	}
	if left := leftOuts(&data); left[len(left)-1] != "and 1 more kind" {
		t.Errorf("left out: %q", left)
	}
}
