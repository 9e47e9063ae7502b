package analysis

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"readout/cuped"
	"readout/internal/goldentest"
)

// TestGoldenAlwaysValid holds the procedure's boundary and p-value, from two arms to the
// interval, to gbstats. The cases of the mixture itself (confseq, avlm, given variances of
// effects) are held where it is, in package sequential, whose file this is.
func TestGoldenAlwaysValid(t *testing.T) {
	text, err := os.ReadFile("../sequential/testdata/always_valid.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines []json.RawMessage
	if err := json.Unmarshal(text, &lines); err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase[goldenSequence]
	for _, line := range lines {
		var c goldenCase[goldenSequence]
		// Cases of other sources have other inputs.
		if err := json.Unmarshal(line, &c); !strings.HasPrefix(c.ID, "gbseq") {
			continue
		} else if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		cases = append(cases, c)
	}
	out := goldentest.Tally{File: "always_valid.json: gbstats", Cases: len(cases)}
	for _, c := range cases {
		if strings.Contains(c.Source, "OneSided") {
			out.Add("one-sided by a closed bound that is up to 2% wider, see package sequential")
			continue
		}
		l, why := goldenLook(t, c)
		tuned := alwaysValid{planned: func(Look) float64 { return c.Input.Tuning }}
		l, err := test{alpha: c.Input.Alpha, sides: 2, direction: 1, procedure: tuned}.next(nil, l)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		ci := c.Expected["ci"].([]any)
		c.near(t, "lower end", l.Effect-l.Critical.value*l.SE, ci[0].(float64), 1e-9*l.SE)
		c.near(t, "upper end", l.Effect+l.Critical.value*l.SE, ci[1].(float64), 1e-9*l.SE)
		c.Rtol = 1e-8
		c.holds(t, "p", math.Exp(l.LnP), 0)
		out.Add(why)
	}
	out.Log(t)
}

// goldenSequence is a comparison tuned to a number of users.
type goldenSequence struct {
	goldenEffect
	Tuning float64
}

// goldenLook returns the look of a case, and which convention of it is not ours. With the
// plain ratio of estimate and standard error as the score, radius and p-value are the same.
func goldenLook(t *testing.T, c goldenCase[goldenSequence]) (Look, string) {
	t.Helper()
	if strings.HasPrefix(c.Input.Type, "RegressionAdjusted") {
		l := Look{
			Effect: c.Expected["effect"].(float64), SE: c.Expected["se"].(float64), DF: manyUsers,
			Control: []LookArm{{N: c.Input.A.N}}, Treatment: []LookArm{{N: c.Input.B.N}},
		}
		l.Z = l.Effect / l.SE
		return l, "adjusted estimates are held in package cuped; radius and p-value held from theirs"
	}
	control, treatment, outcome := c.Input.arms(t)
	fit := cuped.Fit(cuped.Model{Outcome: outcome}, control, treatment)
	e, err := effectOf([]pair{{control: fit, treatment: fit}}, []Arm{{Moments: control}}, []Arm{{Moments: treatment}})
	if err != nil {
		t.Fatalf("%s: %v", c.ID, err)
	}
	p, why := partsOf(t, e), "no Student correction of the radius; radius and p-value of the plain ratio held"
	if c.Input.Type == "ProportionStatistic" {
		p, why = p.population(), "variance of a proportion with divisor n; radius and p-value held"
	}
	value, se := p.effect(), p.se()
	if c.Input.Difference == "relative" {
		value, se, why = p.lift(), p.liftSE(), "lift tested by the delta method; radius and p-value held"
	}
	return Look{Effect: value, SE: se, DF: manyUsers, Z: value / se, Control: e.control, Treatment: e.treatment}, why
}
