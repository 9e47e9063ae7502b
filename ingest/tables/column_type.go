package tables

import (
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// meaning is what a column's annotation says its values are.
type meaning int

const (
	plainValue meaning = iota // no annotation
	textValue
	unsignedValue
	decimalValue
	dateValue
	timeOfDayValue
	timestampValue
	uuidValue
	float16Value
	nullValue
	otherValue
)

// columnType is the type of a column of the file.
type columnType struct {
	physical format.Type
	width    int // of FIXED_LEN_BYTE_ARRAY and INT96, in bytes
	meaning  meaning
	bits     int  // of annotated integers
	scale    int  // of decimals
	digits   int  // of decimals, all
	utc      bool // of timestamps: instants; otherwise readings of a clock
	unit     time.Duration
	name     string // of otherValue, groups and repeated columns
	optional bool
	nested   bool
}

// typeOf returns the type of a column at the top of the schema.
func typeOf(e *format.SchemaElement) columnType {
	t := columnType{optional: e.RepetitionType.Valid && e.RepetitionType.V == format.Optional}
	if !e.Type.Valid {
		t.nested, t.name = true, groupName(e)
		return t
	}
	t.physical = e.Type.V
	switch t.physical {
	case format.Int96:
		t.width = 12
	case format.FixedLenByteArray:
		t.width = int(e.TypeLength.V)
	}
	if e.LogicalType.Value != nil {
		t.logical(e.LogicalType.Value)
	} else if e.ConvertedType.Valid {
		t.converted(e)
	}
	if e.RepetitionType.Valid && e.RepetitionType.V == format.Repeated {
		t.nested, t.name = true, "repeated "+t.String()
	}
	return t
}

// groupName names a nested column in the words of messages.
func groupName(e *format.SchemaElement) string {
	switch e.LogicalType.Value.(type) {
	case *format.ListType:
		return "list"
	case *format.MapType:
		return "map"
	}
	if e.ConvertedType.Valid {
		switch e.ConvertedType.V {
		case deprecated.List:
			return "list"
		case deprecated.Map, deprecated.MapKeyValue:
			return "map"
		}
	}
	return "struct"
}

// logical takes over the annotation of newer writers.
func (t *columnType) logical(value format.LogicalTypeValue) {
	switch l := value.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		t.meaning = textValue
	case *format.IntType:
		t.bits = int(l.BitWidth)
		if !l.IsSigned {
			t.meaning = unsignedValue
		}
	case *format.DecimalType:
		t.meaning, t.scale, t.digits = decimalValue, int(l.Scale), int(l.Precision)
	case *format.DateType:
		t.meaning = dateValue
	case *format.TimeType:
		t.meaning = timeOfDayValue
	case *format.TimestampType:
		t.meaning, t.utc = timestampValue, l.IsAdjustedToUTC
		if l.Unit.Value != nil {
			t.unit = l.Unit.Value.Duration()
		}
	case *format.UUIDType:
		t.meaning = uuidValue
	case *format.Float16Type:
		t.meaning = float16Value
	case *format.NullType:
		t.meaning = nullValue
	default:
		t.meaning, t.name = otherValue, value.String()
	}
}

// converted takes over the annotation of older writers. Their timestamps are instants.
func (t *columnType) converted(e *format.SchemaElement) {
	switch c := e.ConvertedType.V; c {
	case deprecated.UTF8, deprecated.Enum, deprecated.Json:
		t.meaning = textValue
	case deprecated.Decimal:
		t.meaning, t.scale, t.digits = decimalValue, int(e.Scale.V), int(e.Precision.V)
	case deprecated.Date:
		t.meaning = dateValue
	case deprecated.TimeMillis, deprecated.TimeMicros:
		t.meaning = timeOfDayValue
	case deprecated.TimestampMillis:
		t.meaning, t.utc, t.unit = timestampValue, true, time.Millisecond
	case deprecated.TimestampMicros:
		t.meaning, t.utc, t.unit = timestampValue, true, time.Microsecond
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		t.meaning, t.bits = unsignedValue, 8<<(c-deprecated.Uint8)
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		t.bits = 8 << (c - deprecated.Int8)
	case deprecated.Interval:
		t.meaning, t.name = otherValue, "interval"
	case deprecated.Bson:
		t.meaning, t.name = otherValue, "BSON"
	default:
		t.meaning, t.name = otherValue, fmt.Sprintf("type of annotation %d", int(c))
	}
}

