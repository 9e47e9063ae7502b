package sequential

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"readout/internal/goldentest"
)

// goldenCase is a reference case of testdata/group_sequential.json; its source says which
// program and version computed it.
type goldenCase struct {
	ID, Kind, Source string
	Input            struct {
		Spending      string
		Param         *float64
		Alpha, Beta   float64
		Sides         int
		Info          []float64
		SpendingTime  []float64  `json:"spending_time"`
		ZUpper        []*float64 `json:"z_upper"`
		ZLower        []*float64 `json:"z_lower"`
		Drift         float64
		Power         float64
		StopLook      int `json:"stop_look"`
		Z             float64
		Confidence    float64 `json:"conf"`
		UpperSpending string  `json:"upper_spending"`
		LowerSpending string  `json:"lower_spending"`
		Binding       bool
	}
	Expected struct {
		ZUpper     []*float64 `json:"z_upper"`
		ZLower     []*float64 `json:"z_lower"`
		CumAlpha   []float64  `json:"cum_alpha_per_side"`
		CumBeta    []float64  `json:"cum_beta"`
		ZAtInfo    []*float64 `json:"z_spend_at_info"`
		CumAtInfo  []float64  `json:"cum_alpha_at_info"`
		ZFinalAll  []*float64 `json:"z_final_spends_all"`
		CumAll     []float64  `json:"cum_alpha_final_all"`
		ExitUpper  []float64  `json:"exit_upper"`
		ExitLower  []float64  `json:"exit_lower"`
		DriftUpper float64    `json:"drift_upper_only"`
		DriftTotal float64    `json:"drift_total"`
		FixedDrift float64    `json:"fixed_drift"`
		Inflation  float64    `json:"gs_inflation"`
		ExpectedH0 float64    `json:"gs_en_h0"`
		ExpectedH1 float64    `json:"gs_en_h1"`
		PUpper     float64    `json:"p_upper"`
		Median     float64    `json:"drift_median_unbiased"`
		StageLo    float64    `json:"drift_lower"`
		StageHi    *float64   `json:"drift_upper"`
		PlanFactor float64    `json:"inflation"`
		PlanDrift  float64    `json:"drift"`
		PlanH0     float64    `json:"en_h0"`
		PlanH1     float64    `json:"en_h1"`
	}
	Rtol, Atol float64
	Reference  *struct {
		ZUpper []*float64 `json:"z_upper"`
	}
}

// goldenCases returns the cases of a kind, and what counts them.
func goldenCases(t *testing.T, kind string) ([]goldenCase, *goldentest.Tally) {
	t.Helper()
	text, err := os.ReadFile("testdata/group_sequential.json")
	if err != nil {
		t.Fatal(err)
	}
	var all, cases []goldenCase
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Kind == kind {
			cases = append(cases, c)
		}
	}
	if len(cases) == 0 {
		t.Fatalf("no case of kind %s", kind)
	}
	return cases, &goldentest.Tally{File: "group_sequential.json: " + kind, Cases: len(cases)}
}

