package main

import (
	"io"
	"net"
	"net/http"
	"strings"
)

// strangeHost is the answer to a request that names another machine.
const strangeHost = `{"errors":[{"message":"the admin listener answers to requests that name this machine as localhost or by its address: have the proxy set the Host header so"}]}` + "\n"

// onlyHere lets pass what names this machine, by an address or as localhost, where address is
// one that only this machine reaches. The admin listener asks for no key: a page from elsewhere,
// open in a browser here, could read all of it through a name of its own that it lets stand for
// 127.0.0.1.
func onlyHere(address net.Addr, next http.Handler) http.Handler {
	if tcp, ok := address.(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if !strings.EqualFold(host, "localhost") && net.ParseIP(host) == nil {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			// A client that went away is not ours to report.
			_, _ = io.WriteString(w, strangeHost)
			return
		}
		next.ServeHTTP(w, r)
	})
}
