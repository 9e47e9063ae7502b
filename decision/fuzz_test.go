package decision

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"readout/experiment"
)

// FuzzCompile: whatever a published state says of its experiments, each is served or a fault, and
// who is asked about gets a variant that there is.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","type":"experiment","status":"Running","salt":"a","hash":"readout","selector":"a","start":"2026-01-05T00:00:00Z","end":"2026-02-02T00:00:00Z","phases":[],` +
			`"variants":[{"name":"control","traffic":500000},{"name":"big","traffic":500000,"payload":{"a":"{{ attribute.v | split: ',' | uniq | size }}"}}],"stopped":[],"display":"always","devices":"all","coverage":1000000,"forced":[],"excluded":"stay"}`,
		`{"name":"b","type":"personalization","status":"Running","salt":"b","hash":"unleash","selector":"a","groups":["g"],"start":"2026-01-05T00:00:00Z","end":"2026-02-02T00:00:00Z",` +
			`"audience":{"any":[{"not":{"attribute":"v","matches":"^a+$"}},{"attribute":"v","at_least":1.50}]},"pages":{"include":[{"ends_with":"/"}],"exclude":[{"matches":"[?]x"}]},` +
			`"variants":[{"name":"big","traffic":1000000,"payload":"{% if attribute.v > 1 %}a{% endif %}"}],"display":"once","devices":"mobile","coverage":10,"exclusion":{"group":"g","share":1},"excluded":"leave"}`,
	} {
		f.Add([]byte(seed), "v", "https://x.test/a/?x#y")
	}
	at := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte, value, url string) {
		var e experiment.PublishedExperiment
		if json.Unmarshal(data, &e) != nil || !utf8.ValidString(value) {
			return
		}
		s, faults := Compile(&experiment.Published{TimeZone: "UTC", Experiments: []experiment.PublishedExperiment{e}}, nil, nil)
		if len(s.All()) == 0 && len(faults) == 0 {
			t.Fatal("neither served nor a fault")
		}
		for _, x := range s.All() {
			v := &Visitor{ID: value, URL: url, Device: "mobile", Known: s.Known(value, Attributes{"v": ParseValue(value)})}
			o := x.Decide(v, Assignment{}, at, true)
			if o.Shown && x.variant(o.Variant) < 0 || o.Body != nil && !json.Valid(o.Body) {
				t.Errorf("%s: %+v", data, o)
			}
			_ = ExplainAll(s.All(), v, make([]Assignment, 1), at)
		}
	})
}
