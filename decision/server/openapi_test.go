package server

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// document is what this test reads of the OpenAPI document.
type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]json.RawMessage `json:"responses"`
	} `json:"paths"`
}

func readDocument(t *testing.T) document {
	t.Helper()
	var d document
	if err := json.Unmarshal([]byte(start(t, nil).send(http.MethodGet, "/openapi.json", "").body), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestEveryRouteIsInTheDocument holds that the document has the routes of the program and no
// others, with the same methods.
func TestEveryRouteIsInTheDocument(t *testing.T) {
	routes := start(t, nil).routes
	fill := strings.NewReplacer("{org}", "acme", "{project}", "web", "{key}", "new_nav")
	found := make(map[string]bool)
	for path, operations := range readDocument(t).Paths {
		route := routes.find(&exchange{}, fill.Replace(path))
		found[route.name] = true
		if len(operations) != 1 || operations[strings.ToLower(route.method)].Responses == nil {
			t.Errorf("%s: the program serves %s", path, route.method)
		}
	}
	want := []string{"choose", "healthz", "ofrep", "ofrep_bulk", "openapi", "readyz"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(found))); diff != "" {
		t.Error(diff)
	}
}

// TestEveryStatusIsInTheDocument holds that the document has the statuses that are written in
// the program and no others. Preflights are not described.
func TestEveryStatusIsInTheDocument(t *testing.T) {
	codes := make(map[string]string)
	for status := 100; status < 600; status++ {
		if name := strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(status)); name != "" {
			codes["Status"+name] = strconv.Itoa(status)
		}
	}
	codes["StatusOK"] = strconv.Itoa(http.StatusOK)
	delete(codes, "StatusNoContent")
	written := make(map[string]bool)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "admin.go" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && codes[s.Sel.Name] != "" {
				written[codes[s.Sel.Name]] = true
			}
			return true
		})
	}
	described := make(map[string]bool)
	for _, operations := range readDocument(t).Paths {
		for _, operation := range operations {
			for status := range operation.Responses {
				described[status] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(written)), slices.Sorted(maps.Keys(described))); diff != "" {
		t.Error(diff)
	}
}
