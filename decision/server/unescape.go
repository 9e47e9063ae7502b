package server

import (
	"unicode/utf16"
	"unicode/utf8"
)

// unescape returns what stands between the quotes of a JSON text with its escapes undone. What is
// not UTF-8, and half a surrogate pair, becomes U+FFFD. It reports whether all escapes are some of
// JSON, which is asked only of what has no control characters and ends no text.
//
// A body may have hundreds of thousands of texts, for each of which encoding/json takes a
// microsecond.
func unescape(inner []byte) (text []byte, ok bool) {
	text = make([]byte, 0, len(inner))
	for len(inner) > 0 {
		if inner[0] != '\\' {
			r, size := utf8.DecodeRune(inner)
			text = utf8.AppendRune(text, r)
			inner = inner[size:]
			continue
		}
		r, size := escape(inner)
		if size == 0 {
			return nil, false
		}
		inner = inner[size:]
		if utf16.IsSurrogate(r) {
			low, more := escape(inner)
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				inner = inner[more:]
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return text, true
}

// escape returns the character that the escape at the beginning of b stands for, and its length,
// 0 for none.
func escape(b []byte) (r rune, size int) {
	if len(b) < 2 || b[0] != '\\' {
		return 0, 0
	}
	switch c := b[1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unicodeEscape(b)
	}
	return 0, 0
}

// unicodeEscape returns the character of \u and four hexadecimal digits.
func unicodeEscape(b []byte) (r rune, size int) {
	const length = len(`\uffff`)
	if len(b) < length {
		return 0, 0
	}
	for _, c := range b[2:length] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, 0
		}
		r = r<<4 | rune(c)
	}
	return r, length
}
