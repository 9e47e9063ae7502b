package benchdata

import "math"

const hexDigits = "0123456789abcdef"

// textID returns a user's id as text: 16 to 20 hexadecimal digits, of which the first 16
// differ between any two users.
func textID(user int) string {
	s := newStream(ofUser, 0, 0)
	id, more := mix(uint64(user)*gamma+uint64(s)), mix(uint64(user)+uint64(s))
	var text [20]byte
	for i := range 16 {
		text[i] = hexDigits[id>>(4*i)&15]
	}
	for i := range 4 {
		text[16+i] = hexDigits[more>>(4*i)&15]
	}
	return string(text[:16+user%5])
}

// numberID returns a user's id as a number of 41 bits. Any two of 2⁴⁰ users differ, as the
// factor is odd.
func numberID(user int) int64 {
	return int64(uint64(user)*gamma&(1<<40-1)) | 1<<40
}

// activeUser draws the user of a conversion. Some are far more active than others: nine of
// ten rows are by the first seven tenths of the users, where the n-th has a share like n to
// the power of −1/3; the rest are by anybody.
func activeUser(s *stream, users int) int {
	u := s.uniform()
	if u < 0.1 {
		return int(u * 10 * float64(users))
	}
	u = (u - 0.1) / 0.9
	return int(u * math.Sqrt(u) * 0.7 * float64(users))
}
