package reports

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/digits"
)

// indexView is everything that the template of the index writes.
type indexView struct {
	Style   template.CSS
	Title   string
	AsOf    string
	Groups  []indexGroup
	Nothing string
}

// indexGroup is the experiments in one part of their lives.
type indexGroup struct {
	Title string
	// Anchor is where the list of groups leads, Count how many experiments there are.
	Anchor, Count string
	Rows          []indexRow
}

// indexRow is one experiment.
type indexRow struct {
	Link, Title, Name string
	Standing          standing
	Users             string
	Class, Sentence   string
	Marks             []word
	// status is where the row stands: that of Standing, or archived.
	status experiment.Status
	// rank orders the experiments of a group, those of equal rank by when they were decided, the
	// latest first, then by name.
	rank    int
	decided time.Time // zero while nothing is
}

// archived stands for the status of what is archived: completed, and put away.
const archived experiment.Status = "Archived"

// groups are the headings of the index: what needs a decision comes first.
func groups() []struct {
	title    string
	statuses []experiment.Status
} {
	return []struct {
		title    string
		statuses []experiment.Status
	}{
		{"Ready for review", []experiment.Status{experiment.ReadyForReview}},
		{"Running", []experiment.Status{experiment.Running}},
		{"Not started", []experiment.Status{experiment.Scheduled, experiment.Draft}},
		{"Completed", []experiment.Status{experiment.Completed}},
		{"Archived", []experiment.Status{archived}},
		{"Other", nil},
	}
}

// index returns the view of all experiments.
func (s *Site) index(all []indexRow) (indexView, error) {
	style, err := styleSheet()
	v := indexView{Style: style, Title: list(" / ", visible(s.Organization), visible(s.Project))}
	zone := s.zone(nil)
	if !s.At.IsZero() {
		v.AsOf = fmt.Sprintf(pageAsOf, zone.minute(s.At), zone.location)
	}
	if len(all) == 0 {
		v.Nothing = pageNoExperiments
	}
	groups := groups()
	rows := make([][]indexRow, len(groups))
	for _, row := range all {
		g := groupOf(row.status)
		rows[g] = append(rows[g], row)
	}
	for g, group := range groups {
		slices.SortStableFunc(rows[g], func(a, b indexRow) int { return cmp.Or(a.rank-b.rank, b.decided.Compare(a.decided)) })
		if len(rows[g]) > 0 {
			v.Groups = append(v.Groups, indexGroup{
				Title: group.title, Anchor: strings.ReplaceAll(strings.ToLower(group.title), " ", "-"),
				Count: digits.Count(int64(len(rows[g]))), Rows: rows[g],
			})
		}
	}
	return v, err
}

// groupOf returns the group of a status; the last one has what belongs nowhere.
func groupOf(status experiment.Status) int {
	all := groups()
	for g, group := range all {
		for _, have := range group.statuses {
			if have == status {
				return g
			}
		}
	}
	return len(all) - 1
}

// rankOf ranks what to do by how soon somebody should look at it.
func rankOf(action string) int {
	switch action {
	case analysis.ActionInvestigate, analysis.ActionStopForHarm:
		return rankWrong
	case analysis.ActionShip:
		return rankShip
	case analysis.ActionStopFutility:
		return rankStop
	}
	return rankRest
}

// The ranks of experiments in their group: where something is wrong, what may be shipped,
// what may be stopped, and what goes on as it is.
const (
	rankWrong = iota
	rankShip
	rankStop
	rankRest
)

// indexRow returns one experiment. What has been decided needs no attention any more.
func (s *Site) indexRow(p *Page) indexRow {
	st := s.standing(p)
	a := s.advice(p, st)
	row := indexRow{
		Link: pageFile(p.name()), Title: p.title(), Name: visible(p.name()),
		Standing: st, Users: missing, Class: a.Class, Sentence: a.Sentence, rank: rankRest,
		status: experiment.Status(st.Status),
	}
	if p.State != nil && p.State.Archived {
		row.status = archived
	}
	if p.State != nil && p.State.Decision != nil {
		row.decided = p.State.Decision.At
	}
	if p.Stale != "" {
		row.Marks = append(row.Marks, word{pageStaleMark, "bad", "!"})
	}
	if p.Card == nil {
		return row
	}
	var users int64
	for _, v := range p.Card.Variants {
		users += v.Users
	}
	row.Users = digits.Count(users)
	row.rank = rankOf(p.Card.Recommendation.Action)
	if st.Status == string(experiment.Completed) {
		row.rank = rankRest
		return row
	}
	var checks []checkView
	for _, c := range p.Card.Checks {
		if needsAttention(c) {
			checks = append(checks, checkOf(c))
		}
	}
	sortChecks(checks)
	for _, c := range checks {
		c.Word.Text = list(" ", c.Word.Text+":", c.Name)
		row.Marks = append(row.Marks, c.Word)
	}
	return row
}
