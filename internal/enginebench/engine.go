package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"runtime/debug"

	"readout/ingest"
)

// engine is the process that computes the figures with ingest.Embedded and nothing else.
func engine(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("enginebench engine", flag.ContinueOnError)
	data := f.String("data", "", "directory of the data")
	experiments := f.Int("experiments", 1, "experiments in them")
	looks := f.Int("looks", 1, "looks, at the ends of the last days")
	mature := f.Bool("mature", false, "only users whose window is over")
	back := f.Int("back", 0, "days that are not over yet")
	keep := f.String("keep", "", "folder in which rows are kept from run to run; empty is none")
	memory := f.Int64("memory", 0, "limit of memory in bytes; 0 is none")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *memory > 0 {
		debug.SetMemoryLimit(*memory)
	}
	q := query(*data, *experiments, *looks, *back, *mature)
	result, err := ingest.Embedded{Memory: *memory, Keep: *keep}.Run(ctx, q, nil)
	if err != nil {
		return err
	}
	last := *looks - 1
	return json.NewEncoder(out).Encode(answer{
		Rows:    result.Exposures[last].Rows + result.Conversions[last].Rows,
		Figures: figuresOf(q, result),
	})
}

// figuresOf returns the figures of the last look.
func figuresOf(q ingest.Query, result *ingest.Result) figures {
	all := make(figures)
	wanted := metrics()
	for i, e := range q.Experiments {
		look := &result.Experiments[i].Looks[len(q.Looks)-1]
		for v, variant := range e.Variants {
			key := e.Name + "/" + variant + "/"
			all[key+"several"] = float64(look.Several[v])
			for m := range wanted {
				all.add(key+wanted[m].Name+"/", wanted[m].labels(), look.Metrics[m][0][v].Moments)
			}
		}
	}
	return all
}
