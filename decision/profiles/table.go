package profiles

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

	"readout/decision"
)

// A Table is what is known of users. It does not change, and is safe for use by several
// goroutines at once.
type Table struct {
	seed    maphash.Seed
	names   []string // of attributes
	texts   []string // every text that occurs, once
	entries []entry  // by hash
	data    []byte
	// Left names columns that are no attributes, with the reason.
	Left []string
	// Repeated counts rows of ids that were there before: the last row of an id counts.
	Repeated int
}

// entry is where a user's row begins in data: uvarint length and bytes of the id, number of
// attributes, then per attribute its position, a tag and the value.
type entry struct {
	hash uint64
	at   uint64
}

const (
	tagText = iota
	tagInt
	tagFloat
	tagTrue
	tagFalse
)

// Users returns the number of users.
func (t *Table) Users() int { return len(t.entries) }

// Attributes implements [decision.Profiles].
func (t *Table) Attributes(id string) decision.Attributes {
	hash := maphash.String(t.seed, id)
	i, _ := slices.BinarySearchFunc(t.entries, hash, func(e entry, h uint64) int { return cmp.Compare(e.hash, h) })
	for ; i < len(t.entries) && t.entries[i].hash == hash; i++ {
		if row, ok := t.row(t.entries[i].at, id); ok {
			return t.decode(row)
		}
	}
	return nil
}

// row returns what follows the id at an offset, if it is that id's.
func (t *Table) row(at uint64, id string) ([]byte, bool) {
	length, n := binary.Uvarint(t.data[at:])
	begin := int(at) + n
	end := begin + int(length)
	if string(t.data[begin:end]) != id {
		return nil, false
	}
	return t.data[end:], true
}

func (t *Table) decode(row []byte) decision.Attributes {
	uvarint := func() uint64 {
		v, n := binary.Uvarint(row)
		row = row[n:]
		return v
	}
	count := uvarint()
	out := make(decision.Attributes, count)
	for range count {
		name := t.names[uvarint()]
		tag := row[0]
		row = row[1:]
		switch tag {
		case tagText:
			out[name] = decision.Text(t.texts[uvarint()])
		case tagInt:
			v, n := binary.Varint(row)
			row = row[n:]
			out[name] = decision.Int(v)
		case tagFloat:
			out[name] = decision.Float(math.Float64frombits(binary.LittleEndian.Uint64(row)))
			row = row[8:]
		default:
			out[name] = decision.Bool(tag == tagTrue)
		}
	}
	return out
}

// builder makes a table row by row.
type builder struct {
	table Table
	texts map[string]int
}

func newBuilder(names []string) *builder {
	return &builder{table: Table{seed: maphash.MakeSeed(), names: names}, texts: make(map[string]int)}
}

// field is an attribute of a row.
type field struct {
	name  int
	tag   byte
	text  string
	whole int64
	float float64
}

// add adds a row. Rows of the same id follow each other in the order of the files.
func (b *builder) add(id string, fields []field) {
	t := &b.table
	t.entries = append(t.entries, entry{maphash.String(t.seed, id), uint64(len(t.data))})
	t.data = binary.AppendUvarint(t.data, uint64(len(id)))
	t.data = append(t.data, id...)
	t.data = binary.AppendUvarint(t.data, uint64(len(fields)))
	for _, f := range fields {
		t.data = binary.AppendUvarint(t.data, uint64(f.name))
		t.data = append(t.data, f.tag)
		switch f.tag {
		case tagText:
			i, ok := b.texts[f.text]
			if !ok {
				i = len(t.texts)
				t.texts = append(t.texts, f.text)
				b.texts[f.text] = i
			}
			t.data = binary.AppendUvarint(t.data, uint64(i))
		case tagInt:
			t.data = binary.AppendVarint(t.data, f.whole)
		case tagFloat:
			t.data = binary.LittleEndian.AppendUint64(t.data, math.Float64bits(f.float))
		}
	}
}

// finish sorts the rows. Of several rows of an id the last one is left.
func (b *builder) finish() *Table {
	t := &b.table
	// Later rows first, so that the first match is the last row.
	slices.SortFunc(t.entries, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.hash, y.hash), cmp.Compare(y.at, x.at))
	})
	kept := t.entries[:0]
	for i, e := range t.entries {
		repeated := false
		for j := len(kept) - 1; j >= 0 && kept[j].hash == e.hash && !repeated; j-- {
			_, repeated = t.row(kept[j].at, t.id(e.at))
		}
		if repeated {
			t.Repeated++
			continue
		}
		kept = append(kept, t.entries[i])
	}
	t.entries = slices.Clip(kept)
	return t
}

func (t *Table) id(at uint64) string {
	length, n := binary.Uvarint(t.data[at:])
	begin := int(at) + n
	return string(t.data[begin : begin+int(length)])
}
