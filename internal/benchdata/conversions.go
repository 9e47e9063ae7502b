package benchdata

import "math"

// eventKind is an event, its share of the rows, and its values: exp(mean + spread · normal),
// none where spread is 0.
type eventKind struct {
	name         string
	share        float64
	mean, spread float64
}

func eventKinds() []eventKind {
	return []eventKind{
		{"page_view", 0.36, 0, 0},
		{"session", 0.15, 0, 0},
		{"search", 0.11, 0, 0},
		{"add_to_cart", 0.10, 0, 0},
		{"video_play", 0.08, 4, 1},
		{"purchase", 0.06, 3, 1.2},
		{"like", 0.04, 0, 0},
		{"login", 0.04, 0, 0},
		{"share", 0.03, 0, 0},
		{"comment", 0.015, 0, 0},
		{"signup", 0.01, 0, 0},
		{"refund", 0.005, 3, 1.2},
	}
}

const (
	duplicatedEvent = 0.003

	noEvent = 0.0001
	noValue = 0.002
)

// conversion is a row of the conversions; an event of "" and a value of 0 are null too.
type conversion struct {
	user  int
	time  int64 // microseconds after the first day began
	event string
	value float64
}

// conversionsOn calls do with the rows that arrive on a day, by arrival. do may be called
// with the same row twice.
func conversionsOn(day int, size Size, do func(conversion)) {
	s := newStream(ofConversions, day, 0)
	kinds := eventKinds()
	n := size.Conversions / Days
	for i := range n {
		row := conversion{
			user: activeUser(&s, size.Users),
			time: int64(day)*usPerDay + int64((float64(i)+s.uniform())/float64(n)*usPerDay),
		}
		// As many rows of a day come late as rows of days before come on it.
		if s.uniform() < late {
			row.time -= int64(min(1+s.below(mostDaysLate), day)) * usPerDay
		}
		kind := pick(&s, kinds)
		row.event = kind.name
		if kind.spread > 0 && s.uniform() >= noValue {
			row.value = drawValue(&s, kind)
		}
		switch u := s.uniform(); {
		case u < noUser:
			row.user = null
		case u < noUser+noEvent:
			row.event = ""
		case u < noUser+noEvent+noTime:
			row.time = null
		}
		do(row)
		if s.uniform() < duplicatedEvent {
			do(row)
		}
	}
}

// pick draws an event by its share.
func pick(s *stream, kinds []eventKind) *eventKind {
	u := s.uniform()
	for i := range kinds {
		if u < kinds[i].share {
			return &kinds[i]
		}
		u -= kinds[i].share
	}
	return &kinds[len(kinds)-1]
}

// drawValue draws a value of two decimals, at least 0.01: log-normal, and one in a hundred
// multiplied by a number of a Pareto distribution with exponent 1.8, whose variance is
// infinite.
func drawValue(s *stream, kind *eventKind) float64 {
	v := math.Exp(kind.mean + kind.spread*s.normal())
	if s.uniform() < 0.01 {
		v *= math.Pow(1-s.uniform(), -1/1.8)
	}
	return math.Max(math.Round(v*100), 1) / 100
}