// String names the type in the words of messages.
func (t columnType) String() string {
	if t.nested {
		return t.name
	}
	switch t.meaning {
	case textValue:
		return "string"
	case unsignedValue:
		return fmt.Sprintf("uint%d", t.bits)
	case decimalValue:
		return fmt.Sprintf("decimal(%d,%d)", t.digits, t.scale)
	case dateValue:
		return "date"
	case timeOfDayValue:
		return "time of day"
	case timestampValue:
		if t.utc {
			return fmt.Sprintf("timestamp in units of %v", t.unit)
		}
		return fmt.Sprintf("timestamp without zone in units of %v", t.unit)
	case uuidValue:
		return "UUID"
	case float16Value:
		return "float16"
	case nullValue:
		return "null"
	case otherValue:
		return t.name
	}
	return t.physicalName()
}

// physicalName names the type of the stored values in the words of messages.
func (t columnType) physicalName() string {
	switch t.physical {
	case format.Boolean:
		return "boolean"
	case format.Int32, format.Int64:
		if t.bits > 0 {
			return fmt.Sprintf("int%d", t.bits)
		}
		if t.physical == format.Int32 {
			return "int32"
		}
		return "int64"
	case format.Int96:
		return "INT96 timestamp"
	case format.Float:
		return "float"
	case format.Double:
		return "double"
	case format.ByteArray:
		return "binary"
	case format.FixedLenByteArray:
		return fmt.Sprintf("binary of %d bytes", t.width)
	}
	return fmt.Sprintf("type %d", int(t.physical))
}

// integer reports whether the values are whole numbers and nothing else.
func (t columnType) integer() bool {
	return (t.physical == format.Int32 || t.physical == format.Int64) && (t.meaning == plainValue || t.meaning == unsignedValue)
}

// wholeDecimal reports whether the values are decimals without a fraction.
func (t columnType) wholeDecimal() bool { return t.meaning == decimalValue && t.scale == 0 }

// bytes reports whether the values are byte arrays.
func (t columnType) bytes() bool {
	return t.physical == format.ByteArray || t.physical == format.FixedLenByteArray
}

// check refuses annotations that do not go with the physical type: a damaged schema.
func (t columnType) check() error {
	ok := true
	switch t.physical {
	case format.FixedLenByteArray:
		ok = t.width > 0 && t.width <= 1<<16
	case format.Boolean, format.Int32, format.Int64, format.Int96, format.Float, format.Double, format.ByteArray:
	default:
		ok = false
	}
	switch t.meaning {
	case textValue:
		ok = ok && t.bytes()
	case unsignedValue:
		ok = ok && (t.physical == format.Int32 || t.physical == format.Int64)
	case decimalValue:
		ok = ok && (t.physical == format.Int32 || t.physical == format.Int64 || t.bytes()) && t.scale >= -1000 && t.scale <= 1000
	case dateValue:
		ok = ok && t.physical == format.Int32
	case timestampValue:
		ok = ok && t.physical == format.Int64 && t.unit > 0
	case uuidValue:
		ok = ok && t.physical == format.FixedLenByteArray && t.width == 16
	case float16Value:
		ok = ok && t.physical == format.FixedLenByteArray && t.width == 2
	}
	if !ok {
		return fmt.Errorf("its type does not hold together (%v in %s): the schema is %w", t, t.physicalName(), errDamaged)
	}
	return nil
}
