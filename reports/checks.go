package reports

import (
	"math"
	"slices"

	"readout/analysis"
)

// checkView is a check of the data.
type checkView struct {
	Word     word
	Name     string
	Sentence string
	Figures  string
}

// needsAttention reports whether somebody has to look at a check.
func needsAttention(c analysis.Check) bool {
	return c.Severity != analysis.OK && c.Severity != analysis.Info
}

// weighsSplit reports whether a check shows an e-value.
func weighsSplit(c analysis.Check) bool {
	return needsAttention(c) && slices.ContainsFunc(c.Numbers, func(n analysis.CheckNumber) bool { return n.Name == "ln_e_value" })
}

// checkOf returns a check, with its figures where somebody has to look at them; the
// sentences of the others say enough.
func checkOf(c analysis.Check) checkView {
	var figures []string
	for _, n := range c.Numbers {
		if needsAttention(c) {
			figures = append(figures, checkFigure(n))
		}
	}
	return checkView{severityWords(c.Severity), nameWords(c.Name), visible(c.Sentence), list(", ", figures...)}
}

// checkFigure writes a figure behind a check, whose name is for programs, in words and in the
// unit that tables have.
func checkFigure(n analysis.CheckNumber) string {
	p := func() string { return pValue(n.Value, analysis.Number{}, analysis.Number{}) }
	switch n.Name {
	case "p":
		return "p " + p()
	case "p_same_share":
		return "p of equal shares in all arms " + p()
	case "sequential_p":
		return "p for a look every day " + p()
	case "smallest_sequential_p":
		return "smallest p for a look every day " + p()
	case "level":
		return "alarms below p " + p()
	case "ln_e_value":
		return "logarithm of the e-value " + logFigure(n.Value)
	case "chi_square":
		return "chi-square " + number(n.Value)
	case "share", "largest_deviation":
		if v, ok := n.Value.Get(); ok {
			return nameWords(n.Name) + " " + percent(v)
		}
	}
	return nameWords(n.Name) + " " + number(n.Value)
}

// logFigure writes a logarithm with at most three decimals. It is a sum of large terms: what is
// left of them where they cancel is nobody's evidence.
func logFigure(n analysis.Number) string {
	if v, ok := n.Get(); ok {
		n = analysis.Defined(math.Round(1000*v) / 1000)
	}
	return number(n)
}