// goldenSpending translates the names that the cases use.
func goldenSpending(t *testing.T, name string, parameter *float64) Spending {
	t.Helper()
	if i := strings.IndexByte(name, '('); i > 0 {
		x, err := strconv.ParseFloat(strings.TrimSuffix(name[i+1:], ")"), 64)
		if err != nil {
			t.Fatal(err)
		}
		name, parameter = name[:i], &x
	}
	ours := map[string]string{
		"lan_demets_obf": "obrien-fleming", "ldof": "obrien-fleming",
		"lan_demets_pocock": "pocock", "ldpocock": "pocock",
		"kim_demets": "kim-demets", "kd2": "kim-demets",
		"hwang_shih_decani": "hwang-shih-decani", "hsdm4": "hwang-shih-decani",
	}
	s, err := NewSpending(ours[name], parameter)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

func mustInformation(tb testing.TB, info []float64) Process {
	tb.Helper()
	p, err := FromInformation(info)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// increments returns what each look may spend over all sides.
func increments(s Spending, times []float64, alpha float64, sides int) []float64 {
	spend := make([]float64, len(times))
	var before float64
	for k, t := range times {
		f := Spent(s, t, alpha, sides)
		spend[k], before = f-before, f
	}
	return spend
}

// criticals turns the bounds of a case, null where no stop is possible, into ours.
func criticals(z []*float64) []Critical {
	bounds := make([]Critical, len(z))
	for k, v := range z {
		if v != nil {
			bounds[k] = Critical{Value: *v, Finite: true}
		}
	}
	return bounds
}

func closeTo(t *testing.T, what string, got, want, rtol, atol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rtol*math.Abs(want)+atol) {
		t.Errorf("%s: got %.12g, want %.12g", what, got, want)
	}
}

// spentByComplement is the error of alpha that the reference programs make when they
// compute it as 1 - Φ: a few times 2⁻⁵³. Where next to nothing is spent it moves their
// critical value by that much over the density, up to 1e-4 at alpha 1e-12; ours is
// computed from the tail itself.
const spentByComplement = 4 * 0x1p-53

// ofComplement is what the cases that need it are counted as.
const ofComplement = "a look spends less than 1e-9, which the program computed as 1 - Φ; ours is the tail itself"

// Where a case has null, its look spends so little that the program had no bound. We still
// have one, at least this far out: below 1e-12 is spent in the efficacy cases, and below
// 1e-5 in those with futility.
const (
	nullBound         = 6.5
	nullFutilityBound = 4.3
)

// compareBounds compares with the bounds of a case, where null means beyond far. It returns
// ofComplement where a bound is as wanted only up to that error, and nothing otherwise.
func compareBounds(t *testing.T, id string, got []Critical, want []*float64, far, rtol, atol float64) string {
	t.Helper()
	differs := ""
	for k, z := range want {
		if z == nil {
			if got[k].Finite && got[k].Value < far {
				t.Errorf("%s: look %d has critical value %v, want next to none", id, k+1, got[k].Value)
			}
			continue
		}
		if !got[k].Finite {
			t.Errorf("%s: look %d has no critical value, want %v", id, k+1, *z)
		}
		slack := 0.0
		if size := math.Abs(*z); math.Abs(got[k].Value-*z) > rtol*size+atol && upperTail(size) < 1e-9 {
			differs, slack = ofComplement, spentByComplement/density(size)
		}
		closeTo(t, fmt.Sprintf("%s: look %d", id, k+1), got[k].Value, *z, rtol, atol+slack)
	}
	return differs
}

func TestGoldenBoundaries(t *testing.T) {
	for _, kind := range []string{"boundary", "calendar_spending"} {
		cases, out := goldenCases(t, kind)
		for _, c := range cases {
			in := c.Input
			times := in.SpendingTime
			if times == nil {
				times = in.Info
			}
			spending := goldenSpending(t, in.Spending, in.Param)
			for k, u := range times {
				perSide := Spent(spending, u, in.Alpha, in.Sides) / float64(in.Sides)
				closeTo(t, c.ID+": alpha spent", perSide, c.Expected.CumAlpha[k], 1e-9, 1e-12)
			}
			got, err := Boundaries(mustInformation(t, in.Info), increments(spending, times, in.Alpha, in.Sides), in.Sides)
			if err != nil {
				t.Fatalf("%s: %v", c.ID, err)
			}
			differs := compareBounds(t, c.ID, got, c.Expected.ZUpper, nullBound, c.Rtol, 0)
			if c.Reference != nil {
				differs = compareBounds(t, c.ID+" (reference)", got, c.Reference.ZUpper, nullBound, 1e-8, 0)
			}
			out.Add(differs)
		}
		out.Log(t)
	}
}

func TestGoldenOverAndUnderRunning(t *testing.T) {
	cases, out := goldenCases(t, "over_under_running")
	for _, c := range cases {
		in := c.Input
		spending := goldenSpending(t, in.Spending, map[string]*float64{"kd2": new(2.0), "hsdm4": new(-4.0)}[in.Spending])
		p := mustInformation(t, in.Info)
		times := make([]float64, len(in.Info))
		for k, level := range in.Info {
			times[k] = min(level, 1)
		}
		got, err := Boundaries(p, increments(spending, times, in.Alpha, in.Sides), in.Sides)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		differs := compareBounds(t, c.ID, got, c.Expected.ZAtInfo, nullBound, c.Rtol, 0)

		times[len(times)-1] = 1
		got, err = Boundaries(p, increments(spending, times, in.Alpha, in.Sides), in.Sides)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		out.Add(cmp.Or(differs, compareBounds(t, c.ID+" (last look spends all)", got, c.Expected.ZFinalAll, nullBound, c.Rtol, 0)))
	}
	out.Log(t)
}

// coarseGrid is the absolute error of the exit probabilities of the cases, which gsDesign
// computed with its default grid, r = 18. TestExitProbabilitiesByLikelihoodRatio holds ours
// to 1e-11 by another route.
const coarseGrid = 3e-8

func TestGoldenExitProbabilities(t *testing.T) {
	cases, out := goldenCases(t, "exit_prob")
	for _, c := range cases {
		d := Design{Process: mustInformation(t, c.Input.Info), Upper: criticals(c.Input.ZUpper)}
		if c.Input.Sides == 2 {
			d.Lower = Mirror(d.Upper)
		}
		exit, err := d.ExitProbabilities(d.Process.Means(c.Input.Drift * math.Sqrt(c.Input.Info[len(c.Input.Info)-1])))
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		for k := range exit.Upper {
			closeTo(t, fmt.Sprintf("%s: above at look %d", c.ID, k+1), exit.Upper[k], c.Expected.ExitUpper[k], c.Rtol, coarseGrid)
			if c.Input.Sides == 2 {
				closeTo(t, fmt.Sprintf("%s: below at look %d", c.ID, k+1), exit.Lower[k], c.Expected.ExitLower[k], c.Rtol, coarseGrid)
			}
		}
		out.Add("")
	}
	out.Log(t)
}

func TestGoldenDriftForPower(t *testing.T) {
	cases, out := goldenCases(t, "drift_for_power")
	for _, c := range cases {
		in, want := c.Input, c.Expected
		d := Design{Process: mustInformation(t, in.Info), Upper: criticals(in.ZUpper)}
		if in.Sides == 2 {
			d.Lower = Mirror(d.Upper)
		}
		drift, err := d.DriftForPower(in.Power)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		closeTo(t, c.ID+": drift", drift, want.DriftUpper, c.Rtol, 0)
		// Our power leaves out the wrong side. With it counted, too, the power is that of the
		// case at its smaller drift.
		exit, err := d.ExitProbabilities(d.Process.Means(want.DriftTotal))
		if err != nil {
			t.Fatal(err)
		}
		both := 0.0
		for k := range exit.Upper {
			both += exit.Upper[k]
			if in.Sides == 2 {
				both += exit.Lower[k]
			}
		}
		closeTo(t, c.ID+": power with both sides", both, in.Power, c.Rtol, 0)
		fixed, err := FixedDrift(in.Alpha, in.Sides, in.Power)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, c.ID+": fixed drift", fixed, want.FixedDrift, 1e-9, 0)
		inflation, err := d.Inflation(in.Alpha, in.Sides, in.Power)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, c.ID+": inflation", inflation, want.Inflation, c.Rtol, 0)
		for at, want := range map[float64]float64{0: want.ExpectedH0, drift: want.ExpectedH1} {
			share, err := d.ExpectedInformation(at)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, fmt.Sprintf("%s: expected information at drift %v", c.ID, at), share*inflation, want, c.Rtol, 0)
		}
		out.Add("")
	}
	out.Log(t)
}

