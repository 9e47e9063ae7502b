package main

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"readout/internal/benchdata"
	"readout/moments"
)

// TestSums holds that sums made of moments are the sums of the values.
func TestSums(t *testing.T) {
	values := [][]float64{{1, 2, 3, 4}, {5, 0, 0, 1}, {0.5, 7, 1e6, 2}}
	set := moments.New(4)
	labels := metric{Denominator: &column{}}.labels()
	want := make(figures)
	for _, row := range values {
		set.Add(row...)
		want["n"]++
		for i, a := range labels {
			want[a] += row[i]
			for j := i; j < len(labels); j++ {
				want[a+"*"+labels[j]] += row[i] * row[j]
			}
		}
	}
	got := make(figures)
	got.add("", labels, set)
	if err := differ(want, got); err != nil {
		t.Error(err)
	}
}

func TestDiffer(t *testing.T) {
	want := figures{"a": 1, "b": 0, "c": -3e9}
	for _, c := range []struct {
		name string
		got  figures
		err  string
	}{
		{"equal", figures{"a": 1, "b": 0, "c": -3e9}, ""},
		{"rounded", figures{"a": 1 + 1e-12, "b": 0, "c": -3e9 - 1e-6}, ""},
		{"other", figures{"a": 1 + 1e-8, "b": 0, "c": -3e9}, "a is 1.00000001, want 1"},
		{"not zero", figures{"a": 1, "b": 1e-300, "c": -3e9}, "b is 1e-300, want 0"},
		{"not a number", figures{"a": math.NaN(), "b": 0, "c": -3e9}, "a is NaN, want 1"},
		{"missing", figures{"a": 1, "b": 0}, "no figure c"},
		{"more", figures{"a": 1, "b": 0, "c": -3e9, "d": 0}, "figure d is not wanted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if err := differ(want, c.got); err != nil {
				got = err.Error()
			}
			if got != c.err {
				t.Errorf("%q, want %q", got, c.err)
			}
		})
	}
}

// TestEngine holds that the engine's process answers, with and without a limit of memory and
// at many looks, and that its answer is about all experiments and metrics.
func TestEngine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := generate(t.Context(), []string{"-data", dir, "-size", "T", "-format", "int64"}); err != nil {
		t.Fatal(err)
	}
	answerTo := func(args ...string) answer {
		t.Helper()
		var out bytes.Buffer
		if err := engine(t.Context(), append([]string{"-data", dir, "-experiments", "3"}, args...), &out); err != nil {
			t.Fatal(err)
		}
		var a answer
		if err := json.Unmarshal(out.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	all := answerTo()
	arms := len(benchdata.Variants(0)) + len(benchdata.Variants(1)) + len(benchdata.Variants(2))
	// Per arm: those in several variants, and of every metric n, sums and products.
	if want := arms * (1 + 8*(1+2+3) + 2*(1+4+10)); len(all.Figures) != want {
		t.Errorf("%d figures, want %d", len(all.Figures), want)
	}
	if all.Rows < 60_000 {
		t.Errorf("%d rows", all.Rows)
	}
	var users float64
	for name, value := range all.Figures {
		if strings.HasSuffix(name, "/revenue/n") {
			users += value
		}
		if value == 0 && strings.HasSuffix(name, "/x") {
			t.Errorf("%s is 0", name)
		}
	}
	if users < 2500 || users > 3500 {
		t.Errorf("%v users, want about a fifth of 5000 in each of 3 experiments", users)
	}
	for _, args := range [][]string{{"-looks", "28"}, {"-memory", "1000000"}} {
		if err := differ(all.Figures, answerTo(args...).Figures); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := differ(all.Figures, answerTo("-mature").Figures); err == nil {
		t.Error("users whose window is not over make no difference")
	}
}
