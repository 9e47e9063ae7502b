package experiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"readout/internal/atomicfile"
)

// Limits of published.json: far above what projects need.
const (
	maxPublished = 64 << 20 // bytes
	// An audience may name another, each as deep as a file may be, and a level of
	// YAML with several conditions is two of JSON.
	maxPublishedDepth = 4*maxDepth + 16
)

// PublishedPath returns where the published state of a state directory is.
func PublishedPath(state string) string { return filepath.Join(state, "published.json") }

// Encode returns the bytes of published.json, with the checksum: the SHA-256 of
// the compact JSON of the content in the order of the fields, with an empty
// checksum and with <, > and & as they are.
func (p Published) Encode() ([]byte, error) {
	sum, err := p.sum()
	if err != nil {
		return nil, fmt.Errorf("encode published state: %w", err)
	}
	p.Checksum = sum
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(p); err != nil {
		return nil, fmt.Errorf("encode published state: %w", err)
	}
	if out.Len() > maxPublished {
		return nil, fmt.Errorf("encode published state: %d MiB, at most %d are allowed", out.Len()>>20, maxPublished>>20)
	}
	return out.Bytes(), nil
}

// sum returns the checksum of the content.
func (p Published) sum() (string, error) {
	p.Checksum = ""
	text, err := marshalPlain(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// ParsePublished reads published.json. It refuses another version, unknown
// keys, and content that is not what the checksum was made of, such as half a
// file. What one experiment says is for [PublishedExperiment.Check], so that a
// bad one need not take the others with it.
func ParsePublished(data []byte) (*Published, error) {
	if len(data) > maxPublished {
		return nil, fmt.Errorf("published state of %d MiB, at most %d are allowed", len(data)>>20, maxPublished>>20)
	}
	if !shallowJSON(data, maxPublishedDepth) {
		return nil, fmt.Errorf("published state is nested deeper than %d levels", maxPublishedDepth)
	}
	var head struct{ Version *int }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("published state is not whole: %w", err)
	}
	switch {
	case head.Version == nil:
		return nil, errors.New("published state has no version: this is no published.json")
	case *head.Version != PublishedVersion:
		return nil, fmt.Errorf("published state has version %d, this program reads version %d: publish again with the same version of readout",
			*head.Version, PublishedVersion)
	}
	p, err := decodePublished(data)
	if err != nil {
		return nil, fmt.Errorf("published state: %w", err)
	}
	sum, err := p.sum()
	switch {
	case err != nil:
		return nil, fmt.Errorf("published state: %w", err)
	case sum != p.Checksum:
		return nil, fmt.Errorf("published state: the checksum is %q and the content has %s: it was damaged or edited, publish again",
			clip(p.Checksum), sum)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("published state: %w", err)
	}
	return p, nil
}

// decodePublished decodes the content, whatever its checksum.
func decodePublished(data []byte) (*Published, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	p := &Published{}
	if err := decoder.Decode(p); err != nil {
		return nil, err
	}
	for i := range p.Experiments {
		for j := range p.Experiments[i].Variants {
			payload := &p.Experiments[i].Variants[j].Payload
			if *payload == nil {
				continue
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, *payload); err != nil {
				return nil, err
			}
			*payload = compact.Bytes()
		}
	}
	return p, nil
}

// check says what the whole lacks, apart from its experiments.
func (p *Published) check() error {
	if p.Organization == "" || p.Project == "" || p.Exposures.Path == "" {
		return errors.New("organization, project or the path of exposures is missing")
	}
	if _, err := time.LoadLocation(p.TimeZone); err != nil || p.TimeZone == "" || p.TimeZone == "Local" {
		return fmt.Errorf("unknown time zone %q", clip(p.TimeZone))
	}
	for i, e := range p.Experiments {
		if e.Name == "" || i > 0 && p.Experiments[i-1].Name >= e.Name {
			return fmt.Errorf("experiment %q is out of order", clip(e.Name))
		}
	}
	return nil
}

// shallowJSON reports whether brackets outside of texts are nested at most limit deep.
func shallowJSON(data []byte, limit int) bool {
	depth, text := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}

// ReadPublished reads the published state of a state directory. The error wraps
// [fs.ErrNotExist] when nothing was published yet.
func ReadPublished(state string) (*Published, error) {
	path := PublishedPath(state)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: nothing is published yet: %w", path, err)
	case err != nil:
		return nil, err
	case info.Size() > maxPublished:
		return nil, fmt.Errorf("%s: %d MiB, at most %d are allowed", path, info.Size()>>20, maxPublished>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p, err := ParsePublished(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Write replaces the published state of a state directory whole. It leaves the
// file alone when its content would not change. The caller holds the lock of
// the state directory.
func (p Published) Write(state string) (changed bool, err error) {
	data, err := p.Encode()
	if err != nil {
		return false, err
	}
	return atomicfile.WriteFile(PublishedPath(state), data)
}
