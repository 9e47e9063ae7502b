package server

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Keys are the API keys that may ask, by prefix. They hold hashes only.
type Keys struct {
	sums map[string][sha256.Size]byte
}

// maxKeys bounds a file of keys.
const maxKeys = 10_000

// ParseKeys reads a file of keys: a line per key with its prefix and the SHA-256 of its
// secret in hex, separated by spaces. Empty lines and lines that begin with # are left out, and so
// is the mark that editors of Windows put before the first line.
func ParseKeys(data []byte) (*Keys, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	k := &Keys{sums: make(map[string][sha256.Size]byte)}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 || strings.ContainsAny(fields[0], ".:") {
			return nil, fmt.Errorf("line %d: want a prefix without . and : and the SHA-256 of the secret in hex", n)
		}
		sum, err := hex.DecodeString(fields[1])
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("line %d: the second word is not a SHA-256 in hex: make a line with readout-choose key", n)
		}
		if _, twice := k.sums[fields[0]]; twice {
			return nil, fmt.Errorf("line %d: prefix %s is there twice", n, fields[0])
		}
		if len(k.sums) == maxKeys {
			return nil, fmt.Errorf("line %d: more than %d keys", n, maxKeys)
		}
		k.sums[fields[0]] = [sha256.Size]byte(sum)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(k.sums) == 0 {
		return nil, errors.New("no keys: make a line with readout-choose key")
	}
	return k, nil
}

// prefix returns the prefix of the first right key that a request carries, in one of the forms
// that clients use: as Basic with the prefix for a name, and as a whole as Bearer, as
// X-API-Key and in the query. The time that this takes does not depend on how wrong a secret
// is.
func (k *Keys) prefix(r *http.Request) (string, bool) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "Basic"):
		var memory [128]byte
		text, err := base64.StdEncoding.AppendDecode(memory[:0], []byte(rest))
		if name, secret, ok := bytes.Cut(text, []byte{':'}); ok && err == nil && k.right(string(name), secret) {
			return string(name), true
		}
	case strings.EqualFold(scheme, "Bearer"):
		if prefix, ok := k.whole(rest); ok {
			return prefix, true
		}
	}
	if prefix, ok := k.whole(r.Header.Get("X-API-Key")); ok {
		return prefix, true
	}
	if r.URL.RawQuery == "" {
		return "", false
	}
	return k.whole(r.URL.Query().Get("apiKey"))
}

// whole returns the prefix of a key written as prefix.secret, if it is right.
func (k *Keys) whole(key string) (string, bool) {
	prefix, secret, ok := strings.Cut(key, ".")
	return prefix, ok && k.right(prefix, []byte(secret))
}

// right reports whether the secret is that of the prefix.
func (k *Keys) right(prefix string, secret []byte) bool {
	want, known := k.sums[prefix]
	sum := sha256.Sum256(secret)
	return subtle.ConstantTimeCompare(sum[:], want[:]) == 1 && known
}
