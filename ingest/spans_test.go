package ingest

import (
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Spans do with each conversion what all the windows that it lies in do, and those outside
// of all windows are left out.
func TestSpansEqualWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const kinds, end = 3, 7
		bound := rapid.OneOf(rapid.Int64Range(-9, 9), rapid.Just(int64(latestTime)))
		p := columnProgram{kinds: make([][]windowOps, kinds)}
		for kind := range kinds {
			for range rapid.IntRange(0, 4).Draw(t, "windows") {
				w := windowOps{lo: rapid.Int64Range(-9, 9).Draw(t, "lo"), hi: bound.Draw(t, "hi"), end: latestTime}
				if rapid.Bool().Draw(t, "ends") {
					w.end = end
				}
				w.hi = max(w.lo, w.hi)
				for range rapid.IntRange(0, 3).Draw(t, "ops") {
					op := rapid.SampledFrom([]Aggregate{Count, Sum}).Draw(t, "aggregate")
					w.ops = append(w.ops, slotOp{op, len(p.aggregates)})
					p.aggregates = append(p.aggregates, op)
				}
				w.bundles = bundleBit(len(p.aggregates))
				p.kinds[kind] = append(p.kinds[kind], w)
			}
		}
		p.seal()

		var conversions []conversion
		for range rapid.IntRange(0, 8).Draw(t, "conversions") {
			at := rapid.Int64Range(-15, 15).Draw(t, "time")
			conversions = append(conversions, conversion{
				time: at, at: at, value: float64(rapid.IntRange(0, 5).Draw(t, "value")),
				code: uint32(rapid.IntRange(0, kinds-1).Draw(t, "kind")),
			})
		}
		first := rapid.Int64Range(-4, 4).Draw(t, "first")
		since := rapid.Int64Range(-16, first).Draw(t, "since")
		from := exposedAt{first, 0}
		got := newColumnState(&p)
		got.reset(nil)
		near, all, before := p.spans.survey(nil, conversions, &from, []uint8{1, 1, 0}, since)
		got.take(conversions, near, &from, &calendar{location: time.UTC})

		want := make([]float64, len(p.aggregates))
		var touched bundleSet
		var wantAll, wantBefore int64
		for _, c := range conversions {
			dt := c.time - first
			if c.code < 2 && c.time >= since {
				wantAll++
				if dt < 0 {
					wantBefore++
				}
			}
			for _, w := range p.kinds[c.code] {
				if dt < w.lo || dt >= w.hi || c.time >= w.end {
					continue
				}
				touched |= w.bundles
				for _, op := range w.ops {
					if op.kind == Count {
						want[op.slot]++
					} else {
						want[op.slot] += c.value
					}
				}
			}
		}
		if diff := gocmp.Diff(userNumbers(want), got.acc[:len(want)]); diff != "" {
			t.Errorf("(- want, + got):\n%s", diff)
		}
		if got.touched != touched {
			t.Errorf("metrics %b, want %b", got.touched, touched)
		}
		if all != wantAll || before != wantBefore {
			t.Errorf("%d conversions, %d before, want %d and %d", all, before, wantAll, wantBefore)
		}
		if inside := p.spans.inside(nil, conversions, &from); !slices.Equal(inside, near) {
			t.Errorf("inside are %v and %v", inside, near)
		}
	})
}

// The bundles of a set come one after the other, those from 63 on all or none.
func TestBundleSetNext(t *testing.T) {
	var got []int
	s := bundleBit(0) | bundleBit(5) | bundleBit(62) | bundleBit(70)
	for i := s.next(0); i < 66; i = s.next(i + 1) {
		got = append(got, i)
	}
	if diff := gocmp.Diff([]int{0, 5, 62, 63, 64, 65}, got); diff != "" {
		t.Errorf("(- want, + got):\n%s", diff)
	}
	s = bundleBit(3)
	if i := s.next(4); i < 1000 {
		t.Errorf("after the last comes %d", i)
	}
}

// BenchmarkSurvey is the loop over the conversions of a user for each experiment of the
// user, in conversions a second.
func BenchmarkSurvey(b *testing.B) {
	conversions := make([]conversion, 16)
	for i := range conversions {
		conversions[i].at = int64(i*7%16) * usDay
		conversions[i].code = uint32(i % 3)
	}
	t := spanTable{lo: -4 * usDay, width: 6 * usDay}
	var near []int32
	for i := 0; b.Loop(); i++ {
		near, _, _ = t.survey(near, conversions, &exposedAt{int64(i%16) * usDay, 0}, []uint8{1, 1, 1}, 0)
	}
	b.ReportMetric(float64(b.N*len(conversions))/b.Elapsed().Seconds(), "conversions/s")
}
