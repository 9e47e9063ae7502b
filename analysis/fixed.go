package analysis

import (
	"math"

	"readout/sequential"
)

// fixed is one look at all the data, which spends all of alpha: Welch's test. Whatever is
// looked at later is descriptive.
type fixed struct{}

func (fixed) next(t test, earlier []Look, l Look) (Look, error) {
	l.Time, l.Spent = 1, t.alpha
	l.LnP = t.singleLogP(l.Z)
	if len(earlier) == 0 {
		c, err := fixed{}.criticalAt(t, t.alpha, nil)
		if err != nil {
			return l, err
		}
		l.setCritical(t, c)
	}
	return l, nil
}

func (fixed) criticalAt(t test, alpha float64, _ []Look) (sequential.Critical, error) {
	z := sequential.LogUpperQuantile(math.Log(alpha / float64(t.sides)))
	return sequential.Critical{Value: z, Finite: true}, nil
}

func (fixed) due([]Look, effect, sight) bool { return true }

func (fixed) running() bool { return false }
