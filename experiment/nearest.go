package experiment

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxNamesListed bounds how many allowed names a message lists.
const maxNamesListed = 24

// Unknown says that a name is none of the known ones, and names the nearest and all of
// them, of many the first.
func Unknown(what, name string, known []string) string {
	message := fmt.Sprintf("unknown %s %q", what, clip(name))
	if best, ok := Nearest(name, known); ok {
		message += fmt.Sprintf(", did you mean %q?", best)
	}
	if len(known) == 0 {
		return message + "; there is none"
	}
	listed := known[:min(len(known), maxNamesListed)]
	message += "; known: " + strings.Join(listed, ", ")
	if more := len(known) - len(listed); more > 0 {
		message += fmt.Sprintf(" and %d more", more)
	}
	return message
}

// mostTyped is the longest name, in characters, that may be a slip of the fingers.
const mostTyped = 64

// Nearest returns the known name with the smallest edit distance to name, the first one of
// several, if it is near enough to be a slip of the fingers. Case does not matter.
func Nearest(name string, known []string) (string, bool) {
	if utf8.RuneCountInString(name) > mostTyped {
		return "", false
	}
	best, bestDistance := "", -1
	for _, candidate := range known {
		length := utf8.RuneCountInString(candidate)
		if length > 2*mostTyped {
			// More than half of it is missing.
			continue
		}
		d := editDistance(strings.ToLower(name), strings.ToLower(candidate))
		if d > max(1, length/2) {
			continue
		}
		if bestDistance < 0 || d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best, bestDistance >= 0
}

// editDistance returns the number of characters to insert, delete, replace or
// swap with their neighbour to turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	previous, current, next := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range current {
		current[j] = j
	}
	for i := 1; i <= len(s); i++ {
		next[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			next[j] = min(current[j]+1, next[j-1]+1, current[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				next[j] = min(next[j], previous[j-2]+1)
			}
		}
		previous, current, next = current, next, previous
	}
	return current[len(t)]
}

// clip shortens text for a message.
func clip(text string) string {
	const limit = 60
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit]) + "…"
}
