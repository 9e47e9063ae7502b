package profiles

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"readout/experiment"
)

// maxText is the longest text of an attribute, in bytes. Longer ones of many users compress to
// a small file, and would stay in memory with gigabytes.
const maxText = 4 << 10

// column is an attribute of a file, or its ids, of which decode gives texts.
type column struct {
	name   string
	leaf   int
	id     bool
	decode func(parquet.Value) (field, bool)
}

// columnsOf returns the attributes of a file and the columns that are none.
func columnsOf(f *parquet.File, id string) (columns []column, left []string, err error) {
	found := false
	for _, c := range f.Root().Columns() {
		if c.Name() == id {
			decode, reason := idDecoder(c)
			if decode == nil {
				return nil, nil, fmt.Errorf("column %s has %s: ids are text, whole numbers or UUIDs", id, reason)
			}
			found = true
			columns = append(columns, column{id, c.Index(), true, decode})
			continue
		}
		decode, reason := decoder(c)
		if decode == nil {
			left = append(left, c.Name()+": "+reason)
			continue
		}
		columns = append(columns, column{c.Name(), c.Index(), false, decode})
	}
	if !found {
		return nil, nil, fmt.Errorf("there is no column %s: name the column of ids in data.profiles.columns", id)
	}
	return columns, left, nil
}

// idDecoder returns how values of a column become ids, nil and why where they do not.
func idDecoder(c *parquet.Column) (func(parquet.Value) (field, bool), string) {
	decode, reason := decoder(c)
	if decode == nil {
		return nil, reason
	}
	if logical := c.Type().LogicalType(); logical != nil {
		switch t := logical.Value.(type) {
		case *format.DateType, *format.TimestampType:
			return nil, "type " + logical.String()
		case *format.IntType:
			if !t.IsSigned && c.Type().Kind() == parquet.Int64 {
				return func(v parquet.Value) (field, bool) { return field{text: strconv.FormatUint(v.Uint64(), 10)}, true }, ""
			}
		}
	}
	switch c.Type().Kind() {
	case parquet.Boolean, parquet.Float, parquet.Double:
		return nil, "type " + c.Type().String()
	case parquet.Int32, parquet.Int64:
		return func(v parquet.Value) (field, bool) {
			f, _ := decode(v)
			return field{text: strconv.FormatInt(f.whole, 10)}, true
		}, ""
	}
	return decode, ""
}

// decoder returns how values of a column become attributes, nil and why where they do not.
func decoder(c *parquet.Column) (func(parquet.Value) (field, bool), string) {
	switch {
	case !c.Leaf():
		return nil, "nested"
	case c.Repeated():
		return nil, "a list"
	}
	text := func(format func(parquet.Value) string) func(parquet.Value) (field, bool) {
		return func(v parquet.Value) (field, bool) { return field{tag: tagText, text: format(v)}, true }
	}
	unsigned := false
	if logical := c.Type().LogicalType(); logical != nil {
		switch t := logical.Value.(type) {
		case nil, *format.StringType, *format.EnumType:
		case *format.IntType:
			unsigned = !t.IsSigned
		case *format.UUIDType:
			return text(func(v parquet.Value) string { return uuid(v.ByteArray()) }), ""
		case *format.DateType:
			return text(func(v parquet.Value) string {
				return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
			}), ""
		case *format.TimestampType:
			return text(func(v parquet.Value) string { return timestamp(v.Int64(), t.Unit).Format(time.RFC3339Nano) }), ""
		default:
			return nil, "type " + logical.String()
		}
	}
	// Intervals have no annotation of the newer kind; their bytes are no text.
	if old := c.Type().ConvertedType(); old != nil && *old == deprecated.Interval {
		return nil, "type INTERVAL"
	}
	if decode := plainDecoder(c.Type().Kind(), unsigned); decode != nil {
		return decode, ""
	}
	return nil, "type " + c.Type().String()
}

// plainDecoder returns how values of a physical type become attributes, nil where they do not.
func plainDecoder(kind parquet.Kind, unsigned bool) func(parquet.Value) (field, bool) {
	switch kind {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value) (field, bool) {
			b := v.ByteArray()
			if len(b) > maxText || !utf8.Valid(b) {
				return field{}, false
			}
			return field{tag: tagText, text: string(b)}, true
		}
	case parquet.Boolean:
		return func(v parquet.Value) (field, bool) {
			if v.Boolean() {
				return field{tag: tagTrue}, true
			}
			return field{tag: tagFalse}, true
		}
	case parquet.Int32:
		return func(v parquet.Value) (field, bool) {
			if unsigned {
				return field{tag: tagInt, whole: int64(uint32(v.Int32()))}, true
			}
			return field{tag: tagInt, whole: int64(v.Int32())}, true
		}
	case parquet.Int64:
		if unsigned {
			return func(v parquet.Value) (field, bool) {
				if u := v.Uint64(); u > math.MaxInt64 {
					return field{tag: tagFloat, float: float64(u)}, true
				}
				return field{tag: tagInt, whole: v.Int64()}, true
			}
		}
		return func(v parquet.Value) (field, bool) { return field{tag: tagInt, whole: v.Int64()}, true }
	case parquet.Float:
		return func(v parquet.Value) (field, bool) {
			return field{tag: tagFloat, float: experiment.Float32(v.Float())}, v.Float() == v.Float()
		}
	case parquet.Double:
		return func(v parquet.Value) (field, bool) {
			return field{tag: tagFloat, float: v.Double()}, v.Double() == v.Double()
		}
	}
	return nil
}

func timestamp(v int64, unit format.TimeUnit) time.Time {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(v).UTC()
	case *format.MicroSeconds:
		return time.UnixMicro(v).UTC()
	}
	return time.Unix(0, v).UTC()
}

func uuid(b []byte) string {
	if len(b) != 16 {
		return hex.EncodeToString(b)
	}
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
