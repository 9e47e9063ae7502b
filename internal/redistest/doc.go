// Package redistest runs a Redis server for tests, with every write appended to its log at
// once, as the decision service wants it.
//
// In go a directory and the program redis-server of this machine; out comes an address, and
// a process that tests can kill and start again with what it has kept. The package is for
// tests only, installs nothing, and imports none of our packages.
package redistest
