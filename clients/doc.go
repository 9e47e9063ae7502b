// Clients runs published clients of the decision service against the real binaries, on ports
// of 127.0.0.1 and with a project made for it.
//
// In: a folder per client with its program and the versions it is pinned to. Out: a table of
// what each client showed, and exit status 1 if something failed. Packages come by name from
// the registries of their languages into a cache outside the repository; a client whose
// registry does not answer is skipped and named, and never counted as passed.
//
// A client's program reads the environment (READOUT_URL, READOUT_LIMITED_URL, READOUT_KEY,
// READOUT_ORGANIZATION, READOUT_PROJECT) and writes a line per check to standard output,
// "passed" or "failed", the check and the reason, separated by tabs.
//
// It imports no other package of ours: it knows the service by its binaries only.
package main
