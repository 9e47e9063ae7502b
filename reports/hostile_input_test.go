package reports

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"readout/analysis"
	"readout/experiment"
	"readout/moments"
)

// hostileNumber draws what users' values, their means and their co-moments may be, the
// largest and the smallest included.
func hostileNumber(t *rapid.T, label string) float64 {
	return rapid.OneOf(
		rapid.Float64Range(-3, 3), rapid.SampledFrom([]float64{0, 1, 10}), rapid.Float64(),
		rapid.SampledFrom([]float64{-1, 1e-9, 1e9, 5e-324, 1e-320, 1e-160, 1e154, 1e155, 1e300, -1e300, math.MaxFloat64, -math.MaxFloat64}),
	).Draw(t, label)
}

// hostileSet draws moments: of few users, or any numbers at all.
func hostileSet(t *rapid.T, columns int) moments.Set {
	s := moments.New(columns)
	switch rapid.IntRange(0, 5).Draw(t, "kind of moments") {
	case 0:
		// Nobody.
	case 1:
		s.N = rapid.SampledFrom([]int64{1, 2, 3, 100, 1e6, 1 << 53}).Draw(t, "users")
		for i := range s.Mean {
			s.Mean[i] = hostileNumber(t, "mean")
		}
		for i := range s.C {
			s.C[i] = hostileNumber(t, "co-moment")
		}
		if rapid.IntRange(0, 9).Draw(t, "beyond numbers") == 0 {
			s.Mean[0] = rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}).Draw(t, "mean")
			s.C[len(s.C)-1] = rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), -1}).Draw(t, "co-moment")
		}
	case 2:
		// Everybody alike.
		user := make([]float64, columns)
		for i := range user {
			user[i] = hostileNumber(t, "value")
		}
		for range rapid.IntRange(1, 5).Draw(t, "users") {
			s.Add(user...)
		}
	case 3:
		// As many as an always-valid test wants, with one that is far away.
		for i := range rapid.IntRange(100, 300).Draw(t, "users") {
			user := make([]float64, columns)
			for j := range user {
				user[j] = float64((i*7+j*3)%11) / 10
			}
			s.Add(user...)
		}
		far := make([]float64, columns)
		for i := range far {
			far[i] = hostileNumber(t, "value")
		}
		s.Add(far...)
	default:
		for range rapid.IntRange(1, 6).Draw(t, "users") {
			user := make([]float64, columns)
			for i := range user {
				user[i] = hostileNumber(t, "value")
			}
			s.Add(user...)
		}
	}
	return s
}

// hostileRate draws moments of marks, each 0 or 1.
func hostileRate(t *rapid.T, columns int) moments.Set {
	if columns > 1 || rapid.Bool().Draw(t, "few users") {
		s := moments.New(columns)
		for range rapid.IntRange(0, 6).Draw(t, "users") {
			user := make([]float64, columns)
			for i := range user {
				user[i] = float64(rapid.IntRange(0, 1).Draw(t, "mark"))
			}
			s.Add(user...)
		}
		return s
	}
	n := rapid.SampledFrom([]int64{1, 2, 100, 1e6, 1 << 53}).Draw(t, "users")
	marked := rapid.SampledFrom([]int64{0, 1, n / 1000, n / 2, n}).Draw(t, "marked")
	rate := float64(marked) / float64(n)
	return moments.Set{N: n, Mean: []float64{rate}, C: []float64{float64(marked) * (1 - rate)}}
}

// hostileValues are single values of which nothing is known but what is asked.
type hostileValues struct {
	n      int
	at     [3]float64
	atMost moments.Set
}

func (v hostileValues) Len() int { return v.n }

func (v hostileValues) Quantiles(p ...float64) []float64 {
	if v.n == 0 {
		return nil
	}
	return append([]float64(nil), v.at[:len(p)]...)
}

func (v hostileValues) AtMost(float64) moments.Set { return v.atMost }

func (v hostileValues) Pool(more analysis.SegmentValues) analysis.SegmentValues {
	v.n += more.(hostileValues).n
	return v
}

