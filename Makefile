# The habits of this project. 'make check' is what CI runs: .ci/run, which needs Go only.

GO ?= go

.PHONY: build test race lint check bench demo golden

build:
	$(GO) build -o bin/readout ./cmd/readout

test:
	$(GO) test ./...

# Slow on two cores: for changes to what runs in parallel.
race:
	$(GO) test -race ./ingest ./internal/... ./cmd/...

lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

check:
	./.ci/run

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

demo:
	$(GO) run ./cmd/readout demo

# Regenerates the golden files; review the difference before committing it.
golden:
	$(GO) test ./reports ./experiment ./cmd/readout -update
