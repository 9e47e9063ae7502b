package tables

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// interopVariable names the environment variable that points to a folder of Parquet files
// from other writers: expected.json lists them, canon/*.csv holds the rows they must give. They
// are no part of this repository: where the variable is not set the test is skipped.
const interopVariable = "READOUT_INTEROP"

// interopEntry is what expected.json says of a file or folder.
type interopEntry struct {
	Role, Expect, Canon, Note string
}

// TestInterop reads every file that other writers made and compares every value with the
// canon. Files marked "error" must fail with a message that names the file; files marked
// "choice" are reported, and compared where they read and have a canon.
func TestInterop(t *testing.T) {
	root := os.Getenv(interopVariable)
	if root == "" {
		t.Skipf("set %s to a folder of Parquet files with an expected.json", interopVariable)
	}
	raw, err := os.ReadFile(filepath.Join(root, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Files map[string]interopEntry }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(list.Files))
	for name := range list.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) { checkInterop(t, root, name, list.Files[name]) })
	}
}

func checkInterop(t *testing.T, root, name string, e interopEntry) {
	rows, err := readInterop(LocalStore{Dir: root}, name, e.Role)
	switch e.Expect {
	case "error":
		if err == nil {
			t.Fatalf("read %d rows, want an error", len(rows))
		}
		t.Log(err)
		return
	case "choice":
		if err != nil {
			t.Logf("refused: %v", err)
			return
		}
	default:
		if err != nil {
			t.Fatal(err)
		}
	}
	if e.Canon == "" {
		t.Logf("read %d rows; no canon: %s", len(rows), e.Note)
		return
	}
	want, err := readCanon(filepath.Join(root, "canon", e.Canon+".csv"), e.Role)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, compareInterop)
	slices.SortFunc(want, compareInterop)
	if len(rows) != len(want) {
		t.Fatalf("read %d rows, want %d", len(rows), len(want))
	}
	for i := range rows {
		if rows[i] != want[i] {
			t.Fatalf("row %d in order: read %+v, want %+v", i, rows[i], want[i])
		}
	}
}

// interopRow is a row of either table; text holds the text columns, null as "\x00".
type interopRow struct {
	user  UserID
	time  int64
	value uint64 // bits, so that NaN equals itself
	text  [2]string
}

func compareInterop(a, b interopRow) int {
	return cmp.Or(cmp.Compare(a.user.Hi, b.user.Hi), cmp.Compare(a.user.Lo, b.user.Lo), cmp.Compare(a.time, b.time),
		cmp.Compare(a.text[0], b.text[0]), cmp.Compare(a.text[1], b.text[1]), cmp.Compare(a.value, b.value))
}

const interopSeed = 7

func readInterop(store LocalStore, path, role string) ([]interopRow, error) {
	ctx := context.Background()
	files, err := store.List(ctx, path)
	if err != nil {
		return nil, err
	}
	codes := new(dictionary)
	spec := &Spec{Table: role, User: "user_id", Time: "timestamp", Location: time.UTC, Seed: interopSeed}
	if role == "exposures" {
		spec.Text = []TextColumn{{Name: "variant", Codes: codes}, {Name: "country", Optional: true, Codes: codes}}
	} else {
		spec.Text = []TextColumn{{Name: "metric", Codes: codes}}
		spec.Value = "value"
	}
	var rows []interopRow
	for _, f := range files {
		if err := eachBatch(ctx, store, f, spec, func(b *Batch) { rows = appendInterop(rows, b, codes) }); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func appendInterop(rows []interopRow, b *Batch, codes *dictionary) []interopRow {
	for i := range b.N {
		r := interopRow{user: b.User[i], time: b.Time[i], value: math.Float64bits(math.NaN())}
		if b.Value != nil {
			r.value = math.Float64bits(b.Value[i])
		}
		for k, text := range b.Text {
			r.text[k] = codes.text(text[i])
		}
		rows = append(rows, r)
	}
	return rows
}

// eachBatch reads a whole file.
func eachBatch(ctx context.Context, store Store, f File, spec *Spec, do func(*Batch)) error {
	table, err := Open(ctx, store, f, spec)
	if err != nil {
		return err
	}
	defer table.Close()
	var b Batch
	for g := range table.RowGroups() {
		rows := table.Rows(g)
		defer rows.Close()
		for {
			more, err := rows.Next(&b)
			if err != nil {
				return err
			}
			if !more {
				break
			}
			do(&b)
		}
	}
	return nil
}

// dictionary numbers texts in the order in which they come.
type dictionary struct {
	mu    sync.Mutex
	codes map[string]uint32
	texts []string
}

func (d *dictionary) Code(text []byte) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if code, ok := d.codes[string(text)]; ok {
		return code
	}
	if d.codes == nil {
		d.codes = make(map[string]uint32)
	}
	code := uint32(len(d.texts))
	d.codes[string(text)] = code
	d.texts = append(d.texts, string(text))
	return code
}

// text returns the text of a code, and nullText for null.
func (d *dictionary) text(code uint32) string {
	if code == NullCode {
		return nullText
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.texts[code]
}

// nullText stands for null in tests.
const nullText = "\x00"

func readCanon(path, role string) ([]interopRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := csv.NewReader(bufio.NewReader(f)).ReadAll()
	if err != nil {
		return nil, err
	}
	var rows []interopRow
	for _, rec := range records[1:] {
		r := interopRow{user: HashID([]byte(rec[0]), interopSeed), value: math.Float64bits(math.NaN()), text: [2]string{rec[1], ""}}
		if r.time, err = strconv.ParseInt(rec[2], 10, 64); err != nil {
			return nil, err
		}
		if role == "exposures" {
			// The canon cannot tell null from empty.
			r.text[1] = rec[3]
			if rec[3] == "" {
				r.text[1] = nullText
			}
		} else {
			v, err := strconv.ParseFloat(rec[3], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			r.value = math.Float64bits(v)
		}
		rows = append(rows, r)
	}
	return rows, nil
}
