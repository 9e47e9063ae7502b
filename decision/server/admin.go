package server

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"readout/decision"
	"readout/experiment"
)

//go:embed admin.html
var adminPage string

// Admin returns what answers on the listener of those who run the service: a page with all
// experiments, and the question which variant a visitor gets and why. It changes nothing.
func (s *Server) Admin() http.Handler {
	page := template.Must(template.New("admin").Parse(adminPage))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.page(w, r, page) })
	mux.HandleFunc("GET /explain", s.explain)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "nothing is served at this path")
	})
	return s.guard(mux)
}

// guard makes an answer of a fault of the program.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if fault := recover(); fault != nil {
				s.log.Error("request failed", "route", "admin", "fault", describeFault(fault), "stack", string(debug.Stack()))
				writeError(w, http.StatusInternalServerError, internalError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// explain answers GET /explain?user=…&experiment=…, with url, device, session and
// attribute.NAME where they matter; without experiment about all of them.
func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	answers, status, err := s.explanations(r)
	if err != nil {
		writeError(w, status, err.Error())
		return
	}
	body, err := json.Marshal(map[string]any{"explanations": answers})
	if err != nil {
		writeError(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, append(body, '\n'))
}

func (s *Server) explanations(r *http.Request) ([]decision.Explanation, int, error) {
	snapshot := s.snapshot()
	if snapshot == nil {
		return nil, http.StatusServiceUnavailable, errors.New(notReady)
	}
	values := r.URL.Query()
	id := values.Get("user")
	if id == "" {
		return nil, http.StatusBadRequest, errors.New("say which user: /explain?user=ID&experiment=NAME")
	}
	if err := checkVisitor(id, values.Get("url")); err != nil {
		return nil, http.StatusBadRequest, err
	}
	experiments := snapshot.All()
	var asked *decision.Experiment // nil for all
	if name := values.Get("experiment"); name != "" {
		x := snapshot.Experiment(name)
		if x == nil {
			return nil, http.StatusNotFound, fmt.Errorf("no experiment has the name %q", name)
		}
		asked, experiments = x, snapshot.Selector(x.Definition().Selector)
	}
	attributes := make(decision.Attributes)
	for name, value := range values {
		if attribute, ok := strings.CutPrefix(name, "attribute."); ok {
			attributes[attribute] = decision.ParseValue(value[0])
		}
	}
	v := &decision.Visitor{
		ID: id, Session: values.Get("session"), URL: values.Get("url"), Device: values.Get("device"),
		Known: snapshot.Known(id, attributes),
	}
	names := make([]string, len(experiments))
	for i, x := range experiments {
		names[i] = x.Definition().Name
	}
	remembered := make([]decision.Assignment, len(names))
	if len(names) > 0 {
		if err := s.store.Get(r.Context(), id, names, remembered); err != nil {
			return nil, http.StatusServiceUnavailable, err
		}
	}
	out := decision.ExplainAll(experiments, v, remembered, s.now())
	if asked != nil {
		i := slices.Index(experiments, asked)
		out = out[i : i+1]
	}
	return out, http.StatusOK, nil
}

// pageData is what the page shows.
type pageData struct {
	Project     string
	Now         string
	Ready       bool
	Experiments []pageExperiment
	Question    map[string]string
	Answers     []decision.Explanation
	Fault       string
}

type pageExperiment struct {
	Name, Title, Type, Selector string
	Groups                      string
	Status                      experiment.Status
	From, To                    string
	Progress                    int // in percent
	Coverage, Display, Devices  string
	Variants                    []pageVariant
}

type pageVariant struct{ Name, Share, Note string }

func (s *Server) page(w http.ResponseWriter, r *http.Request, page *template.Template) {
	now := s.now().UTC()
	data := pageData{Question: make(map[string]string)}
	for _, name := range []string{"user", "experiment", "url", "device", "session"} {
		data.Question[name] = r.URL.Query().Get(name)
	}
	if snapshot := s.snapshot(); snapshot != nil {
		data.Ready = true
		p := snapshot.Published()
		data.Project = p.Organization + " / " + p.Project
		if location, err := time.LoadLocation(p.TimeZone); err == nil {
			now = now.In(location)
		}
		for _, x := range snapshot.All() {
			data.Experiments = append(data.Experiments, pageOf(x.Definition(), now))
		}
	}
	data.Now = now.Format("2006-01-02 15:04 MST")
	if data.Question["user"] != "" {
		answers, _, err := s.explanations(r)
		data.Answers = answers
		if err != nil {
			data.Fault = err.Error()
		}
	}
	var out bytes.Buffer
	if err := page.Execute(&out, data); err != nil {
		writeError(w, http.StatusInternalServerError, err.Error())
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes())
}

// pageOf shows an experiment at an instant, with all instants in the zone of that.
func pageOf(def *experiment.PublishedExperiment, now time.Time) pageExperiment {
	const layout = "2006-01-02 15:04"
	e := pageExperiment{
		Name: def.Name, Title: def.Title, Type: string(def.Type), Selector: def.Selector,
		Groups: strings.Join(def.Groups, ", "), Status: def.StatusAt(now),
		To: def.End.In(now.Location()).Format(layout), Coverage: def.Coverage.String(),
		Display: string(def.Display), Devices: string(def.Devices),
	}
	if def.Start != nil {
		e.From = def.Start.In(now.Location()).Format(layout)
		if span := def.End.Sub(*def.Start); span > 0 {
			e.Progress = int(100 * min(1, max(0, float64(now.Sub(*def.Start))/float64(span))))
		}
	}
	for _, v := range def.Variants {
		pv := pageVariant{Name: v.Name, Share: v.Traffic.String()}
		if at, ok := def.StoppedAt(v.Name); ok && !now.Before(at) {
			pv.Note = "stopped"
		}
		if d := def.Decision; d != nil && d.Variant == v.Name {
			pv.Note = "the winner, for everybody"
		}
		e.Variants = append(e.Variants, pv)
	}
	return e
}