func hostileArm(t *rapid.T, m *experiment.Metric, columns int, before *time.Time) analysis.Arm {
	draw := hostileSet
	if m.Kind() == experiment.KindProportion {
		draw = hostileRate
	}
	arm := analysis.Arm{Moments: draw(t, columns), Converted: rapid.SampledFrom([]int64{0, 1, 50, 1 << 53}).Draw(t, "converted")}
	if before != nil && rapid.Bool().Draw(t, "linked") {
		arm.Previous = &analysis.Joint{Through: *before, Moments: draw(t, 2*columns), Earlier: draw(t, columns)}
	}
	if m.Kind() == experiment.KindQuantile && rapid.IntRange(0, 4).Draw(t, "with values") > 0 {
		v := hostileValues{n: rapid.SampledFrom([]int{0, 1, 2, 100, 1e6, math.MaxInt}).Draw(t, "values"), atMost: hostileSet(t, 2)}
		for i := range v.at {
			v.at[i] = hostileNumber(t, "quantile")
		}
		arm.Values = v
	}
	return arm
}

func hostileMetric(t *rapid.T, name string) *experiment.Metric {
	m := &experiment.Metric{
		Name: name, Goal: rapid.SampledFrom(experiment.Goals()).Draw(t, "goal"), Sides: rapid.SampledFrom(experiment.AllSides()).Draw(t, "sides"),
		Immature:  rapid.SampledFrom(experiment.ImmaturePolicies()).Draw(t, "immature"),
		Numerator: experiment.Column{Event: "e", Aggregate: rapid.SampledFrom(experiment.Aggregates()).Draw(t, "aggregate")},
	}
	m.Numerator.Window = rapid.SampledFrom([]experiment.Window{{Open: true}, {To: time.Hour}, {To: 24 * time.Hour}, {To: 240 * time.Hour}}).Draw(t, "window")
	switch rapid.IntRange(0, 3).Draw(t, "kind of metric") {
	case 0:
		d := m.Numerator
		m.Denominator = &d
	case 1:
		m.Numerator.Aggregate, m.Quantile = "", rapid.SampledFrom([]float64{0.5, 0.99, 1e-9}).Draw(t, "quantile")
	}
	if rapid.Bool().Draw(t, "look-back") {
		m.Lookback = 24 * time.Hour
	}
	return m
}

// hostileExperiment draws what may stand in a definition.
func hostileExperiment(t *rapid.T) *experiment.Experiment {
	e := &experiment.Experiment{
		Name: "checkout", SeveralVariants: rapid.SampledFrom(experiment.SeveralVariantsPolicies()).Draw(t, "several"),
		Statistics: experiment.DefaultStatistics(),
	}
	for _, name := range []string{"control", "big", "\x1b[2J"}[:rapid.IntRange(2, 3).Draw(t, "variants")] {
		traffic := rapid.SampledFrom([]experiment.Share{experiment.Whole / 2, 1, experiment.Whole, 0}).Draw(t, "traffic")
		e.Variants = append(e.Variants, experiment.Variant{Name: name, Traffic: traffic})
	}
	s := &e.Statistics
	s.Method = rapid.SampledFrom([]experiment.Method{experiment.MethodFixed, experiment.MethodSequential, experiment.MethodSequentialCUPED}).Draw(t, "method")
	s.CUPED = rapid.SampledFrom(experiment.CUPEDFits()).Draw(t, "cuped")
	s.Procedure = rapid.SampledFrom(experiment.Procedures()).Draw(t, "procedure")
	s.Futility = rapid.SampledFrom(experiment.Futilities()).Draw(t, "futility")
	s.Correction = rapid.SampledFrom(experiment.Corrections()).Draw(t, "correction")
	s.Spending.Name = rapid.SampledFrom(experiment.SpendingNames()).Draw(t, "spending")
	switch s.Spending.Name {
	case experiment.SpendingKimDeMets:
		s.Spending.Parameter = rapid.SampledFrom([]float64{1e-6, 0.5, 2, 50}).Draw(t, "ρ")
	case experiment.SpendingHwangShihDeCani:
		s.Spending.Parameter = rapid.SampledFrom([]float64{-40, 0, 1, 40}).Draw(t, "γ")
	}
	s.Confidence = rapid.SampledFrom([]float64{0.9, 0.95, 0.99}).Draw(t, "confidence")
	s.Power = rapid.SampledFrom([]float64{0, 0.8, 0.999999, 1}).Draw(t, "power")
	s.MDE, s.HasMDE = rapid.SampledFrom([]float64{0, 1e-300, 0.02, 1}).Draw(t, "MDE"), rapid.Bool().Draw(t, "with MDE")
	for i := range rapid.IntRange(0, 2).Draw(t, "primary") {
		e.Scorecard.Primary = append(e.Scorecard.Primary, hostileMetric(t, fmt.Sprintf("primary %d", i)))
	}
	for i := range rapid.IntRange(0, 1).Draw(t, "secondary") {
		e.Scorecard.Secondary = append(e.Scorecard.Secondary, hostileMetric(t, fmt.Sprintf("secondary %d", i)))
	}
	for i := range rapid.IntRange(0, 1).Draw(t, "guardrails") {
		margin := rapid.SampledFrom([]float64{1e-300, 0.02, 1}).Draw(t, "margin")
		e.Scorecard.Guardrails = append(e.Scorecard.Guardrails, experiment.Guardrail{Metric: hostileMetric(t, fmt.Sprintf("guardrail %d", i)), Margin: margin})
	}
	return e
}

