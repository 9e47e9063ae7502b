// Command readout-choose is the decision service: it serves the published state of a project
// to the servers that ask which variant a visitor gets, remembers who got what, and logs
// exposures in the form that readout reads.
package main
