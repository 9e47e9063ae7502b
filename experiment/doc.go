// Package experiment says what an experiment is.
//
// In go the YAML files of a project and the lifecycle log of its state
// directory. Out come a [Project] with its metrics and experiments, every
// fault of the files at once with file, line and column ([Errors]), the
// [State] of each experiment, and what is [Published] for serving.
//
// The steps, in order:
//
//  1. yaml*.go turn the bytes of one file into a small tree with positions,
//     and refuse what is too large, too deep, or not plain YAML.
//  2. decode*.go turn trees into definitions (experiment.go, metric.go, project.go,
//     targeting.go) and collect faults.
//  3. load.go reads all files of a project and resolves the names between
//     them: metrics of scorecards, templates, audiences.
//  4. log.go, status.go, apply.go and move.go hold the lifecycle: an append-only
//     log of facts, the state that follows from it, entry by entry, and the moves
//     that people may make.
//  5. recorded.go, edits.go and phase.go compare a definition with the one in the
//     log: what may be edited while users are in, and the phases that follow.
//  6. published*.go and profiles.go make what the decision service reads:
//     published.json and a copy of the profile table.
//
// The tables of decode*.go also say what values are allowed, which makes the JSON
// Schemas of shape.go and schema.go.
//
// The allowed names of methods, procedures, aggregates and the like are
// tables in names.go. What they mean is implemented elsewhere.
//
// The package computes no statistic, reads no data file, serves no request and
// reads no clock: time is always an argument. It may import
// internal/atomicfile of ours and nothing else.
package experiment
