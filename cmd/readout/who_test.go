package main

import (
	"os/user"
	"testing"
)

// TestWho: the name of a move's author is the flag's, the environment's, or the account's.
func TestWho(t *testing.T) {
	root := func() (*user.User, error) { return &user.User{Username: "root"}, nil }
	nobody := func() (*user.User, error) { return nil, user.UnknownUserIdError(12345) }
	nameless := func() (*user.User, error) { return &user.User{}, nil }
	for _, c := range []struct {
		what, by, variable, want string
		account                  func() (*user.User, error)
	}{
		{"the flag", "ana", "bo", "ana", root},
		{"the environment", "", "bo", "bo", root},
		{"the account", "", "", "root", root},
		{"an account without an entry", "", "", "", nobody},
		{"an account without a name", "", "", "", nameless},
	} {
		t.Setenv("USER", "")
		t.Setenv("LOGNAME", c.variable)
		t.Setenv("USERNAME", "")
		got, err := who(c.by, c.account)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.what, got, err, c.want)
		}
	}
}
