package reports

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/analysis"
)

// tree returns the files below a directory with their content.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		out[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func names(tree map[string]string) []string {
	var out []string
	for name := range tree {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func mustWriteDay(t *testing.T, state string, card analysis.Scorecard, extra ...Format) bool {
	t.Helper()
	changed, err := WriteDay(state, card, extra...)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func named(t *testing.T, name string) Format {
	t.Helper()
	f, err := FormatNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWriteDay(t *testing.T) {
	state := t.TempDir()
	if !mustWriteDay(t, state, full(), named(t, "csv"), named(t, "json")) {
		t.Error("a new day is no change")
	}
	dir := "scorecards/checkout-button/date=2026-01-20/"
	want := []string{dir + "scorecard.csv", dir + "scorecard.json", dir + "scorecard.parquet"}
	if diff := cmp.Diff(want, names(tree(t, state))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	card, err := ReadDay(state, "checkout-button", "2026-01-20")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full(), card); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// A day written again is not touched; a changed one is replaced whole, files of formats
// that are not asked for any more included.
func TestWriteDayAgain(t *testing.T) {
	state := t.TempDir()
	mustWriteDay(t, state, full(), named(t, "csv"))
	path := filepath.Join(state, "scorecards/checkout-button/date=2026-01-20/scorecard.json")
	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	if mustWriteDay(t, state, full(), named(t, "csv")) {
		t.Error("the same day is a change")
	}
	if info, err := os.Stat(path); err != nil || !info.ModTime().Equal(long) {
		t.Errorf("the file was touched: %v, %v", info, err)
	}

	card := full()
	card.Status = "Completed"
	if !mustWriteDay(t, state, card) {
		t.Error("another scorecard is no change")
	}
	fresh := t.TempDir()
	mustWriteDay(t, fresh, card)
	if diff := cmp.Diff(tree(t, fresh), tree(t, state)); diff != "" {
		t.Errorf("replaced (-fresh +replaced):\n%s", diff)
	}
}

func TestWriteDayFailureChangesNothing(t *testing.T) {
	state := t.TempDir()
	mustWriteDay(t, state, full())
	before := tree(t, state)
	card := full()
	card.Status = "Completed"
	bad := Format{Name: "bad", Extension: ".bad", Write: func(io.Writer, []analysis.Scorecard) error { return errFull }}
	if _, err := WriteDay(state, card, bad); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
	if diff := cmp.Diff(before, tree(t, state)); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}

	// The second file of the new day cannot be written: its name has no directory.
	bad = Format{Name: "bad", Extension: "/\x00", Write: func(io.Writer, []analysis.Scorecard) error { return nil }}
	if _, err := WriteDay(state, card, bad); err == nil {
		t.Error("a file without a valid name was written")
	}
	if diff := cmp.Diff(before, tree(t, state)); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}
}

// Whatever step a writer was killed at, ReadDay sees the old day or the new one, and after
// Recover, or after writing again, nothing is left of it.
func TestKilledWriter(t *testing.T) {
	older, newer := full(), full()
	newer.Status = "Completed"
	oldState, newState := t.TempDir(), t.TempDir()
	mustWriteDay(t, oldState, older)
	mustWriteDay(t, newState, newer)
	oldTree, newTree := tree(t, oldState), tree(t, newState)

	const parent = "scorecards/checkout-button/"
	for _, tt := range []struct {
		name string
		// dirs says which day lies in a directory when the writer dies; partly is a new day
		// without its last file.
		dirs map[string]string
		want map[string]string
	}{
		{"first file of a first day", map[string]string{".date=2026-01-20.new": "partly"}, map[string]string{}},
		{"first file", map[string]string{"date=2026-01-20": "old", ".date=2026-01-20.new": "partly"}, oldTree},
		{"all files", map[string]string{"date=2026-01-20": "old", ".date=2026-01-20.new": "new"}, oldTree},
		{"set aside", map[string]string{".date=2026-01-20.aside": "old", ".date=2026-01-20.new": "new"}, oldTree},
		{"in place", map[string]string{"date=2026-01-20": "new", ".date=2026-01-20.aside": "old"}, newTree},
		{"partly removed", map[string]string{"date=2026-01-20": "new", ".date=2026-01-20.aside": "partly"}, newTree},
	} {
		t.Run(tt.name, func(t *testing.T) {
			crash := func() string {
				state := t.TempDir()
				for dir, content := range tt.dirs {
					source := newState
					if content == "old" {
						source = oldState
					}
					target := filepath.Join(state, parent, dir)
					if err := os.CopyFS(target, os.DirFS(filepath.Join(source, parent, "date=2026-01-20"))); err != nil {
						t.Fatal(err)
					}
					if content == "partly" {
						if err := os.Remove(filepath.Join(target, "scorecard.parquet")); err != nil {
							t.Fatal(err)
						}
					}
				}
				return state
			}

			state := crash()
			card, err := ReadDay(state, older.Experiment, older.Date)
			switch {
			case len(tt.want) == 0:
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("ReadDay of a day that is not there: %v", err)
				}
			case err != nil:
				t.Error(err)
			case card.Status != older.Status && card.Status != newer.Status:
				t.Errorf("ReadDay: status %q", card.Status)
			}
			if err := Recover(state); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tree(t, state)); diff != "" {
				t.Errorf("recovered (-want +got):\n%s", diff)
			}

			state = crash()
			mustWriteDay(t, state, newer)
			if diff := cmp.Diff(newTree, tree(t, state)); diff != "" {
				t.Errorf("written again (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecoverNothing(t *testing.T) {
	state := t.TempDir()
	if err := Recover(state); err != nil {
		t.Error(err)
	}
	mustWriteDay(t, state, full())
	other := filepath.Join(state, "scorecards", "checkout-button", ".keep")
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	before := tree(t, state)
	if err := Recover(state); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, tree(t, state)); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}
}

func TestDayDirRefuses(t *testing.T) {
	f := func(experiment, date, want string) {
		t.Helper()
		if _, err := dayDir("state", experiment, date); err == nil || err.Error() != want {
			t.Errorf("dayDir(%q, %q): %v, want %s", experiment, date, err, want)
		}
	}
	f("../x", "2026-01-20", `scorecard directory: experiment "../x": want letters, digits, - and _`)
	f("", "2026-01-20", `scorecard directory: experiment "": want letters, digits, - and _`)
	f("x", "2026-01-20/..", `scorecard directory of x: date "2026-01-20/..": want YYYY-MM-DD`)
	f("x", "2026-02-30", `scorecard directory of x: date "2026-02-30": want YYYY-MM-DD`)
}

func TestDays(t *testing.T) {
	state := t.TempDir()
	if days, err := Days(state, "checkout-button"); err != nil || days != nil {
		t.Errorf("Days of nothing = %v, %v", days, err)
	}
	for _, date := range []string{"2026-01-21", "2026-01-20", "2025-12-31"} {
		card := empty()
		card.Date = date
		mustWriteDay(t, state, card)
	}
	if err := os.MkdirAll(filepath.Join(state, "scorecards/checkout-button/date=never"), 0o755); err != nil {
		t.Fatal(err)
	}
	days, err := Days(state, "checkout-button")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2025-12-31", "2026-01-20", "2026-01-21"}, days); diff != "" {
		t.Errorf("Days (-want +got):\n%s", diff)
	}
}

func TestReadDayRefuses(t *testing.T) {
	state := t.TempDir()
	if _, err := ReadDay(state, "checkout-button", "2026-01-20"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a day that is not there: %v", err)
	}
	mustWriteDay(t, state, full())
	parent := filepath.Join(state, "scorecards/checkout-button")
	if err := os.Rename(filepath.Join(parent, "date=2026-01-20"), filepath.Join(parent, "date=2026-01-21")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadDay(state, "checkout-button", "2026-01-21"); err == nil {
		t.Error("a scorecard of another day was read")
	}
	if err := os.WriteFile(filepath.Join(parent, "date=2026-01-21/scorecard.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadDay(state, "checkout-button", "2026-01-21"); err == nil {
		t.Error("a damaged scorecard was read")
	}
}