// hostileInput draws an experiment without days.
func hostileInput(t *rapid.T) analysis.Input {
	start := day("2026-01-05")
	e := hostileExperiment(t)
	in := analysis.Input{
		Experiment: e, Control: rapid.SampledFrom([]string{"control", "big"}).Draw(t, "control"), Location: time.UTC, Status: "Running",
		Start: start, End: start.Add(rapid.SampledFrom([]time.Duration{1, time.Hour, 24 * time.Hour, 96 * time.Hour, 1e5 * time.Hour}).Draw(t, "length")),
		MetricHash: map[string]string{}, AdHoc: rapid.Bool().Draw(t, "ad hoc"),
		PlannedUsers: rapid.SampledFrom([]int64{0, 1, 1000, math.MaxInt64}).Draw(t, "planned users"),
	}
	if rapid.IntRange(0, 3).Draw(t, "moved end") == 0 {
		first := start.Add(24 * time.Hour)
		in.FirstEnd = first
		in.End = first.Add(rapid.SampledFrom([]time.Duration{1, 48 * time.Hour}).Draw(t, "by"))
		in.Extensions = []experiment.Extension{{At: start.Add(12 * time.Hour), From: first, To: in.End, End: first}}
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "phases") {
		var p analysis.Phase
		for range e.Variants {
			p.Weights = append(p.Weights, rapid.SampledFrom([]float64{1, 0, 0.5, 1e-6, 1e6}).Draw(t, "weight"))
		}
		in.Phases = append(in.Phases, p)
	}
	if rapid.IntRange(0, 3).Draw(t, "stopped") == 0 {
		in.Stopped = map[string]time.Time{"big": start.Add(time.Hour)}
	}
	return in
}

// addHostileDay appends the next day.
func addHostileDay(t *rapid.T, in *analysis.Input) {
	through, before := in.Start, (*time.Time)(nil)
	if n := len(in.Days); n > 0 {
		through = in.Days[n-1].Through
		before = &in.Days[n-1].Through
	}
	through = through.Add(rapid.SampledFrom([]time.Duration{time.Microsecond, time.Hour, 24 * time.Hour, 24 * time.Hour, 1000 * time.Hour}).Draw(t, "later by"))
	var computed []bool
	for range in.Experiment.Scorecard.Metrics() {
		computed = append(computed, rapid.IntRange(0, 9).Draw(t, "not computed") > 0)
	}
	c := drawCounts(t, in)
	d := analysis.Day{
		Date: through.Add(-1).Format(time.DateOnly), Through: through, Data: randomRead(t),
		Users: c.users, Several: c.several, PhaseUsers: c.phaseUsers, PhaseSeveral: c.phaseSeveral,
		Metrics: hostileMetrics(t, in, before, computed),
	}
	for i := range d.Metrics {
		var caps []analysis.Cap
		if d.Metrics[i] == nil || rapid.Bool().Draw(t, "capped") {
			caps = []analysis.Cap{{Of: "value", Upper: analysis.Defined(hostileNumber(t, "cap")), Problem: "the cap is 0"}}
		}
		d.Caps = append(d.Caps, caps)
	}
	if rapid.IntRange(0, 3).Draw(t, "segmented") == 0 {
		segments := analysis.DaySegments{Column: "country"}
		for _, value := range []string{"", "\x1b[2J", "de"}[:rapid.IntRange(0, 3).Draw(t, "segments")] {
			kind := analysis.SegmentValue
			if value == "" {
				kind = analysis.SegmentMissing
			}
			c := drawCounts(t, in)
			segments.Segments = append(segments.Segments, analysis.DaySegment{
				Kind: kind, Value: value, Users: c.users, Several: c.several, PhaseUsers: c.phaseUsers, PhaseSeveral: c.phaseSeveral,
				Metrics: hostileMetrics(t, in, nil, computed),
			})
		}
		d.Segments = append(d.Segments, segments)
	}
	in.Days = append(in.Days, d)
}

