// Package crashtest kills the decision service under load, and what it stores in, and holds
// that nothing answered is lost: its tests run the real program, for which they need the Go
// command, and a Redis server where one is installed.
//
// They are skipped unless -kills says how often:
//
//	go test ./internal/crashtest -kills 200
//
// After every kill the published salt of every experiment is another one, so that an
// assignment that is drawn again instead of remembered shows, and in the end all exposures that
// were logged are read: one for every experiment that was answered to a visitor, and none
// twice. The package exports nothing; its tests import experiment and internal/redistest.
package crashtest
