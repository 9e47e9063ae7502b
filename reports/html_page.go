package reports

import (
	"fmt"
	"html/template"

	"readout/experiment"
)

// pageView is everything that the template of an experiment's page writes. Texts are safe
// to show; the template escapes them for HTML.
type pageView struct {
	Style       template.CSS
	Name, Title string
	Where       string
	Hypothesis  string
	Through     string
	Standing    standing
	Advice      advice
	Stale       string
	Alerts      []checkView
	Results     resultsView
	Variants    variantsView
	Metrics     []definitionView
	MetricsNote string
	Targeting   targetingView
	HasCard     bool
	// NoNumbers says why there are no results where there is no scorecard.
	NoNumbers string
}

// page returns the view of an experiment.
func (s *Site) page(p *Page) (pageView, error) {
	style, err := styleSheet()
	if err != nil {
		return pageView{}, err
	}
	v := pageView{Style: style, Name: visible(p.name()), Title: p.title(), Stale: visible(p.Stale), HasCard: p.Card != nil}
	v.Where, v.Hypothesis = s.where(p)
	v.Standing = s.standing(p)
	v.Advice = s.advice(p, v.Standing)
	zone := s.zone(p)
	v.Through, v.NoNumbers = fmt.Sprintf(pageZone, zone.location), pageNoNumbers
	if p.Card != nil {
		v.Through = fmt.Sprintf(labelThrough, visible(p.Card.Date), visible(p.Card.TimeZone))
		for _, c := range p.Card.Checks {
			if needsAttention(c) {
				alert := checkOf(c)
				alert.Figures = "" // they stand in the list of all checks
				v.Alerts = append(v.Alerts, alert)
			}
		}
		sortChecks(v.Alerts)
		if v.Results, err = results(p.Card, zone); err != nil {
			return v, err
		}
	}
	v.Variants = variants(p, zone)
	v.Metrics = definitions(p, zone)
	if len(v.Metrics) == 0 {
		v.MetricsNote = pageNoRoleMetrics
	}
	if p.Definition != nil && p.Definition.Type == experiment.TypePersonalization {
		v.NoNumbers, v.MetricsNote = pageNoResults, pageNoneServed
	}
	v.Targeting = s.targeting(p, v.Standing)
	return v, nil
}

// where returns whose experiment it is, and its hypothesis.
func (s *Site) where(p *Page) (where, hypothesis string) {
	organization, project, owner := s.Organization, s.Project, ""
	if c := p.Card; c != nil {
		if organization == "" && project == "" {
			organization, project = c.Organization, c.Project
		}
		owner, hypothesis = c.Owner, c.Hypothesis
	}
	if d := p.Definition; d != nil {
		owner, hypothesis = d.Owner, d.Hypothesis
	}
	return list(", ", list(" / ", visible(organization), visible(project)), prefix(labelOwner, visible(owner))), visible(hypothesis)
}