// counts are users per variant, and per phase and variant where there are phases.
type counts struct {
	users, several           []int64
	phaseUsers, phaseSeveral [][]int64
}

func drawCounts(t *rapid.T, in *analysis.Input) counts {
	variants := len(in.Experiment.Variants)
	count := func(label string) int64 {
		return rapid.SampledFrom([]int64{0, 1, 5, 1000, 1 << 50}).Draw(t, label)
	}
	c := counts{users: make([]int64, variants), several: make([]int64, variants)}
	for range max(1, len(in.Phases)) {
		var users, several []int64
		for i := range variants {
			users, several = append(users, count("users")), append(several, count("several"))
			c.users[i] += users[i]
			c.several[i] += several[i]
		}
		if len(in.Phases) > 0 {
			c.phaseUsers, c.phaseSeveral = append(c.phaseUsers, users), append(c.phaseSeveral, several)
		}
	}
	return c
}

// hostileMetrics draws the arms of every metric that computed names.
func hostileMetrics(t *rapid.T, in *analysis.Input, before *time.Time, computed []bool) [][][]analysis.Arm {
	var out [][][]analysis.Arm
	for k, m := range in.Experiment.Scorecard.Metrics() {
		columns := len(m.Columns())
		if in.Experiment.Statistics.Method == experiment.MethodSequentialCUPED && m.Lookback > 0 && m.Quantile == 0 {
			columns = 2*columns + 1
		}
		var phases [][]analysis.Arm
		if computed[k] {
			for range max(1, len(in.Phases)) {
				var arms []analysis.Arm
				for range in.Experiment.Variants {
					arms = append(arms, hostileArm(t, m, columns, before))
				}
				phases = append(phases, arms)
			}
		}
		out = append(out, phases)
	}
	return out
}

func randomRead(t *rapid.T) analysis.DataRead {
	return analysis.DataRead{Exposures: randomTable(t), Conversions: randomTable(t), LeftOut: few(t, "left out", randomLeftOut)}
}

// tampered changes a recorded look in a way that reading it does not refuse.
func tampered(t *rapid.T, l analysis.Look) analysis.Look {
	was := l
	l.Z, l.SE, l.DF = hostileNumber(t, "z"), math.Abs(hostileNumber(t, "se")), math.Abs(hostileNumber(t, "df"))
	l.Correlation = analysis.Defined(rapid.SampledFrom([]float64{-2, -1, 0, 0.5, 1, 2, 1e300}).Draw(t, "correlation"))
	l.Critical = analysis.Defined(hostileNumber(t, "critical"))
	l.Drift, l.Effect = analysis.Defined(hostileNumber(t, "drift")), hostileNumber(t, "effect")
	l.LnP = -math.Abs(hostileNumber(t, "ln p"))
	l.Scale = analysis.Number{}
	if l.Check() != nil {
		return was
	}
	return l
}

// notShown returns what must not stand in a text and does, empty where nothing does.
func notShown(text []byte) string {
	for _, s := range []string{"NaN", "Inf", "ZgotmplZ"} {
		if bytes.Contains(text, []byte(s)) {
			return s
		}
	}
	return ""
}

// checkEveryFormat writes a scorecard in every form there is and looks for what is not a
// number.
func checkEveryFormat(t testing.TB, rt *rapid.T, card analysis.Scorecard) {
	for _, f := range Formats() {
		if f.Name == "parquet" || f.Name == "arrow" {
			continue // read back below
		}
		out := write(rt, f, card)
		if found := notShown(out); found != "" {
			rt.Fatalf("%s: holds %s:\n%s", f.Name, found, out)
		}
		checkShowable(rt, f.Name, string(out))
	}
	record, err := arrowRecord([]analysis.Scorecard{card})
	if err != nil {
		rt.Fatal(err)
	}
	defer record.Release()
	for _, row := range cells(t, record) {
		for name, value := range row {
			if v, ok := value.(float64); ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
				rt.Fatalf("column %s: %v", name, v)
			}
		}
	}
	checkReadBack(t, []analysis.Scorecard{card})
	text := write(rt, jsonFormat(), card)
	read, err := readJSON(bytes.NewReader(text))
	if err != nil {
		rt.Fatalf("%v in\n%s", err, text)
	}
	if again := write(rt, jsonFormat(), read...); !bytes.Equal(text, again) {
		rt.Fatalf("JSON, read and written again:\n%s\nwas\n%s", again, text)
	}
	s := Site{At: card.Through, Pages: []Page{{Card: &card}}}
	page, err := htmlOf(&s, &s.Pages[0])
	if err != nil {
		rt.Fatal(err)
	}
	index, err := indexOf(&s)
	if err != nil {
		rt.Fatal(err)
	}
	for _, out := range [][]byte{page, index} {
		if faults := faults(out); len(faults) > 0 {
			rt.Fatalf("%v in\n%s", faults, out)
		}
		if found := notShown(out); found != "" {
			rt.Fatalf("%s in\n%s", found, out)
		}
	}
}

