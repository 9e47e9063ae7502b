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

// Alerts write their figures in words, shares in percent and p-values as tables do.
func TestFiguresOfChecksAreInWords(t *testing.T) {
	f := func(name string, value analysis.Number, want string) {
		t.Helper()
		c := analysis.Check{Name: "several_variants", Severity: analysis.Warning, Numbers: []analysis.CheckNumber{{Name: name, Value: value}}}
		if got := checkOf(c).Figures; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f("p", def(1e-300), "p < 1e-300")
	f("sequential_p", def(0.00042), "p for a look every day 4.20e-04")
	f("smallest_sequential_p", def(0.25), "smallest p for a look every day 0.250")
	f("p_same_share", def(0.012), "p of equal shares in all arms 0.0120")
	f("level", def(0.0002), "alarms below p 2.00e-04")
	f("ln_e_value", def(9.5), "logarithm of the e-value 9.5")
	f("ln_e_value", def(-1.4e-14), "logarithm of the e-value 0")
	f("ln_e_value", def(-0.01703), "logarithm of the e-value -0.017")
	f("ln_e_value", analysis.Number{}, "logarithm of the e-value -")
	f("chi_square", def(12.25), "chi-square 12.25")
	f("degrees_of_freedom", def(5), "degrees of freedom 5")
	f("largest_deviation", def(0.125), "largest deviation 12.50%")
	f("share", def(0.0123), "share 1.23%")
	f("share", analysis.Number{}, "share -")
	f("before_start", def(12345), "before start 12,345")
}
