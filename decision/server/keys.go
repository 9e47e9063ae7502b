package server

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
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
// secret in hex, separated by spaces. Empty lines and lines that begin with # are left out.
func ParseKeys(data []byte) (*Keys, error) {
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
		return nil, fmt.Errorf("no keys: make a line with readout-choose key")
	}
	return k, nil
}

// prefix returns the prefix of the key that a request carries, and whether it is right. The
// time that this takes does not depend on how wrong the secret is.
func (k *Keys) prefix(r *http.Request) (string, bool) {
	for _, key := range credentials(r) {
		prefix, secret, ok := strings.Cut(key, ".")
		if !ok {
			continue
		}
		want, known := k.sums[prefix]
		sum := sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(sum[:], want[:]) == 1 && known {
			return prefix, true
		}
	}
	return "", false
}

// credentials returns the keys that a request carries, as prefix.secret, in all the forms
// that clients use.
func credentials(r *http.Request) []string {
	var keys []string
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, rest, _ := strings.Cut(h, " ")
		rest = strings.TrimSpace(rest)
		switch {
		case strings.EqualFold(scheme, "Basic"):
			if text, err := base64.StdEncoding.DecodeString(rest); err == nil {
				keys = append(keys, strings.Replace(string(text), ":", ".", 1))
			}
		case strings.EqualFold(scheme, "Bearer"):
			keys = append(keys, rest)
		}
	}
	if h := r.Header.Get("X-API-Key"); h != "" {
		keys = append(keys, h)
	}
	if r.URL.RawQuery != "" {
		if key := r.URL.Query().Get("apiKey"); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