// checkReasons holds that what is not defined has a reason.
func checkReasons(t *rapid.T, card analysis.Scorecard) {
	defined := func(n analysis.Number) bool { _, ok := n.Get(); return ok }
	for _, m := range card.Metrics {
		for _, v := range m.Variants {
			if v.Reason == "" && !(defined(v.Mean) && defined(v.SE)) {
				t.Fatalf("%s, %s: mean %v, standard error %v without a reason", m.Name, v.Variant, v.Mean, v.SE)
			}
		}
		for _, c := range m.Comparisons {
			switch {
			case c.Reason != "":
				if c.Verdict != analysis.CannotSay && c.Verdict != analysis.TooEarly {
					t.Fatalf("%s, %s: verdict %s for the reason %s", m.Name, c.Variant, c.Verdict, c.Reason)
				}
			case !(defined(c.Effect.Value) && defined(c.Effect.SE) && defined(c.Effect.DF)):
				t.Fatalf("%s, %s: effect %+v without a reason", m.Name, c.Variant, c.Effect)
			case !defined(c.P) && c.Verdict != analysis.TooEarly:
				t.Fatalf("%s, %s: verdict %s without a p-value or a reason", m.Name, c.Variant, c.Verdict)
			case !defined(c.Lift) && c.LiftReason == "":
				t.Fatalf("%s, %s: no lift without a reason", m.Name, c.Variant)
			case (defined(c.Lo) || defined(c.Hi)) && !defined(c.LiftLo) && !defined(c.LiftHi) && c.LiftReason == "":
				t.Fatalf("%s, %s: no interval of the lift without a reason", m.Name, c.Variant)
			}
			if c.Sentence == "" {
				t.Fatalf("%s, %s: no sentence", m.Name, c.Variant)
			}
		}
	}
}

// checkHostile runs the days of an experiment one after the other.
func checkHostile(t testing.TB, rt *rapid.T) {
	in := hostileInput(rt)
	untouched := true
	for range rapid.IntRange(1, 4).Draw(rt, "days") {
		addHostileDay(rt, &in)
		for _, m := range in.Experiment.Scorecard.Metrics() {
			in.MetricHash[m.Name] = rapid.SampledFrom([]string{"a", "a", "a", "b"}).Draw(rt, "hash")
		}
		card, looks, err := analysis.Analyze(in)
		if err != nil {
			if untouched {
				rt.Fatal(err)
			}
			return
		}
		checkReasons(rt, card)
		checkEveryFormat(t, rt, card)
		if t.Failed() {
			rt.FailNow()
		}
		for _, l := range looks {
			line, err := json.Marshal(l)
			if err != nil {
				rt.Fatalf("%v in the look %+v", err, l)
			}
			var read analysis.Look
			if err := json.Unmarshal(line, &read); err != nil {
				rt.Fatal(err)
			}
			if err := read.Check(); err != nil {
				rt.Fatal(err)
			}
			if rapid.IntRange(0, 9).Draw(rt, "tampered") == 0 {
				read, untouched = tampered(rt, read), false
			}
			in.Looks = append(in.Looks, read)
		}
	}
}

// TestHostileInputs: whatever an analysis is given, no output holds a number that is none,
// and what is not defined has a reason.
func TestHostileInputs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { checkHostile(t, rt) })
}

// FuzzAnalysis looks for inputs that TestHostileInputs does not draw.
func FuzzAnalysis(f *testing.F) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 0, 32<<10)
		for len(data) < cap(data) {
			data = binary.LittleEndian.AppendUint64(data, random.Uint64())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rapid.MakeFuzz(func(rt *rapid.T) { checkHostile(t, rt) })(t, data)
	})
}
