package sequential

import (
	"fmt"
	"math"
)

// Extension is a decision at time At to go on to time End instead of the end planned
// so far.
type Extension struct{ At, End float64 }

// Extended is a spending function on a timeline whose end was moved further away,
// perhaps several times. What was spent before an extension stays spent, and the rest
// of alpha follows the part of the same family that the longer timeline has left,
//
//	g(t) = f(s/D) + (α - f(s/D))·(f(t/D′) - f(s/D′)) / (α - f(s/D′))   for t > s
//
// with the extension at s from end D to end D′, and f(s/D) replaced by what the earlier
// extensions have spent by s. It keeps the level when the extension does not depend on
// the results. An extension after the end, when all of alpha is spent, leaves none.
//
// It is made by [Extend] and called with t as a share of the last end, like any other
// spending function.
type Extended struct {
	family     Spending
	end        float64
	extensions []Extension
}

// Extend returns the family on a timeline that was planned from 0 to end and changed by
// the extensions, in order and in the same unit of time. Each must move the end further
// away, and none may be decided before the one before it.
func Extend(family Spending, end float64, extensions ...Extension) (Extended, error) {
	if !(end > 0) || math.IsInf(end, 0) {
		return Extended{}, fmt.Errorf("planned end is %v, want a positive number", end)
	}
	at, last := 0.0, end
	for i, e := range extensions {
		if !(e.At >= at) || !(e.End > last) || !(e.At < e.End) || math.IsInf(e.End, 0) {
			return Extended{}, fmt.Errorf("extension %d at %v to %v does not follow %v and end after %v", i+1, e.At, e.End, at, last)
		}
		at, last = e.At, e.End
	}
	return Extended{family: family, end: end, extensions: append([]Extension(nil), extensions...)}, nil
}

// Spent implements [Spending].
func (e Extended) Spent(t, alpha float64) float64 {
	switch {
	case t <= 0:
		return 0
	case t >= 1:
		return alpha
	}
	return min(math.Exp(e.LogSpent(t, math.Log(alpha))), alpha)
}

// LogSpent implements [Spending].
func (e Extended) LogSpent(t, logAlpha float64) float64 {
	switch {
	case t <= 0:
		return math.Inf(-1)
	case t >= 1:
		return logAlpha
	}
	end := e.end
	if n := len(e.extensions); n > 0 {
		end = e.extensions[n-1].End
	}
	return e.logSpentAt(t*end, len(e.extensions), logAlpha)
}

// logSpentAt returns the log of what is spent at a time when the first n extensions
// are known.
func (e Extended) logSpentAt(time float64, n int, logAlpha float64) float64 {
	if n == 0 {
		return e.family.LogSpent(time/e.end, logAlpha)
	}
	last := e.extensions[n-1]
	if time <= last.At {
		return e.logSpentAt(time, n-1, logAlpha)
	}
	before := e.logSpentAt(last.At, n-1, logAlpha)
	start := e.family.LogSpent(last.At/last.End, logAlpha)
	if start >= logAlpha {
		// So close to 1 is alpha that the family has spent it all by then.
		return logAlpha
	}
	now := e.family.LogSpent(time/last.End, logAlpha)
	share := logDiff(now, start) - logDiff(logAlpha, start)
	return min(logSum(before, logDiff(logAlpha, before)+share), logAlpha)
}
