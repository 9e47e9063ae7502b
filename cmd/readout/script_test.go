package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the output that scripts and golden files expect")

// scriptClock is the time in scripts that do not say --now.
var scriptClock = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// asProgram is the name under which the test binary is the program, for tests of what only
// the system can do to it.
const asProgram = "readout-main"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"readout": func() {
			clock := func() time.Time { return scriptClock }
			os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, clock))
		},
		asProgram: main,
	})
}

// TestScripts runs the stories of testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("USER", "ana")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"parquet":  toParquet,
			"truncate": truncate,
			"digest":   digest,
			"isjson":   isJSON,
			"looks":    looks,
			"pick":     pick,
		},
	})
}

// demoScorecards returns the scorecards that the demo prints, as its story has them.
func demoScorecards(t *testing.T) string {
	t.Helper()
	story, err := txtar.ParseFile(filepath.Join("testdata", "script", "demo.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range story.Files {
		if f.Name == "scorecards.txt" {
			return string(f.Data)
		}
	}
	t.Fatal("the story of the demo has no scorecards")
	return ""
}

// readmeBlocks are the blocks of the demo's first scorecard that README.md shows.
var readmeBlocks = []int{0, 1, 2, 3}

// TestScorecardOfREADME holds that the scorecard in README.md is the one that the demo
// prints, as the story of the demo has it, without some of its blocks. It stands behind
// TestScripts, which rewrites that story with -update.
func TestScorecardOfREADME(t *testing.T) {
	printed := demoScorecards(t)
	blocks := strings.Split(printed, "\n\n")
	var shown []string
	for _, i := range readmeBlocks {
		if i >= len(blocks) {
			t.Fatalf("the demo prints only %d blocks", len(blocks))
		}
		shown = append(shown, strings.TrimRight(blocks[i], "\n"))
	}
	path := filepath.Join(root, "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- scorecard -->\n```\n", "\n```\n<!-- end -->"
	before, rest, ok := strings.Cut(string(readme), begin)
	_, after, okEnd := strings.Cut(rest, end)
	if !ok || !okEnd {
		t.Fatalf("%s has no block between %q and %q", path, begin, end)
	}
	golden(t, path, before+begin+strings.Join(shown, "\n\n")+end+after)
}

// exits runs a command and expects its exit status:
//
//	exits 2 readout validate
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// truncate cuts a file to so many bytes:
//
//	truncate FILE BYTES
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE BYTES")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// digest writes the hash and the path of every file below a folder to a file:
//
//	digest FOLDER FILE
func digest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: digest FOLDER FILE")
	}
	root := ts.MkAbs(args[0])
	var out bytes.Buffer
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		fmt.Fprintf(&out, "%x %s\n", sha256.Sum256(data), filepath.ToSlash(name))
		return err
	}))
	if out.Len() == 0 {
		ts.Fatalf("%s holds no files", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), out.Bytes(), 0o644))
}

// isJSON checks that a file, or stdout, holds JSON documents and nothing else.
func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: isjson FILE")
	}
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	for n := 0; ; n++ {
		var v any
		switch err := decoder.Decode(&v); {
		case err == io.EOF && n > 0:
			return
		case err != nil:
			ts.Fatalf("document %d: %v", n+1, err)
		}
	}
}

// looks prints the looks of a log to a file, one a line: date, metric, variant, spending
// time and alpha spent, to four decimals:
//
//	looks LOG FILE
func looks(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: looks LOG FILE")
	}
	var out strings.Builder
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var look struct {
			Date, Metric, Variant string
			Time, Spent           float64
		}
		ts.Check(json.Unmarshal([]byte(line), &look))
		fmt.Fprintf(&out, "%s %s %s %.4f %.4f\n", look.Date, look.Metric, look.Variant, look.Time, look.Spent)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o644))
}

// pick prints a part of a JSON file to a file: keys and indexes are joined by dots, and *
// stands for every element of a list, each on a line of its own:
//
//	pick JSON experiments.0.phases.*.traffic FILE
func pick(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: pick JSON PATH FILE")
	}
	var whole any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &whole))
	found := []any{whole}
	for key := range strings.SplitSeq(args[1], ".") {
		var next []any
		for _, v := range found {
			switch v := v.(type) {
			case map[string]any:
				next = append(next, v[key])
			case []any:
				if i, err := strconv.Atoi(key); err == nil && i < len(v) {
					v = v[i : i+1]
				}
				next = append(next, v...)
			default:
				ts.Fatalf("%s: nothing at %s", args[1], key)
			}
		}
		found = next
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for _, v := range found {
		ts.Check(encoder.Encode(v))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), out.Bytes(), 0o644))
}

// toParquet writes a CSV file as Parquet:
//
//	parquet CSV PARQUET
//
// A column is text unless its name ends in :int, :float or :time; an empty field is null.
// A line with {1..40} in it stands for as many lines, each with its number.
func toParquet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: parquet CSV PARQUET")
	}
	records, err := csv.NewReader(strings.NewReader(repeated(ts.ReadFile(args[0])))).ReadAll()
	ts.Check(err)
	path := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	file, err := os.Create(path)
	ts.Check(err)
	defer file.Close()
	ts.Check(writeTable(file, records[0], records[1:]))
	ts.Check(file.Close())
}

var numbers = regexp.MustCompile(`\{(\d+)\.\.(\d+)\}`)

// repeated repeats the lines that hold {first..last}.
func repeated(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		match := numbers.FindStringSubmatch(line)
		if match == nil {
			out.WriteString(line)
			continue
		}
		first, _ := strconv.Atoi(match[1])
		last, _ := strconv.Atoi(match[2])
		for i := first; i <= last; i++ {
			out.WriteString(strings.ReplaceAll(line, match[0], strconv.Itoa(i)))
		}
	}
	return out.String()
}

// writeTable writes rows of text as Parquet. Groups order their columns by name.
func writeTable(w io.Writer, header []string, rows [][]string) error {
	group := parquet.Group{}
	kinds := make(map[string]string, len(header))
	position := make(map[string]int, len(header))
	for i, column := range header {
		name, kind, _ := strings.Cut(column, ":")
		kinds[name], position[name] = kind, i
		switch kind {
		case "":
			group[name] = parquet.Optional(parquet.String())
		case "int":
			group[name] = parquet.Optional(parquet.Int(64))
		case "float":
			group[name] = parquet.Optional(parquet.Leaf(parquet.DoubleType))
		case "time":
			group[name] = parquet.Optional(parquet.Timestamp(parquet.Microsecond))
		default:
			return fmt.Errorf("column %s: unknown type", column)
		}
	}
	schema := parquet.NewSchema("table", group)
	writer := parquet.NewWriter(w, schema)
	for _, fields := range rows {
		var row parquet.Row
		for i, path := range schema.Columns() {
			v, err := parquetValue(kinds[path[0]], fields[position[path[0]]])
			if err != nil {
				return err
			}
			level := 1
			if v.IsNull() {
				level = 0
			}
			row = append(row, v.Level(0, level, i))
		}
		if _, err := writer.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	return writer.Close()
}

func parquetValue(kind, text string) (parquet.Value, error) {
	if text == "" {
		return parquet.NullValue(), nil
	}
	switch kind {
	case "int":
		v, err := strconv.ParseInt(text, 10, 64)
		return parquet.Int64Value(v), err
	case "float":
		v, err := strconv.ParseFloat(text, 64)
		return parquet.DoubleValue(v), err
	case "time":
		t, err := time.Parse(time.RFC3339, text)
		return parquet.Int64Value(t.UnixMicro()), err
	}
	return parquet.ByteArrayValue([]byte(text)), nil
}
