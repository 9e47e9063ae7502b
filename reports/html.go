package reports

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"regexp"
	"time"

	"readout/analysis"
	"readout/experiment"
)

//go:embed html/*.html html/style.css
var htmlFiles embed.FS

// A Site is what the pages of a project show: an index, and a page per experiment.
type Site struct {
	Organization, Project string
	// Location is the zone in which days begin; nil means UTC.
	Location *time.Location
	// At is the instant as of which status and progress are shown.
	At    time.Time
	Pages []Page
}

// A Page is what is known about one experiment. Only its name, or a scorecard, is needed:
// what is missing is left out of the page.
type Page struct {
	Experiment string
	// Card is the latest scorecard, nil while there is none.
	Card *analysis.Scorecard
	// Definition and State are what the experiment's YAML and the lifecycle log say.
	Definition *experiment.Experiment
	State      *experiment.State
	// Stale says why Card is older than it should be, or missing; empty otherwise.
	Stale string
	// stored is where Card and Stale are taken from when the page is written; nil where they are
	// what they are.
	stored *storedCards
}

// html returns the page of an experiment: one file that needs nothing else, without
// scripts, for any browser, for a telephone and for paper. The same input gives the same bytes.
func (s *Site) html(t *template.Template, p *Page) ([]byte, error) {
	view, err := s.page(p)
	if err != nil {
		return nil, fmt.Errorf("page of %s: %w", visible(p.name()), err)
	}
	return execute(t, "page.html", view)
}

// indexHTML returns the page that lists all experiments.
func (s *Site) indexHTML(t *template.Template, rows []indexRow) ([]byte, error) {
	view, err := s.index(rows)
	if err != nil {
		return nil, fmt.Errorf("index page: %w", err)
	}
	return execute(t, "index.html", view)
}

// templates returns the templates of all pages. To parse them costs as much as a page.
func templates() (*template.Template, error) {
	return template.New("pages").Funcs(template.FuncMap{"nowrap": nowrap}).ParseFS(htmlFiles, "html/*.html")
}

// execute fills a template in.
func execute(t *template.Template, name string, view any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, view); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unbroken finds, in text escaped for HTML, dates, intervals, p-values and the flag of a reason: they
// are read as one.
var unbroken = regexp.MustCompile(`--why …|\bp(?:-value)? (?:=|&lt;) [0-9]+(?:\.[0-9]+)?(?:e-[0-9]+)?|\d{4}-\d\d-\d\d(?: \d\d:\d\d)?|\[(?:[-+0-9.,%e ]|no limit)+\](?: pp)?`)

// nowrap escapes a text for HTML and keeps each of these on one line.
func nowrap(text string) template.HTML {
	return template.HTML(unbroken.ReplaceAllString(template.HTMLEscapeString(text), `<span class="nowrap">$0</span>`))
}

// styleSheet returns the style sheet of all pages.
func styleSheet() (template.CSS, error) {
	data, err := htmlFiles.ReadFile("html/style.css")
	return template.CSS(data), err
}

// name returns the name of the page's experiment.
func (p *Page) name() string {
	if p.Experiment == "" && p.Card != nil {
		return p.Card.Experiment
	}
	return p.Experiment
}

// title returns what the experiment is called for people.
func (p *Page) title() string {
	switch {
	case p.Definition != nil && p.Definition.Title != "":
		return visible(p.Definition.Title)
	case p.Card != nil && p.Card.Title != "":
		return visible(p.Card.Title)
	}
	return visible(p.name())
}

// zone returns the zone in which a page writes instants.
func (s *Site) zone(p *Page) zone {
	switch {
	case s.Location != nil:
		return zone{location: s.Location}
	case p != nil && p.Card != nil:
		return zoneOf(p.Card.TimeZone)
	}
	return zone{location: time.UTC}
}
