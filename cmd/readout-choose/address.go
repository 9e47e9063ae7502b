package main

import (
	"fmt"
	"net"
)

// checkAddress says why a listener cannot have an address, as far as that is seen without
// listening.
func checkAddress(flag, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return fmt.Errorf("--%s %q is no address: say a host and a port, such as 127.0.0.1:8080, or :8080 for all addresses of this machine", flag, address)
	}
	return nil
}
