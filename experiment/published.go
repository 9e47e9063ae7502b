package experiment

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// PublishedVersion is the version of published.json that this program writes
// and reads.
const PublishedVersion = 1

// Published is the content of published.json: everything the decision service
// needs to know of a project, and nothing else. It holds no secret, no path but
// those of readout.yaml as they are written there, no name of a person and no
// time of writing, so that the same project, log and instant give the same bytes.
//
// Shares are in millionths, instants in UTC.
type Published struct {
	Version      int                   `json:"version"`
	Checksum     string                `json:"checksum"` // SHA-256, in hex, of the content; see Encode
	Organization string                `json:"organization"`
	Project      string                `json:"project"`
	TimeZone     string                `json:"time_zone"` // IANA name
	Exposures    PublishedExposures    `json:"exposures"`
	Profiles     *PublishedProfiles    `json:"profiles,omitempty"` // nil when the project has none
	Holdouts     []Holdout             `json:"holdouts"`           // in file order
	Experiments  []PublishedExperiment `json:"experiments"`        // by name
	// Withheld names experiments that are under way, cannot be published and
	// were not published before: a service keeps what it knows of them.
	Withheld []string `json:"withheld"`
}

// PublishedExposures is where exposures go and what their columns are called.
type PublishedExposures struct {
	Path     string          `json:"path"` // as written; relative to the project directory
	Columns  ExposureColumns `json:"columns"`
	Segments []string        `json:"segments"`
}

// PublishedProfiles is the table of user attributes.
type PublishedProfiles struct {
	Snapshot           string   `json:"snapshot"` // name below state/profiles, which is its checksum; empty when there is none yet
	ID                 string   `json:"id"`       // column of the user's id
	RequestMayOverride []string `json:"request_may_override"`
}

// PublishedExperiment is what serving needs to know of one experiment or
// personalization.
type PublishedExperiment struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Type     Type   `json:"type"`
	Status   Status `json:"status"` // at the publish; StatusAt follows the clock
	Archived bool   `json:"archived"`

	Salt     string     `json:"salt"`
	Hash     Hash       `json:"hash"`
	Selector string     `json:"selector"`
	Groups   []string   `json:"groups"`
	Start    *time.Time `json:"start,omitempty"` // first instant; nil for a Draft without one
	End      time.Time  `json:"end"`             // first instant after enrolment

	Phases   []Phase              `json:"phases"`
	Variants []PublishedVariant   `json:"variants"` // in file order
	Stopped  []PublishedVariantAt `json:"stopped"`  // in the order of stopping
	Decision *PublishedVariantAt  `json:"decision,omitempty"`

	Audience  *Condition `json:"audience,omitempty"` // nil for everybody; names of audiences are resolved
	Pages     Pages      `json:"pages"`
	Display   Display    `json:"display"`
	Devices   Devices    `json:"devices"`
	Coverage  Share      `json:"coverage"`
	Forced    []Forced   `json:"forced"` // in file order
	Exclusion *Exclusion `json:"exclusion,omitempty"`
	Excluded  Excluded   `json:"excluded"`
}

// PublishedVariant is one thing that users may get.
type PublishedVariant struct {
	Name    string          `json:"name"`
	Traffic Share           `json:"traffic"`           // as defined, also of a stopped variant; all sum to Whole
	Payload json.RawMessage `json:"payload,omitempty"` // compact JSON with its template applied; nil for none
}

// PublishedVariantAt is a variant that was stopped, or decided for, at an instant.
type PublishedVariantAt struct {
	Variant string    `json:"variant"`
	At      time.Time `json:"at"`
}

// StatusAt returns the status at t, as it follows from the instants alone.
func (e *PublishedExperiment) StatusAt(t time.Time) Status {
	switch {
	case e.Status == Draft || e.Start == nil:
		return Draft
	case t.Before(*e.Start):
		return Scheduled
	case e.Decision != nil && !t.Before(e.Decision.At):
		return Completed
	case t.Before(e.End):
		return Running
	}
	return ReadyForReview
}

// StoppedAt returns the instant from which a variant is stopped.
func (e *PublishedExperiment) StoppedAt(name string) (time.Time, bool) {
	for _, v := range e.Stopped {
		if v.Variant == name {
			return v.At, true
		}
	}
	return time.Time{}, false
}

