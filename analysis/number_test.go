package analysis

import (
	"encoding/json"
	"testing"
)

func TestCountJSON(t *testing.T) {
	for text, want := range map[string]Count{"0": 0, "7": 7, "9007199254740993": 9007199254740993, "null": Unknown} {
		var got Count
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %d, error %v", text, got, err)
		}
		if back, err := json.Marshal(got); err != nil || string(back) != text {
			t.Errorf("%s: written as %s, error %v", text, back, err)
		}
		if n, ok := want.Get(); ok != (want != Unknown) || ok && n != int64(want) {
			t.Errorf("%s: Get returns %d, %v", text, n, ok)
		}
	}
	for _, text := range []string{"-1", "1.5", `"1"`, "1e3", "9223372036854775808"} {
		var c Count
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("%s: read as %d", text, c)
		}
	}
}
