package reports

import (
	"fmt"
	"html/template"

	"readout/analysis"
	"readout/internal/digits"
)

// maxFigures is how many comparisons are drawn; the page stays small with more of them.
const maxFigures = 12

// A figure is a picture with what it says in words.
type figure struct {
	Picture             picture
	Metric, Variant     string
	Unit, Note, Decided string
	Alt                 string
}

// A series is how a variant is drawn in pictures of all variants.
type series struct {
	Name  string
	Color template.CSS
	// Glyph names the shape of its mark.
	Glyph int
}

// seriesOf returns the series of the variants, in their order.
func seriesOf(card *analysis.Scorecard) []series {
	out := make([]series, len(card.Variants))
	for i, v := range card.Variants {
		out[i] = series{variantName(v), template.CSS(seriesCSS(i)), i % seriesGlyphs}
	}
	return out
}

// effectFigures returns a picture per primary comparison, and sentences for those that
// have none.
func effectFigures(card *analysis.Scorecard) (figures []figure, omitted []string, err error) {
	left := 0
	for i := range card.Metrics {
		m := &card.Metrics[i]
		if m.Role != analysis.Primary {
			continue
		}
		for j := range m.Comparisons {
			if len(figures) == maxFigures {
				left++
				continue
			}
			f, ok, err := effectFigure(m, &m.Comparisons[j])
			if err != nil {
				return nil, nil, err
			}
			if !ok {
				omitted = append(omitted, fmt.Sprintf(plotNone, shortName(m.Comparisons[j].Variant), shortName(m.Name)))
				continue
			}
			figures = append(figures, f)
		}
	}
	if left > 0 {
		omitted = append(omitted, several(int64(left), plotLimitOne, plotLimit))
	}
	return figures, omitted, nil
}

// effectFigure returns the picture of one comparison.
func effectFigure(m *analysis.MetricResult, c *analysis.Comparison) (figure, bool, error) {
	f := figure{Metric: shortName(m.Name), Variant: shortName(c.Variant), Unit: plotEffectUnit, Decided: plotUndecided}
	scale := 1.0
	if m.Kind == kindProportion {
		scale, f.Unit = 100, plotEffectPoint
	}
	drawing, cut, ok, err := effectPlot(c, scale)
	if !ok || err != nil {
		return f, false, err
	}
	f.Picture = drawing
	if cut {
		f.Note = plotCut
	}
	switch {
	case c.Verdict == analysis.NoDifference:
		f.Decided = plotNever
	case c.Record != nil:
		f.Decided = fmt.Sprintf(plotDecided, visible(c.Record.Date))
	}
	first, last := c.Looks[0], c.Looks[len(c.Looks)-1]
	looks := fmt.Sprintf(plotOneLook, visible(first.Date))
	if len(c.Looks) > 1 {
		looks = fmt.Sprintf(plotLooks, digits.Count(int64(len(c.Looks))), visible(first.Date), visible(last.Date))
	}
	f.Alt = fmt.Sprintf(plotEffectAlt, f.Variant, f.Metric, looks,
		effect(m.Kind, last.Effect, last.SE, last.Lo, last.Hi))
	return f, true, nil
}

// usersFigure returns the picture of users over time, or nil when there is none.
func usersFigure(card *analysis.Scorecard) (*figure, error) {
	drawing, ok, err := usersPlot(card)
	if !ok || err != nil {
		return nil, err
	}
	var users []string
	for _, v := range card.Variants {
		users = append(users, variantName(v)+" "+digits.Count(v.Users))
	}
	first, last := card.History[0], card.History[len(card.History)-1]
	return &figure{
		Picture: drawing,
		Alt:     fmt.Sprintf(plotUsersAlt, visible(first.Date), visible(last.Date), list(", ", users...)),
	}, nil
}
