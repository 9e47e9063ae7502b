package daily

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// lookText is a line of the log.
func lookText(experiment, metric, config string, number int) string {
	return fmt.Sprintf(`{"experiment":%q,"metric":%q,"variant":"big","date":"2026-01-10","at":"2026-01-11T00:00:00Z","look":%d,"config":%q,"alpha":0.05,"time":0.5,"spent":0.01,`+
		`"information":4,"correlation":null,"effect":0.1,"se":0.5,"df":98,"lift":0.1,"lift_lo":-0.2,"lift_hi":null,"z":0.2,"critical":2.5,"ln_p":-0.1,"crossed":false,"control":[],"treatment":[]}`+"\n",
		experiment, metric, number, config)
}

// Lines of experiments that nobody asks for are passed over, whatever they say; those that are not
// as the program writes them are looked into, to know whose they are.
func TestLooksOfOthers(t *testing.T) {
	first, second := lookText("a", "m", "c", 1), lookText("a", "m", "c", 2)
	moved := "{" + strings.TrimSuffix(strings.TrimPrefix(second, `{"experiment":"a",`), "}\n") + `,"experiment":"a"}` + "\n"
	path := filepath.Join(t.TempDir(), looksFile)
	for _, c := range []struct {
		log, last, want string
		looks           int
	}{
		{first + lookText("b", "m", "c", 7) + moved, "a", "", 2},
		{first + `{"experiment":"b",nonsense}` + "\n", "b", "", 1},
		{first + `{"experiment":"b","metric":` + "\n", "", ":2: not a look", 0},
		{first + `{"experiment":"a","metric":}` + "\n", "", ":2: not a look", 0},
		{first + "nonsense\n", "", ":2: not a look", 0},
		{first + `{"experiment":"\u0061` + strings.TrimPrefix(lookText("a", "n", "c", 1), `{"experiment":"a`), "a", "", 2},
	} {
		if err := os.WriteFile(path, []byte(c.log), 0o644); err != nil {
			t.Fatal(err)
		}
		log, err := readLooks(path, []string{"a", "not there"})
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), path+c.want) {
				t.Errorf("%s: %v, want %q", c.log, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.log, err)
			continue
		}
		if got := len(log.of("a")); got != c.looks || log.last != c.last || len(log.of("b")) > 0 {
			t.Errorf("%s: %d looks of a, want %d; the last is of %s, want %s; %d looks of b", c.log, got, c.looks, log.last, c.last, len(log.of("b")))
		}
	}
}

// A log from whose middle lines were taken, or that has one twice, is an error with the place: what
// these looks spent would be spent again. Definitions of a test are numbered each by itself.
func TestLooksThatAreMissing(t *testing.T) {
	line := func(metric, config string, number int) string { return lookText("a", metric, config, number) }
	path := filepath.Join(t.TempDir(), looksFile)
	for _, c := range []struct{ log, want string }{
		{line("m", "c", 1) + line("n", "c", 1) + line("m", "c", 2) + line("m", "d", 1) + line("m", "c", 3), ""},
		{line("m", "c", 1) + line("n", "c", 1) + line("m", "c", 3), ":3: look 3 of experiment a, metric m, variant big, where look 2 should be"},
		{line("m", "c", 2), ":1: look 2 of experiment a, metric m, variant big, where look 1 should be"},
		{line("m", "c", 1) + line("m", "c", 1), ":2: look 1 of experiment a, metric m, variant big, where look 2 should be"},
	} {
		if err := os.WriteFile(path, []byte(c.log), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := readLooks(path, []string{"a"})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.log, err, c.want)
		}
	}
}
