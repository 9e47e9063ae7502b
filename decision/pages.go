package decision

import (
	"fmt"
	"regexp"
	"strings"

	"readout/experiment"
)

// pages are the rules of where an experiment is shown.
type pages struct {
	include, exclude []func(page) bool
}

// page is a URL in the forms that rules compare.
type page struct {
	whole string // as it was sent
	query string // whole without the fragment
	path  string // whole without query and fragment
	host  int    // length of scheme and host, which have no case; 0 without a scheme
}

func newPage(url string) page {
	p := page{whole: url}
	p.query, _, _ = strings.Cut(url, "#")
	p.path, _, _ = strings.Cut(p.query, "?")
	if i := strings.Index(p.path, "://"); i >= 0 {
		begin := i + len("://")
		p.host = len(p.path)
		if end := strings.IndexByte(p.path[begin:], '/'); end >= 0 {
			p.host = begin + end
		}
	}
	return p
}

// at reports whether text stands at position i of form, which is whole or a beginning of it:
// in any case within scheme and host, else as it is.
func (p page) at(form string, i int, text string) bool {
	if i < 0 || i+len(text) > len(form) {
		return false
	}
	found := form[i : i+len(text)]
	host := min(max(p.host-i, 0), len(text))
	return found[host:] == text[host:] && strings.EqualFold(found[:host], text[:host])
}

// contains reports whether text stands anywhere in form.
func (p page) contains(form, text string) bool {
	if p.host == 0 {
		return strings.Contains(form, text)
	}
	for i := range min(p.host, len(form)) {
		if p.at(form, i, text) {
			return true
		}
	}
	return strings.Contains(form[min(p.host, len(form)):], text)
}

// compilePages returns the rules. What of a URL counts:
//
//	operator     scheme and host    path            query                    fragment
//	matches      as sent            as sent         as sent                  as sent
//	contains     any case           case counts     counts                   only if the rule has a #
//	starts_with  any case           case counts     counts                   only if the rule has a #
//	ends_with    any case           case counts,    only if the rule         only if the rule has a #
//	                                last / does not has a ?
//	                                unless the rule
//	                                ends with one
func compilePages(p experiment.Pages) (pages, error) {
	var out pages
	for _, part := range []struct {
		rules []experiment.PageRule
		into  *[]func(page) bool
	}{{p.Include, &out.include}, {p.Exclude, &out.exclude}} {
		for _, rule := range part.rules {
			test, err := pageRule(rule)
			if err != nil {
				return pages{}, fmt.Errorf("pages: %w", err)
			}
			*part.into = append(*part.into, test)
		}
	}
	return out, nil
}

func pageRule(rule experiment.PageRule) (func(page) bool, error) {
	text := rule.Text
	fragment := strings.Contains(text, "#")
	form := func(p page) string {
		if fragment {
			return p.whole
		}
		return p.query
	}
	switch rule.Operator {
	case experiment.OpContains:
		return func(p page) bool { return p.contains(form(p), text) }, nil
	case experiment.OpStartsWith:
		return func(p page) bool { return p.at(form(p), 0, text) }, nil
	case experiment.OpEndsWith:
		end := form
		if !fragment && !strings.Contains(text, "?") {
			slash := strings.HasSuffix(text, "/")
			end = func(p page) string {
				if slash {
					return p.path
				}
				return strings.TrimSuffix(p.path, "/")
			}
		}
		return func(p page) bool { return p.at(end(p), len(end(p))-len(text), text) }, nil
	case experiment.OpMatches:
		pattern, err := regexp.Compile(rule.Text)
		if err != nil {
			return nil, fmt.Errorf("matches: %w", err)
		}
		return func(p page) bool { return pattern.MatchString(p.whole) }, nil
	}
	return nil, fmt.Errorf("unknown operator %q", rule.Operator)
}

// match reports whether the experiment is shown at a URL: included by a rule, or without
// any, and excluded by none. Without a URL no include rule holds.
func (p pages) match(url string) bool {
	if len(p.include) == 0 && len(p.exclude) == 0 {
		return true
	}
	at := newPage(url)
	included := len(p.include) == 0
	for _, rule := range p.include {
		included = included || url != "" && rule(at)
	}
	for _, rule := range p.exclude {
		included = included && !(url != "" && rule(at))
	}
	return included
}
