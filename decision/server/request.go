package server

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of a request. Nothing that clients send comes near them.
const (
	maxNames    = 1000
	maxIDBytes  = 1 << 10
	maxURLBytes = 16 << 10
)

//lint:ignore ST1005 clients know this text
var errIdentification = errors.New("Identification is required")

var errNames = fmt.Errorf("more than %d names and groups", maxNames)

// chooseRequest is the body of a choose request. Existing clients send what is in the upper
// part; attributes, exposure and explain are ours. Unknown fields are ignored.
type chooseRequest struct {
	userID, profileID string
	names, groups     []string
	device            string
	sessionID         string
	optimizationType  string
	url               string

	attributes attributes
	exposure   bool
	explain    bool
}

// parseChoose reads the body of a choose request and says what is wrong with it.
func parseChoose(body []byte) (*chooseRequest, error) {
	r := &chooseRequest{exposure: true}
	if err := r.read(&scanner{data: body}); err != nil {
		return nil, err
	}
	return r, r.check()
}

func (r *chooseRequest) read(s *scanner) error {
	var name, group []string
	err := s.readObject("the body", func(field []byte) error {
		switch string(field) {
		case "identification":
			r.userID, r.profileID = "", ""
			return s.readObject("identification", func(field []byte) error {
				switch string(field) {
				case "userId":
					return s.readID("userId", &r.userID)
				case "profileId":
					return s.readID("profileId", &r.profileID)
				}
				return s.skip()
			})
		case "names":
			return s.readNames("names", &r.names)
		case "name":
			return s.readNames("name", &name)
		case "groups":
			return s.readNames("groups", &r.groups)
		case "group":
			return s.readNames("group", &group)
		case "device":
			return s.readAsSent("device", &r.device)
		case "sessionId":
			return s.readID("sessionId", &r.sessionID)
		case "optimizationType":
			return s.readText("optimizationType", &r.optimizationType)
		case "url":
			return s.readText("url", &r.url)
		case "attributes":
			r.attributes.known = nil
			return s.readObject("attributes", func(field []byte) error { return r.attributes.read(s, "", field) })
		case "exposure":
			return s.readBool("exposure", &r.exposure)
		case "explain":
			return s.readBool("explain", &r.explain)
		}
		return s.skip()
	})
	if err != nil {
		return err
	}
	r.names, r.groups = append(r.names, name...), append(r.groups, group...)
	return s.end()
}

func (r *chooseRequest) check() error {
	if r.unit() == "" {
		return errIdentification
	}
	if err := checkVisitor(r.unit(), r.url); err != nil {
		return err
	}
	if len(r.names)+len(r.groups) > maxNames {
		return errNames
	}
	for _, list := range [][]string{r.names, r.groups} {
		for _, name := range list {
			if !plainName(name) {
				return errors.New("names and groups have letters, digits, _ and - only")
			}
		}
	}
	switch r.optimizationType {
	case "", "experiment", "personalization":
		return nil
	}
	return errors.New("optimizationType must be experiment or personalization")
}

// unit returns the id that is hashed: userId, else profileId, verbatim.
func (r *chooseRequest) unit() string {
	if r.userID != "" {
		return r.userID
	}
	return r.profileID
}

// plainName reports whether a selector or group has letters, digits, _ and - only.
func plainName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// checkVisitor says what is wrong with an id or a URL.
func checkVisitor(id, url string) error {
	switch {
	case len(id) > maxIDBytes:
		return fmt.Errorf("an id is longer than %d bytes", maxIDBytes)
	case !utf8.ValidString(id) || strings.ContainsRune(id, utf8.RuneError):
		return errors.New("an id is not UTF-8")
	case len(url) > maxURLBytes:
		return fmt.Errorf("url is longer than %d bytes", maxURLBytes)
	}
	return nil
}
