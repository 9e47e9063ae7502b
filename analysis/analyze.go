package analysis

import (
	"errors"

	"readout/experiment"
)

// Analyze returns the scorecard of the last day of in, and the looks that it adds to the
// log. It is a pure function: the same input gives the same bytes.
//
// A fault in the data of a metric is not an error: the metric has its row and a reason. The
// error is for definitions that cannot be tested at all, such as an unknown spending function.
func Analyze(in Input) (Scorecard, []Look, error) {
	if len(in.Days) == 0 {
		return Scorecard{}, nil, errors.New("there is no day of data to analyse")
	}
	// Instants are written with the offset of the project's zone, whatever they came with.
	in.Start, in.End = in.Start.In(in.Location), in.End.In(in.Location)
	a := analyzer{in: &in, day: in.today(), control: in.control()}
	card := a.header()
	if err := a.metrics(&card); err != nil {
		return Scorecard{}, nil, err
	}
	adjusted, exact, quantiles := false, false, false
	for _, m := range card.Metrics {
		adjusted = adjusted || m.CUPED != nil
		exact = exact || m.Exact
		quantiles = quantiles || m.Kind == string(experiment.KindQuantile)
	}
	card.Plan.Sentence = methodSentence(in.Experiment.Statistics, len(card.Plan.Family), adjusted, exact, quantiles)
	if err := a.adjustFamilies(&card); err != nil {
		return Scorecard{}, nil, err
	}
	if err := a.conclude(&card); err != nil {
		return Scorecard{}, nil, err
	}
	var err error
	if card.Segments, err = a.segments(&card); err != nil {
		return Scorecard{}, nil, err
	}
	card.Checks = a.checks(&card)
	card.Recommendation = a.recommend(&card)
	return card, a.looks, nil
}

// Looks returns the looks that the last day of in adds to the log, for when nobody will
// see the day's scorecard: they lack p-values, which cost most, except where a comparison
// stops. [Analyze] fills in what it shows of them. They are not for the log.
func Looks(in Input) ([]Look, error) {
	a := analyzer{in: &in, day: in.today(), control: in.control(), passing: true}
	card := a.header()
	err := a.metrics(&card)
	return a.looks, err
}

// analyzer carries what the steps of one analysis share.
type analyzer struct {
	in      *Input
	day     *Day
	control int
	looks   []Look
	// passing says that only looks are wanted.
	passing bool
	// redefined names comparisons whose recorded looks belong to another definition.
	redefined []string
	// smallPhases are the comparisons in which a phase takes no part yet.
	smallPhases []smallPhase
	// sought is what primary comparisons look for, under Holm's correction.
	sought []sought
	// imbalance collects the covariates' differences between arms.
	imbalance []imbalance
}

// treatments returns the positions of the variants other than control.
func (a *analyzer) treatments() []int {
	var out []int
	for i := range a.in.Experiment.Variants {
		if i != a.control {
			out = append(out, i)
		}
	}
	return out
}

// alpha returns the error probability of one comparison in the given role.
func (a *analyzer) alpha(role Role) float64 {
	stats := a.in.Experiment.Statistics
	alpha := stats.Alpha()
	if m := len(a.in.Experiment.Scorecard.Primary) * len(a.treatments()); role == Primary && m > 0 &&
		stats.Correction == experiment.CorrectionBonferroni {
		return alpha / float64(m)
	}
	return alpha
}
