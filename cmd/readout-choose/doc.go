// Command readout-choose is the decision service: it serves the published state of a project
// to the servers that ask which variant a visitor gets, remembers who got what, and logs
// exposures in the form that readout reads:
//
//	readout-choose key web                               an API key, and its line for keys.txt
//	readout-choose --state shop/state --keys keys.txt    the service
//
// It reads published.json of the state directory and follows its changes, keeps assignments in
// a store (a directory, or Redis), and writes Parquet files of exposures. It computes no
// statistic, and changes nothing in the state directory. Every flag can also be given in the environment; --help lists them, and
// docs/decision-service.md says what they are for. The log goes to standard error. The exit
// status is 0 after a signal, 1 when something failed, and 2 for wrong usage.
package main
