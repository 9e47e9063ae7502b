# The habits of this project. 'make check' is what CI runs: .ci/run, which needs Go, and
# more for its last step, make clients.

GO ?= go

.PHONY: build test race lint check bench demo golden references bench-go bench-engine bench-service soak crash clients processors

build:
	$(GO) build -o bin/ ./cmd/readout ./cmd/readout-choose

test:
	$(GO) test ./...

# Slow, on two cores more than ten minutes for a package: for changes to what runs in parallel.
race:
	$(GO) test -race -timeout 60m ./ingest/... ./decision/... ./internal/... ./cmd/...

# Slow: the tests on arm64, which multiplies and adds in one step, emulated by Debian's
# qemu-user-static, whose binfmt must be registered for commands that start themselves.
processors:
	CGO_ENABLED=0 GOARCH=arm64 $(GO) test -count=1 -timeout 120m -exec qemu-aarch64-static ./...

lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

check:
	./.ci/run

# The hot loops, then the engine as a whole: half an hour on two cores.
bench: bench-go bench-engine

bench-go:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# The engine and the daily job beside DuckDB and Polars, on made-up data of sizes S, F and M,
# into docs/benchmarks.md. ENGINE="-python venv/bin/python -sizes S,F,M,L" and others: see
# go run ./internal/enginebench -help.
ENGINE ?=
bench-engine:
	$(GO) run ./internal/enginebench $(ENGINE)

# What a request costs the decision service, beside a plain JSON echo. Linux.
bench-service:
	$(GO) run ./internal/servicebench

# Ten minutes under load with the state published again every few seconds: what the service
# holds must stay flat. SOAK="-soak 1m -race" for the race detector.
SOAK ?= -soak 10m -connections 8
soak:
	$(GO) run ./internal/servicebench $(SOAK)

# Kills the decision service and Redis under load, KILLS times with each store, and holds that
# nothing answered is lost. Redis is left out, and named, where redis-server is not installed.
KILLS ?= 200
crash:
	READOUT_REDIS=start $(GO) test -count=1 ./decision/sticky
	$(GO) test -count=1 -timeout 120m -v ./internal/crashtest -kills $(KILLS)

# Runs published clients against the service, and the suite of its stores on a Redis server.
# What is not there, packages or programs, is skipped and named. CLIENTS="intempt captured"
# for some of them only.
CLIENTS ?=
clients:
	$(GO) run ./clients $(CLIENTS)
	@command -v redis-server >/dev/null || echo 'SKIPPED redis-server: not installed'
	READOUT_REDIS=start $(GO) test -count=1 ./decision/sticky

demo:
	$(GO) run ./cmd/readout demo

# Regenerates the golden files; review the difference before committing it.
golden:
	$(GO) test ./reports ./experiment ./cmd/readout-choose -update
	$(GO) test ./cmd/readout -update

# Prints how the reference values of other programs came out: passed, passed after a
# convention that is not ours was carried over, not covered.
references:
	@printf '%-40s %6s %6s %10s %11s\n' file cases passed convention 'not covered'
	@$(GO) test -count=1 -v -run 'Golden' ./sequential ./cuped ./power ./ingest ./analysis | \
		awk '/^FAIL/ {failed = 1} sub(/^.*: references: /, "") {print} END {exit failed}'
