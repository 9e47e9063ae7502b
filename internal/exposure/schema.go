package exposure

import (
	"github.com/parquet-go/parquet-go"
)

// schema returns the schema of a file with the columns c.
func schema(c Columns) *parquet.Schema {
	dictionary := parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	group := parquet.Group{
		c.User:       parquet.Encoded(parquet.String(), &parquet.Plain),
		c.Experiment: dictionary,
		c.Variant:    dictionary,
		c.Time:       parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.Plain),
	}
	for _, name := range c.Segments {
		group[name] = parquet.Optional(dictionary)
	}
	return parquet.NewSchema("exposures", ordered{group, c.names()})
}

// ordered is a group whose columns stand in a chosen order, and not in that of
// their names.
type ordered struct {
	parquet.Group
	names []string
}

// Fields returns the columns in order.
func (o ordered) Fields() []parquet.Field {
	byName := make(map[string]parquet.Field)
	for _, f := range o.Group.Fields() {
		byName[f.Name()] = f
	}
	fields := make([]parquet.Field, len(o.names))
	for i, name := range o.names {
		fields[i] = byName[name]
	}
	return fields
}
