package reports

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// plainTable is a table without a frame.
type plainTable struct {
	head  table.Row
	right []table.ColumnConfig
	rows  []table.Row
	// grouped shows a first cell that repeats only once.
	grouped bool
}

// addHead adds a column, whose cells are on the right where right says so.
func (t *plainTable) addHead(head string, right bool) {
	t.head = append(t.head, head)
	if right {
		t.right = append(t.right, table.ColumnConfig{Number: len(t.head), Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
}

// render returns the lines of the table.
func (t *plainTable) render() string {
	w := table.NewWriter()
	w.SetStyle(table.Style{
		Box:     table.BoxStyle{PaddingLeft: "  ", MiddleHorizontal: "-", MiddleSeparator: "-"},
		Options: table.Options{SeparateHeader: true},
	})
	w.AppendHeader(t.head)
	w.SetColumnConfigs(t.right)
	for i, cells := range t.rows {
		if t.grouped && i > 0 && cells[0] == t.rows[i-1][0] {
			cells = append(table.Row{""}, cells[1:]...)
		}
		w.AppendRow(cells)
	}
	var b strings.Builder
	for line := range strings.Lines(w.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}
