// Command servicebench measures what a request costs the decision service, in CPU time of the
// server's process, beside a plain JSON echo on net/http under the same load in the same run.
//
// It builds a project with fifty experiments, starts the service and the echo as processes of
// their own, and loads them in turn over kept-alive connections. It runs on Linux, where the
// CPU time of a process is read from /proc.
package main
