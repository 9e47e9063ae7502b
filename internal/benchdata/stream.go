package benchdata

import "math"

// gamma is the step of SplitMix64: 2⁶⁴ over the golden ratio, made odd.
const gamma = 0x9e3779b97f4a7c15

// stream is a sequence of random numbers, SplitMix64: a counter in steps of gamma, mixed.
//
// Source: G. Steele, D. Lea, C. Flood (2014), Fast splittable pseudorandom number
// generators, OOPSLA, with the mixing constants of D. Stafford.
type stream uint64

// Tables that streams are about.
const (
	ofUser = iota + 1
	ofExposures
	ofConversions
)

// newStream returns the stream that is about the item a, b of a table.
func newStream(table, a, b int) stream {
	return stream(mix(mix(mix(uint64(table)*gamma)+uint64(a)*gamma) + uint64(b)*gamma))
}

// next returns the next number.
func (s *stream) next() uint64 {
	*s += gamma
	return mix(uint64(*s))
}

// uniform returns a number in [0, 1).
func (s *stream) uniform() float64 { return float64(s.next()>>11) * 0x1p-53 }

// below returns a number in [0, n). The bias is at most n / 2³².
func (s *stream) below(n int) int { return int(s.next() >> 32 * uint64(n) >> 32) }

// normal returns a number of the standard normal distribution, by Box and Muller (1958).
func (s *stream) normal() float64 {
	radius := math.Sqrt(-2 * math.Log(1-s.uniform()))
	return radius * math.Cos(2*math.Pi*s.uniform())
}

// mix maps 64 bits to 64 bits, each to another.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