func TestGoldenStagewise(t *testing.T) {
	cases, out := goldenCases(t, "stagewise")
	for _, c := range cases {
		in, want := c.Input, c.Expected
		k := in.StopLook
		d := Design{Process: mustInformation(t, in.Info[:k]), Upper: criticals(in.ZUpper[:k])}
		if in.Sides == 2 {
			d.Lower = Mirror(d.Upper)
		}
		got, err := d.Stagewise(in.Z, in.Confidence)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		// The cases give drifts per root of information, ours is that of the last look.
		scale := 1 / math.Sqrt(in.Info[k-1])
		closeTo(t, c.ID+": p", got.PUpper, want.PUpper, c.Rtol, 0)
		closeTo(t, c.ID+": estimate", got.Median*scale, want.Median, c.Rtol, 1e-6)
		closeTo(t, c.ID+": lower end", got.Lo*scale, want.StageLo, c.Rtol, 1e-6)
		// Two cases have no upper end: it lay beyond what their program searched.
		if want.StageHi != nil {
			closeTo(t, c.ID+": upper end", got.Hi*scale, *want.StageHi, c.Rtol, 1e-6)
		}
		out.Add("")
	}
	out.Log(t)
}

func TestGoldenFutility(t *testing.T) {
	cases, out := goldenCases(t, "futility")
	for _, c := range cases {
		in, want := c.Input, c.Expected
		process, drift := mustInformation(t, in.Info), want.PlanDrift
		alpha := increments(goldenSpending(t, in.UpperSpending, nil), in.Info, in.Alpha, 1)
		beta := increments(goldenSpending(t, in.LowerSpending, nil), in.Info, in.Beta, 1)
		d := Design{Process: process}
		var err error
		if in.Binding {
			d.Upper, d.Lower = criticals(want.ZUpper), criticals(want.ZLower)
			exit, err := d.ExitProbabilities(process.Means(0))
			if err != nil {
				t.Fatalf("%s: %v", c.ID, err)
			}
			// gsDesign has no boundary where a look spends about 5e-7 or less.
			spent, planned := 0.0, 0.0
			for k := range alpha {
				spent, planned = spent+exit.Upper[k], planned+alpha[k]
				closeTo(t, fmt.Sprintf("%s: alpha spent by look %d", c.ID, k+1), spent, planned, 0, 1e-6)
			}
		} else {
			if d.Upper, err = Boundaries(process, alpha, 1); err != nil {
				t.Fatalf("%s: %v", c.ID, err)
			}
			compareBounds(t, c.ID+": above", d.Upper, want.ZUpper, nullFutilityBound, c.Rtol, c.Atol)
		}
		if d.Lower, err = FutilityBounds(process, d.Upper, beta, process.Means(drift)); err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		d.Lower[len(d.Lower)-1] = d.Upper[len(d.Upper)-1]
		compareBounds(t, c.ID+": below", d.Lower, want.ZLower, nullFutilityBound, c.Rtol, c.Atol)
		power, err := d.Power(drift)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		closeTo(t, c.ID+": power", power, 1-in.Beta, c.Rtol, c.Atol)
		fixed, err := FixedDrift(in.Alpha, 1, 1-in.Beta)
		if err != nil {
			t.Fatal(err)
		}
		inflation := drift * drift / (fixed * fixed)
		closeTo(t, c.ID+": inflation", inflation, want.PlanFactor, c.Rtol, c.Atol)
		for at, want := range map[float64]float64{0: want.PlanH0, drift: want.PlanH1} {
			share, err := d.ExpectedInformation(at)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, fmt.Sprintf("%s: expected information at drift %v", c.ID, at), share*inflation, want, c.Rtol, c.Atol)
		}
		out.Add("")
	}
	out.Log(t)
}
