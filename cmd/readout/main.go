package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // so that time zones work on machines without them
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once; what is written is whole or not there.
	context.AfterFunc(ctx, stop)
	// Who reads the output may go, as head does. The write fails then, and the work is done all
	// the same: a move that ended between its log and what is published would help nobody. With
	// Ignore the browser that a command opens would ignore the signal, too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, time.Now))
}
