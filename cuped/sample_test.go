package cuped_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"readout/moments"
)

// sample is a file of testdata: per column name one number per user, NaN where it is empty.
type sample map[string][]float64

func readSample(t *testing.T, name string) sample {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := sample{}
	for _, record := range records[1:] {
		for i, column := range records[0] {
			v := math.NaN()
			if record[i] != "" {
				if v, err = strconv.ParseFloat(record[i], 64); err != nil {
					t.Fatal(err)
				}
			}
			s[column] = append(s[column], v)
		}
	}
	return s
}

// arms returns the moment sets of control and treatment with the named columns.
// "const" is a column of threes.
func (s sample) arms(columns ...string) (control, treatment moments.Set) {
	sets := [2]moments.Set{moments.New(len(columns)), moments.New(len(columns))}
	row := make([]float64, len(columns))
	for i, variant := range s["variant"] {
		for j, c := range columns {
			if row[j] = 3; c != "const" {
				row[j] = s[c][i]
			}
		}
		sets[int(variant)].Add(row...)
	}
	return sets[0], sets[1]
}

// impute replaces missing values of x and adds the column m that marks them.
func (s sample) impute(with float64) sample {
	out := sample{"variant": s["variant"], "y": s["y"], "x": slices.Clone(s["x"])}
	for i, x := range out["x"] {
		mark := 0.0
		if math.IsNaN(x) {
			out["x"][i], mark = with, 1
		}
		out["m"] = append(out["m"], mark)
	}
	return out
}

// complete returns the users without missing x.
func (s sample) complete() sample {
	out := sample{}
	for i, x := range s["x"] {
		if !math.IsNaN(x) {
			for _, c := range []string{"variant", "y", "x"} {
				out[c] = append(out[c], s[c][i])
			}
		}
	}
	return out
}

// observedMean returns the mean of the values of x that are not missing.
func (s sample) observedMean() float64 {
	var sum, n float64
	for _, x := range s["x"] {
		if !math.IsNaN(x) {
			sum += x
			n++
		}
	}
	return sum / n
}

func near(got, want, rtol float64) bool {
	return math.Abs(got-want) <= rtol*math.Max(math.Abs(want), 1e-6)
}

func wantNear(t *testing.T, what string, got, want, rtol float64) {
	t.Helper()
	if !near(got, want, rtol) {
		t.Errorf("%s = %.15g, want %.15g within %g", what, got, want, rtol)
	}
}
