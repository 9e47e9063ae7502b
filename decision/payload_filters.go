package decision

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/osteele/liquid"
)

// errTooLong says that a text of a payload is longer than it may be.
var errTooLong = fmt.Errorf("a text of more than %d KiB", maxRendered>>10)

// newEngine returns an engine whose filters are bounded. The library's own make any length of text
// of a short template, by doubling it again and again, take time with the square of a list, and some
// panic on values that they do not expect.
func newEngine() *liquid.Engine {
	engine := liquid.NewEngine()
	for name, filter := range map[string]any{
		"append":        func(s, suffix string) (string, error) { return joined("", s, suffix) },
		"prepend":       func(s, prefix string) (string, error) { return joined("", prefix, s) },
		"replace":       func(s, old, with string) (string, error) { return replaced(s, old, with, -1) },
		"replace_first": func(s, old, with string) (string, error) { return replaced(s, old, with, 1) },
		"escape":        func(s string) (string, error) { return joined("", html.EscapeString(s)) },
		"url_encode":    func(s string) (string, error) { return joined("", url.QueryEscape(s)) },
		"join":          joinedList,
		"json":          asJSON,
		"slice":         sliced,
		"truncate":      truncated,
		"truncatewords": truncatedWords,
		"uniq":          different,
	} {
		engine.RegisterFilter(name, filter)
	}
	return engine
}

// joined joins texts, unless that is too long.
func joined(separator string, parts ...string) (string, error) {
	size := len(separator) * max(0, len(parts)-1)
	for _, part := range parts {
		size += len(part)
	}
	if size > maxRendered {
		return "", errTooLong
	}
	return strings.Join(parts, separator), nil
}

// joinedList joins the members of a list that are there.
func joinedList(list []any, separator func(string) string) (string, error) {
	var parts []string
	for _, member := range list {
		if member != nil {
			parts = append(parts, fmt.Sprint(member))
		}
	}
	return joined(separator(" "), parts...)
}

// replaced replaces the first n places of old, all if n is below 0.
func replaced(s, old, with string, n int) (string, error) {
	places := strings.Count(s, old)
	if n >= 0 {
		places = min(places, n)
	}
	if len(s)+places*(len(with)-len(old)) > maxRendered {
		return "", errTooLong
	}
	return strings.Replace(s, old, with, n), nil
}

// different returns the members of a list without those that were there before. Members that
// cannot be keys of a map are themselves maps, of which a visitor has few.
func different(list []any) []any {
	seen := make(map[any]bool)
	var out, maps []any
	for _, member := range list {
		switch t := reflect.TypeOf(member); {
		case t != nil && !t.Comparable():
			if slices.ContainsFunc(maps, func(have any) bool { return reflect.DeepEqual(have, member) }) {
				continue
			}
			maps = append(maps, member)
		case seen[member]:
			continue
		default:
			seen[member] = true
		}
		out = append(out, member)
	}
	return out
}

// asJSON returns a value as JSON, unless that is too long.
func asJSON(value any) (any, error) {
	text, err := json.Marshal(value)
	switch {
	case err != nil:
		return nil, errors.New("a value that is none of JSON")
	case len(text) > maxRendered:
		return nil, errTooLong
	}
	return text, nil
}

// sliced returns length characters from start on, which counts from the end when it is below 0:
// nothing where there are none.
func sliced(s string, start int, length func(int) int) string {
	chars := []rune(s)
	if start < 0 {
		start += len(chars)
	}
	if start < 0 || start >= len(chars) {
		return ""
	}
	chars = chars[start:]
	return string(chars[:max(0, min(length(1), len(chars)))])
}

// truncated returns a text of more than length characters cut to that many, with the ellipsis
// among them.
func truncated(s string, length func(int) int, ellipsis func(string) string) (string, error) {
	chars, end, most := []rune(s), ellipsis("..."), length(50)
	if len(chars) <= most {
		return s, nil
	}
	return joined("", string(chars[:max(0, min(most-len([]rune(end)), len(chars)))]), end)
}

// truncatedWords returns a text of more than count words cut to these, with the ellipsis behind.
func truncatedWords(s string, count func(int) int, ellipsis func(string) string) (string, error) {
	words, most := strings.Fields(s), max(1, count(15))
	if len(words) <= most {
		return s, nil
	}
	return joined("", strings.Join(words[:most], " "), ellipsis("..."))
}
