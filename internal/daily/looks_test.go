package daily

import (
	"bytes"
	"encoding/json"
	"testing"

	"readout/analysis"
)

// FuzzReadLook: a line of the log is an error, or a look that is written as it was read.
func FuzzReadLook(f *testing.F) {
	const seen = `{"experiment":"a","metric":"m","variant":"big","date":"2026-01-10","at":"2026-01-11T00:00:00Z","look":1,"config":"c","alpha":0.05,"time":0.5,"spent":0.01,` +
		`"information":4,"correlation":null,"effect":0.1,"se":0.5,"df":98,"lift":0.1,"lift_lo":-0.2,"lift_hi":null,"z":0.2,"critical":2.5,"ln_p":-0.1,"crossed":false,` +
		`"control":[{"phase":0,"n":50,"share":1,"weights":[1],"cov":[1.5]}],"treatment":[{"phase":0,"n":50,"share":1,"weights":[1,2],"cov":[1,0,1]}]}`
	f.Add([]byte(seen))
	f.Add([]byte(seen + "}"))
	f.Add(bytes.Replace([]byte(seen), []byte(`"look":1`), []byte(`"look":2,"conversions":[{"users":9,"treatment":1,"control":1,"share":0.5}],"scale":100,"drift":1,"futility":0.1,"futile":true`), 1))
	f.Fuzz(func(t *testing.T, line []byte) {
		var look analysis.Look
		if decodeLook(line, &look) != nil {
			return
		}
		if !json.Valid(line) {
			t.Fatalf("what is no JSON was read: %q", line)
		}
		written, err := json.Marshal(look)
		if err != nil {
			t.Fatal(err)
		}
		var again analysis.Look
		if err := decodeLook(written, &again); err != nil {
			t.Fatalf("written and not readable: %v", err)
		}
		if twice, err := json.Marshal(again); err != nil || !bytes.Equal(written, twice) {
			t.Errorf("%s was read as %s, %v", written, twice, err)
		}
	})
}
