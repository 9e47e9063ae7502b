package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/digits"
)

// Limits of what a page shows of things without limit.
const (
	maxPayload = 4000
	maxValues  = 20
)

// variantsView is the tab of variants.
type variantsView struct {
	Rows     []variantView
	Note     string
	Payloads bool
}

// variantView is one variant.
type variantView struct {
	Name            string
	Glyph           int
	Color           template.CSS
	Traffic         string
	Users, Share    string
	Several         string
	Template        string
	Payload         string
	Forced, Stopped string
}

// variants returns the tab: the variants of the scorecard, then those that only the definition
// knows. Colours and marks are those of the pictures, which have the same order.
func variants(p *Page, zone zone) variantsView {
	var v variantsView
	seen := make(map[string]bool)
	if p.Card != nil {
		var all int64
		for _, have := range p.Card.Variants {
			all += have.Users
		}
		for _, have := range p.Card.Variants {
			seen[have.Name] = true
			v.Rows = append(v.Rows, countedVariant(have, all))
			describe(&v, p, have.Name, zone)
		}
		v.Note = trafficNote(p.Card)
	}
	if p.Definition != nil {
		for _, d := range p.Definition.Variants {
			if seen[d.Name] {
				continue
			}
			v.Rows = append(v.Rows, variantView{Name: shortName(d.Name), Traffic: d.Traffic.String(), Users: missing, Share: missing, Several: missing})
			describe(&v, p, d.Name, zone)
		}
	}
	for i := range v.Rows {
		v.Rows[i].Glyph, v.Rows[i].Color = i%seriesGlyphs, template.CSS(seriesCSS(i))
	}
	return v
}

// trafficNote says what was planned for all users so far, where the planned traffic has
// changed since the start.
func trafficNote(card *analysis.Scorecard) string {
	var shares []string
	for i, have := range card.Variants {
		if s, ok := plannedOfAll(card, i); ok {
			shares = append(shares, variantName(have)+" "+percent(s))
		}
	}
	if len(shares) == 0 {
		return ""
	}
	return fmt.Sprintf(pageTraffic, list(", ", shares...))
}

// countedVariant returns a variant of the scorecard.
func countedVariant(have analysis.Variant, all int64) variantView {
	v := variantView{
		Name: variantName(have), Traffic: share(analysis.Defined(have.Traffic)),
		Users: digits.Count(have.Users), Share: missing, Several: knownCount(have.Several),
	}
	if all > 0 {
		v.Share = percent(float64(have.Users) / float64(all))
	}
	return v
}

// describe adds to the last row what the definition and the lifecycle know of a variant.
func describe(v *variantsView, p *Page, name string, zone zone) {
	row := &v.Rows[len(v.Rows)-1]
	if p.State != nil {
		for _, s := range p.State.Stopped {
			if s.Variant == name {
				row.Stopped = list(": ", "stopped at "+zone.minute(s.At), visible(s.Why))
			}
		}
	}
	if p.Definition == nil {
		return
	}
	v.Payloads = true
	row.Payload = pageNoPayload
	if d, ok := p.Definition.Variant(name); ok {
		row.Template = visible(d.Template)
		row.Payload = payload(d.Payload)
	}
	for _, f := range p.Definition.Forced {
		if f.Variant == name {
			row.Forced = clipList(f.Users, shortName)
		}
	}
}

// payload returns a JSON document with a line per value, cut to what a page has room for.
func payload(document json.RawMessage) string {
	if len(document) == 0 {
		return pageNoPayload
	}
	var b bytes.Buffer
	if err := json.Indent(&b, document, "", "  "); err != nil {
		b.Reset()
		b.Write(document)
	}
	text, rest := b.String(), ""
	if len(text) > maxPayload {
		text, rest = strings.ToValidUTF8(text[:maxPayload], ""), "\n"+fmt.Sprintf(pageCutText, digits.Count(int64(len(document))))
	}
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n") + rest
}

// clipList joins values with commas, of many only the first.
func clipList[T any](values []T, write func(T) string) string {
	var out []string
	for i, v := range values {
		if i == maxValues {
			out = append(out, fmt.Sprintf(pageMore, digits.Count(int64(len(values)-i))))
			break
		}
		out = append(out, write(v))
	}
	return list(", ", out...)
}

// scalar writes a value of a condition: texts in quotes, so that "1" and 1 differ.
func scalar(s experiment.Scalar) string {
	if s.Kind == experiment.ScalarText {
		return `"` + shortName(s.Text) + `"`
	}
	return shortName(s.Text)
}
