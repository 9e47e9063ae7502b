package atomicfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"readout/internal/atomicfile"
)

// A log of which a crash has cut the last line, and a page that is replaced only where it changes,
// both under the lock of their directory.
func Example() {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	lock, err := atomicfile.TryLock(filepath.Join(dir, "lock"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer lock.Release()

	log := filepath.Join(dir, "moves.jsonl")
	if err := os.WriteFile(log, []byte("{\"move\":\"start\"}\n{\"move\":\"st"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(atomicfile.AppendLines(log, []byte(`{"move":"stop"}`)))
	lines, err := atomicfile.ReadLines(log)
	fmt.Printf("%s%v\n", lines, err)

	page := filepath.Join(dir, "pages", "index.html")
	for _, text := range []string{"<p>one", "<p>one", "<p>two"} {
		changed, err := atomicfile.WriteFile(page, []byte(text))
		fmt.Println(text, changed, err)
	}
	// Output:
	// <nil>
	// {"move":"start"}
	// {"move":"stop"}
	// <nil>
	// <p>one true <nil>
	// <p>one false <nil>
	// <p>two true <nil>
}
