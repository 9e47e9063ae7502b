package tables

import "time"

// isoTime is a time as text says it.
type isoTime struct {
	micros   int64 // since 1970, of a clock at the zone given; in UTC if zoned
	zoned    bool
	dateOnly bool
}

// isoDate is a date that was read, and when it began. Rows of a file are mostly of the same few days, and
// to read a date takes longer than the rest.
type isoDate struct {
	text   [len(time.DateOnly)]byte // zero bytes where none was read
	micros int64
}

// parse reads 2024-01-31, 2024-01-31T12:00, 2024-01-31 12:00:00.123456789 and the like,
// with nothing, Z, UTC, +01, +0100 or +01:00 behind the time, also after a space. Digits
// beyond microseconds are cut off. It keeps the date for the next call.
func (d *isoDate) parse(text []byte) (t isoTime, ok bool) {
	s := isoScanner{rest: text}
	if n := len(d.text); len(text) >= n && text[0] != 0 && string(text[:n]) == string(d.text[:]) {
		s.rest = text[n:]
	} else {
		year, month, day := s.number(4), s.after('-', 2), s.after('-', 2)
		if s.bad || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
			return t, false
		}
		copy(d.text[:], text)
		d.micros = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).UnixMicro()
	}
	t.micros = d.micros
	if len(s.rest) == 0 {
		t.dateOnly = true
		return t, true
	}
	if !s.take('T') && !s.take('t') && !s.take(' ') {
		return t, false
	}
	hour, minute, second, fraction := s.number(2), s.after(':', 2), 0, 0
	if s.take(':') {
		second = s.number(2)
		if s.take('.') || s.take(',') {
			fraction = s.fraction()
		}
	}
	offset, zoned := s.zone()
	if s.bad || len(s.rest) > 0 || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	t.micros += int64(hour*3600+minute*60+second-offset)*microsPerSecond + int64(fraction)
	t.zoned = zoned
	return t, true
}

// isoScanner takes text apart; bad says that something was not there.
type isoScanner struct {
	rest []byte
	bad  bool
}

func (s *isoScanner) take(b byte) bool {
	if len(s.rest) == 0 || s.rest[0] != b {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// number takes exactly so many digits.
func (s *isoScanner) number(digits int) int {
	if len(s.rest) < digits {
		s.bad = true
		return 0
	}
	n := 0
	for _, b := range s.rest[:digits] {
		if b < '0' || b > '9' {
			s.bad = true
			return 0
		}
		n = 10*n + int(b-'0')
	}
	s.rest = s.rest[digits:]
	return n
}

// after takes a separator and a number behind it.
func (s *isoScanner) after(separator byte, digits int) int {
	if !s.take(separator) {
		s.bad = true
		return 0
	}
	return s.number(digits)
}

// fraction takes the digits of a fraction of a second and returns whole microseconds.
func (s *isoScanner) fraction() int {
	n, digits := 0, 0
	for ; len(s.rest) > 0 && s.rest[0] >= '0' && s.rest[0] <= '9'; digits++ {
		if digits < 6 {
			n = 10*n + int(s.rest[0]-'0')
		}
		s.rest = s.rest[1:]
	}
	if digits == 0 {
		s.bad = true
	}
	for ; digits < 6; digits++ {
		n *= 10
	}
	return n
}

// zone takes what stands behind the time and returns the seconds ahead of UTC.
func (s *isoScanner) zone() (seconds int, zoned bool) {
	if len(s.rest) == 0 {
		return 0, false
	}
	s.take(' ')
	if string(s.rest) == "UTC" || string(s.rest) == "Z" || string(s.rest) == "z" {
		s.rest = nil
		return 0, true
	}
	sign := 1
	if s.take('-') {
		sign = -1
	} else if !s.take('+') {
		s.bad = true
		return 0, false
	}
	hours, minutes := s.number(2), 0
	if len(s.rest) > 0 {
		s.take(':')
		minutes = s.number(2)
	}
	if hours > 23 || minutes > 59 {
		s.bad = true
	}
	return sign * (hours*3600 + minutes*60), true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
