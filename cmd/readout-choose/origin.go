package main

import (
	"fmt"
	"net/url"
	"strings"
)

// usualPorts are those that browsers leave out of an origin.
var usualPorts = map[string]string{"http": ":80", "https": ":443"}

// checkOrigin says why no browser would ever send an origin. Origins are compared whole: one that
// is written in another way lets nobody ask, and nothing would say so. Pages that are no one's
// send null or file://.
func checkOrigin(origin string) error {
	if origin == "null" || origin == "file://" {
		return nil
	}
	bare := strings.TrimSuffix(origin, "/")
	u, err := url.Parse(bare)
	if err != nil || u.Host == "" || strings.Contains(u.Host, "*") || !strings.EqualFold(bare, u.Scheme+"://"+u.Host) {
		return fmt.Errorf("--allow-origin %q is no origin: name each with its scheme, such as https://shop.example, and without a path", origin)
	}
	sent := u.Scheme + "://" + strings.TrimSuffix(strings.ToLower(u.Host), usualPorts[u.Scheme])
	if bare != sent {
		return fmt.Errorf("--allow-origin %q is not what browsers send: write %s", origin, sent)
	}
	return nil
}