// NewPublished returns what is to be served from now on. The checksum is set by
// [Published.Encode].
//
// An experiment under way whose file has a fault, or an edit that [CheckEdits]
// refuses, keeps the definition of last, which is what was published before or
// nil, with the facts of the log. A Draft with a fault is left out. So one
// experiment never holds up the others, and nobody is assigned anew by mistake.
// An archived one without a file is kept while ranges of others depend on its own.
//
// The snapshot of the profiles is that of last until the caller sets another.
func NewPublished(p *Project, log *Log, last *Published, now time.Time) Published {
	out := Published{
		Version: PublishedVersion, Organization: p.Organization, Project: p.Name, TimeZone: p.Location.String(),
		Exposures: PublishedExposures{p.Data.Exposures.Path, p.Data.Exposures.Columns, list(p.Data.Exposures.Segments)},
		Holdouts:  list(p.Holdouts), Experiments: []PublishedExperiment{}, Withheld: []string{},
	}
	if profiles := p.Data.Profiles; profiles != nil {
		out.Profiles = &PublishedProfiles{ID: profiles.ID, RequestMayOverride: list(profiles.RequestMayOverride)}
		if last != nil && last.Profiles != nil {
			out.Profiles.Snapshot = last.Profiles.Snapshot
		}
	}
	done := make(map[string]bool)
	for _, e := range p.Experiments {
		s := log.State(e)
		if len(checkEdits(log, e, now)) == 0 {
			done[e.Name] = true
			out.Experiments = append(out.Experiments, newPublishedExperiment(e, s, now))
		}
	}
	for _, name := range log.Experiments() {
		s, _ := log.Recorded(name)
		if done[name] || s.Status == Draft {
			continue
		}
		if e, ok := last.experiment(name); ok {
			e.setFacts(s, now)
			out.Experiments = append(out.Experiments, e)
		} else if !s.Archived {
			out.Withheld = append(out.Withheld, name)
		}
	}
	held := rangesHeld(out.Experiments)
	out.Experiments = slices.DeleteFunc(out.Experiments, func(e PublishedExperiment) bool {
		return e.Archived && !done[e.Name] && !held[e.Name]
	})
	slices.SortFunc(out.Experiments, func(a, b PublishedExperiment) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// experiment returns a published experiment, also of nothing published.
func (p *Published) experiment(name string) (PublishedExperiment, bool) {
	if p == nil {
		return PublishedExperiment{}, false
	}
	return p.Experiment(name)
}

// Experiment returns the experiment of that name.
func (p *Published) Experiment(name string) (PublishedExperiment, bool) {
	for _, e := range p.Experiments {
		if e.Name == name {
			return e, true
		}
	}
	return PublishedExperiment{}, false
}

// newPublishedExperiment takes the definition from YAML and the facts from the log.
func newPublishedExperiment(e *Experiment, s State, now time.Time) PublishedExperiment {
	out := PublishedExperiment{
		Name: e.Name, Title: e.Title, Type: e.Type, Salt: e.Salt, Hash: e.Hash,
		Selector: e.Selector, Groups: list(e.Groups),
		Audience: e.Audience, Pages: e.Pages, Display: e.Display, Devices: e.Devices, Coverage: e.Coverage,
		Forced: list(e.Forced), Exclusion: e.Exclusion, Excluded: e.Excluded,
	}
	for _, v := range e.Variants {
		out.Variants = append(out.Variants, PublishedVariant{v.Name, v.Traffic, v.Payload})
	}
	out.setFacts(s, now)
	return out
}

// setFacts takes everything from the log that the log knows.
func (e *PublishedExperiment) setFacts(s State, now time.Time) {
	e.Status, e.Archived = s.At(now), s.Archived
	e.Start, e.End = nil, s.End.UTC()
	if !s.Start.IsZero() {
		e.Start = instant(s.Start)
	}
	e.Phases = list(s.Phases())
	for i := range e.Phases {
		e.Phases[i].From = e.Phases[i].From.UTC()
	}
	e.Stopped, e.Decision = []PublishedVariantAt{}, nil
	for _, v := range s.Stopped {
		e.Stopped = append(e.Stopped, PublishedVariantAt{v.Variant, v.At.UTC()})
	}
	if s.Decision != nil {
		e.Decision = &PublishedVariantAt{s.Decision.Variant, s.Decision.At.UTC()}
	}
}

// list returns a list that is never nil, so that JSON has [] and not null.
func list[T any](items []T) []T { return append([]T{}, items...) }
