package reports

import (
	"fmt"
	"strings"

	"readout/experiment"
	"readout/internal/digits"
)

// maxConditions is how many conditions of an audience a page shows.
const maxConditions = 200

// targetingView is the tab of targeting.
type targetingView struct {
	Note     string
	Audience []conditionView
	Facts    []term
	Include  []string
	Exclude  []string
	Pages    string
}

// conditionView is a condition in words with the conditions it is made of.
type conditionView struct {
	Text  string
	Items []conditionView
}

// targeting returns the tab.
func (s *Site) targeting(p *Page, st standing) targetingView {
	var v targetingView
	zone := s.zone(p)
	add := func(name, text string) {
		if text != "" {
			v.Facts = append(v.Facts, term{name, text})
		}
	}
	if !st.start.IsZero() {
		add("Start", zone.minute(st.start))
	}
	if !st.end.IsZero() {
		add("End", zone.end(st.end))
	}
	if p.State != nil {
		for _, x := range p.State.Extensions {
			add("Extended", fmt.Sprintf("on %s, from %s to %s", zone.date(x.At), zone.end(x.From), zone.end(x.To)))
		}
	}
	if len(v.Facts) > 0 && zone.suffix == "" {
		add("Time zone", visible(zone.location.String()))
	}
	d := p.Definition
	if d == nil {
		v.Note = pageNoDefinition
		return v
	}
	room := maxConditions
	if d.Audience != nil {
		v.Audience = []conditionView{condition(*d.Audience, &room)}
	}
	v.Pages, v.Include, v.Exclude = pages(d.Pages)
	add("Shown", displayWords(d.Display))
	add("Devices", devicesWords(d.Devices))
	add("Coverage", d.Coverage.String()+" of the audience takes part")
	if d.Excluded == experiment.ExcludedReconsider {
		add("Left out users", "are considered again when the coverage grows")
	}
	if d.Exclusion != nil {
		add("Exclusive group", fmt.Sprintf("%s, %s of it: a user is in one experiment of the group at most", shortName(d.Exclusion.Group), d.Exclusion.Share))
	}
	add("Asked for as", shortName(d.Selector))
	add("Groups", clipList(d.Groups, shortName))
	if d.Hash != "" && d.Hash != experiment.HashReadout {
		add("Assigned like", visible(string(d.Hash)))
	}
	return v
}

// condition returns a condition in words, as far as there is room.
func condition(c experiment.Condition, room *int) conditionView {
	switch {
	case len(c.All) > 0:
		return conditionView{"All of these:", conditions(c.All, room)}
	case len(c.Any) > 0:
		return conditionView{"At least one of these:", conditions(c.Any, room)}
	case c.Not != nil:
		return conditionView{"Not this:", conditions([]experiment.Condition{*c.Not}, room)}
	}
	return conditionView{Text: comparisonWords(c.Attribute, c.Operator, c.Values)}
}

// conditions returns several of them.
func conditions(all []experiment.Condition, room *int) []conditionView {
	var out []conditionView
	for i, c := range all {
		if *room <= 0 {
			return append(out, conditionView{Text: fmt.Sprintf(pageMore, digits.Count(int64(len(all)-i)))})
		}
		*room--
		out = append(out, condition(c, room))
	}
	return out
}

// comparisonWords says what is asked of an attribute or a column.
func comparisonWords(name string, operator experiment.Operator, values []experiment.Scalar) string {
	words := visible(strings.ReplaceAll(string(operator), "_", " "))
	switch operator {
	case experiment.OpIn:
		words = "is one of"
	case experiment.OpNotIn:
		words = "is none of"
	case experiment.OpMatches:
		words = "matches the pattern"
	case experiment.OpExists:
		if len(values) == 1 && values[0].Text == "false" {
			return shortName(name) + " is not known"
		}
		return shortName(name) + " is known"
	}
	return shortName(name) + " " + words + " " + clipList(values, scalar)
}

// pages says on which pages the experiment is shown.
func pages(p experiment.Pages) (all string, include, exclude []string) {
	if len(p.Include) == 0 && len(p.Exclude) == 0 {
		return "all pages", nil, nil
	}
	if len(p.Include) == 0 {
		all = "all pages but those excluded"
	}
	return all, pageRules(p.Include), pageRules(p.Exclude)
}

// pageRules says rules in words, of many only the first.
func pageRules(rules []experiment.PageRule) []string {
	var out []string
	for i, r := range rules {
		if i == maxValues {
			return append(out, fmt.Sprintf(pageMore, digits.Count(int64(len(rules)-i))))
		}
		operator := visible(strings.ReplaceAll(string(r.Operator), "_", " "))
		out = append(out, "URL "+operator+" "+cutText(visible(r.Text)))
	}
	return out
}

// cutText cuts a long text.
func cutText(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// displayWords says how often a user sees the experiment.
func displayWords(d experiment.Display) string {
	switch d {
	case experiment.DisplayAlways:
		return "always"
	case experiment.DisplayOnce:
		return "once per user"
	case experiment.DisplayOncePerVisit:
		return "once per visit"
	}
	return visible(string(d))
}

// devicesWords says on which devices it is shown.
func devicesWords(d experiment.Devices) string {
	switch d {
	case experiment.DevicesAll:
		return "all devices"
	case experiment.DevicesMobile:
		return "mobile devices only"
	case experiment.DevicesDesktop:
		return "desktops only"
	}
	return visible(string(d))
}
