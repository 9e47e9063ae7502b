package tables

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"readout/experiment"
)

func TestReadUserTypes(t *testing.T) {
	floats := func(a, b float64) []byte { return plainInts(int64(math.Float64bits(a)), int64(math.Float64bits(b))) }
	for _, c := range []struct {
		name   string
		typ    format.Type
		change func(*format.SchemaElement)
		values []byte
		want   [2]string
		fault  string
	}{
		{"string", format.ByteArray, logical(&format.StringType{}), plainTexts("ü", " x"), [2]string{"ü", " x"}, ""},
		{"empty", format.ByteArray, nil, plainTexts("", "x"), [2]string{"", "x"}, ""},
		{"int32", format.Int32, nil, int32s(7, 1<<32-7), [2]string{"7", "-7"}, ""},
		{"uint32", format.Int32, logical(&format.IntType{BitWidth: 32}), int32s(7, 1<<32-7), [2]string{"7", "4294967289"}, ""},
		{"int8 converted", format.Int32, converted(deprecated.Int8), int32s(7, 1<<32-7), [2]string{"7", "-7"}, ""},
		{"int64", format.Int64, nil, plainInts(9007199254740993, -1), [2]string{"9007199254740993", "-1"}, ""},
		{"uint64", format.Int64, converted(deprecated.Uint64), plainInts(-1, 1), [2]string{"18446744073709551615", "1"}, ""},
		{"fixed", format.FixedLenByteArray, fixed(3, nil), []byte("abcdef"), [2]string{"abc", "def"}, ""},
		{"fixed 16 text", format.FixedLenByteArray, fixed(16, logical(&format.StringType{})), []byte(strings.Repeat("0123456789abcdef", 2)), [2]string{"0123456789abcdef", "0123456789abcdef"}, ""},
		{"uuid", format.FixedLenByteArray, fixed(16, logical(&format.UUIDType{})), append(make([]byte, 16), "\x12\x34\x56\x78\x90\xab\xcd\xef\x00\x00\x00\x00\x00\x00\x00\x01"...), [2]string{"00000000-0000-0000-0000-000000000000", "12345678-90ab-cdef-0000-000000000001"}, ""},
		{"double", format.Double, nil, floats(1001, math.NaN()), [2]string{"1001", ""}, ""},
		{"float", format.Float, nil, int32s(math.Float32bits(-3), math.Float32bits(16777215)), [2]string{"-3", "16777215"}, ""},
		{"fraction", format.Double, nil, floats(1, 1.5), [2]string{}, "floating-point numbers, and some are not whole"},
		{"inexact", format.Double, nil, floats(1, 1<<53), [2]string{}, "floating-point numbers, and some are not whole"},
		{"infinite", format.Double, nil, floats(1, math.Inf(1)), [2]string{}, "floating-point numbers, and some are not whole"},
		{"fixed 16", format.FixedLenByteArray, fixed(16, nil), make([]byte, 32), [2]string{}, "found binary of 16 bytes, which could be UUIDs or text"},
		{"boolean", format.Boolean, nil, []byte{1}, [2]string{}, "found boolean, want a string, an integer or a UUID"},
		{"date", format.Int32, logical(&format.DateType{}), int32s(1, 2), [2]string{}, "found date, want"},
		{"decimal int64", format.Int64, logical(&format.DecimalType{Precision: 18}), plainInts(-5, 77), [2]string{"-5", "77"}, ""},
		{"decimal bytes", format.FixedLenByteArray, fixed(9, logical(&format.DecimalType{Precision: 20})), append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0}, strings.Repeat("\xff", 9)...), [2]string{"18446744073709551616", "-1"}, ""},
		{"decimal", format.Int32, logical(&format.DecimalType{Scale: 2, Precision: 9}), int32s(1, 2), [2]string{}, "found decimal(9,2), want a string, an integer or a UUID: cast the ids to integers, or to text, where"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, codes := testSpec()
			got, err := readRows(fileWith(t, onePage(element("user_id", c.typ, false, c.change), 2, c.values)), spec, codes)
			if c.fault != "" {
				wantFault(t, err, `read exposures f.parquet: column "user_id": `, c.fault)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := [2]UserID{id(c.want[0]), id(c.want[1])}; got[0].User != want[0] || got[1].User != want[1] {
				t.Errorf("ids are not those of %q", c.want)
			}
		})
	}
}

func TestReadTimeTypes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data")
	}
	stamp := func(utc bool, unit format.TimeUnitValue) func(*format.SchemaElement) {
		return logical(&format.TimestampType{IsAdjustedToUTC: utc, Unit: format.TimeUnit{Value: unit}})
	}
	// 2024-07-01T12:00:00 is 10:00 UTC in Berlin.
	const noon = 1719835200
	julian := func(day uint32, nanos int64) []byte { return append(plainInts(nanos), int32s(day)...) }
	for _, c := range []struct {
		name   string
		typ    format.Type
		change func(*format.SchemaElement)
		values []byte
		want   [2]int64
		dates  bool
		fault  string
	}{
		{"millis", format.Int64, stamp(true, &format.MilliSeconds{}), plainInts(-1, noon*1000), [2]int64{-1000, noon * 1e6}, false, ""},
		{"millis converted", format.Int64, converted(deprecated.TimestampMillis), plainInts(-1, noon*1000), [2]int64{-1000, noon * 1e6}, false, ""},
		{"micros", format.Int64, stamp(true, &format.MicroSeconds{}), plainInts(-1, noon*1e6), [2]int64{-1, noon * 1e6}, false, ""},
		{"nanos", format.Int64, stamp(true, &format.NanoSeconds{}), plainInts(-1, 1999), [2]int64{-1, 1}, false, ""},
		{"local micros", format.Int64, stamp(false, &format.MicroSeconds{}), plainInts(noon*1e6, 0), [2]int64{(noon - 7200) * 1e6, -3600 * 1e6}, false, ""},
		{"local nanos", format.Int64, stamp(false, &format.NanoSeconds{}), plainInts(noon*1e9+999, 0), [2]int64{(noon - 7200) * 1e6, -3600 * 1e6}, false, ""},
		{"date", format.Int32, logical(&format.DateType{}), int32s(19905, 0), [2]int64{(noon - 14*3600) * 1e6, -3600 * 1e6}, true, ""},
		{"int96", format.Int96, nil, append(julian(2440588, 1999), julian(2440587, 0)...), [2]int64{1, -86400 * 1e6}, false, ""},
		{"text zone", format.ByteArray, nil, plainTexts("2024-07-01T12:00:00Z", "2024-07-01 17:30:00+05:30"), [2]int64{noon * 1e6, noon * 1e6}, false, ""},
		{"text local", format.ByteArray, nil, plainTexts("2024-07-01T12:00:00.000001", ""), [2]int64{(noon-7200)*1e6 + 1, NullTime}, false, ""},
		{"text date", format.ByteArray, nil, plainTexts("2024-07-01", "1970-01-01"), [2]int64{(noon - 14*3600) * 1e6, -3600 * 1e6}, true, ""},
		{"text mixed", format.ByteArray, nil, plainTexts("2024-07-01", "1970-01-01T00:00:00"), [2]int64{}, false, "some times are dates only"},
		{"text bad", format.ByteArray, nil, plainTexts("2024-07-01", "07/01/2024"), [2]int64{}, false, `the text "07/01/2024" is no time`},
		{"int64", format.Int64, nil, plainInts(1, 2), [2]int64{}, false, "found int64, want a timestamp, a date, or ISO 8601 text such as 2024-01-31T12:00:00Z: a plain number does not say its unit"},
		{"boolean", format.Boolean, nil, []byte{1}, [2]int64{}, false, "found boolean, want a timestamp"},
		{"far micros", format.Int64, stamp(true, &format.MicroSeconds{}), plainInts(0, math.MaxInt64), [2]int64{}, false, "outside the years 1 to 9999"},
		{"far millis", format.Int64, stamp(true, &format.MilliSeconds{}), plainInts(0, math.MinInt64+1), [2]int64{}, false, "outside the years 1 to 9999"},
		{"far date", format.Int32, logical(&format.DateType{}), int32s(1<<31-1, 0), [2]int64{}, false, "outside the years 1 to 9999"},
		{"far int96", format.Int96, nil, append(julian(1<<32-1, 0), julian(2440587, 0)...), [2]int64{}, false, "outside the years 1 to 9999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, _ := testSpec()
			spec.Location = berlin
			store := memoryStore{"f.parquet": fileWith(t, onePage(element("timestamp", c.typ, false, c.change), 2, c.values))}
			var got [2]int64
			dates := false
			err := eachBatch(t.Context(), store, store.file("f.parquet"), spec, func(b *Batch) {
				copy(got[:], b.Time)
				dates = b.DateOnly
			})
			if c.fault != "" {
				wantFault(t, err, `read exposures f.parquet: column "timestamp": `, c.fault)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want || dates != c.dates {
				t.Errorf("read %v, dates %v; want %v, %v", got, dates, c.want, c.dates)
			}
		})
	}
}

func TestReadValueTypes(t *testing.T) {
	dec := func(precision, scale int32) func(*format.SchemaElement) {
		return logical(&format.DecimalType{Precision: precision, Scale: scale})
	}
	for _, c := range []struct {
		name   string
		typ    format.Type
		change func(*format.SchemaElement)
		values []byte
		want   string
		fault  string
	}{
		{"int32", format.Int32, nil, int32s(7, 1<<32-7), "7 -7", ""},
		{"uint32", format.Int32, converted(deprecated.Uint32), int32s(7, 1<<32-7), "7 4.294967289e+09", ""},
		{"uint64", format.Int64, logical(&format.IntType{BitWidth: 64}), plainInts(-1, 3), "1.8446744073709552e+19 3", ""},
		{"boolean", format.Boolean, nil, []byte{2}, "0 1", ""},
		{"float", format.Float, nil, int32s(math.Float32bits(0.25), math.Float32bits(float32(math.Inf(1)))), "0.25 NaN", ""},
		{"double", format.Double, nil, plainInts(int64(math.Float64bits(0.1)), int64(math.Float64bits(math.Inf(-1)))), "0.1 NaN", ""},
		{"half", format.FixedLenByteArray, fixed(2, logical(&format.Float16Type{})), []byte{0x00, 0x3e, 0x00, 0xfc}, "1.5 NaN", ""},
		{"decimal int32", format.Int32, dec(9, 2), int32s(1234, 1<<32-1), "12.34 -0.01", ""},
		{"decimal int64", format.Int64, dec(18, 3), plainInts(123456789012345678, -1), "1.2345678901234567e+14 -0.001", ""},
		{"decimal bytes", format.ByteArray, dec(9, 2), plainTexts("\x04\xd2", "\xff"), "12.34 -0.01", ""},
		{"decimal fixed", format.FixedLenByteArray, fixed(16, dec(38, 2)), append(append(make([]byte, 15), 5), strings.Repeat("\xff", 16)...), "0.05 -0.01", ""},
		{"decimal wide", format.FixedLenByteArray, fixed(9, dec(21, 0)), append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0}, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0), "1.8446744073709552e+19 -3.6893488147419103e+19", ""},
		{"decimal empty", format.ByteArray, dec(9, 2), plainTexts("", ""), "", "a decimal without bytes"},
		{"decimal long", format.ByteArray, dec(9, 2), plainTexts(strings.Repeat("x", 65), ""), "", "a decimal of 65 bytes"},
		{"null type", format.Int32, logical(&format.NullType{}), nil, "NaN NaN", ""},
		{"string", format.ByteArray, logical(&format.StringType{}), plainTexts("1", "2"), "", "found string, want a number or a boolean: cast the text"},
		{"timestamp", format.Int64, converted(deprecated.TimestampMicros), plainInts(1, 2), "", "found timestamp in units of 1µs, want"},
		{"time of day", format.Int64, converted(deprecated.TimeMicros), plainInts(1, 2), "", "found time of day, want"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, codes := testSpec()
			got, err := readRows(fileWith(t, onePage(element("value", c.typ, false, c.change), 2, c.values)), spec, codes)
			if c.fault != "" {
				wantFault(t, err, `read exposures f.parquet: column "value": `, c.fault)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s := got[0].Value + " " + got[1].Value; s != c.want {
				t.Errorf("read %s, want %s", s, c.want)
			}
		})
	}
}

// Numbers of 32 bits are compared by their shortest digits.
func TestFiltersOfFloat32(t *testing.T) {
	file := fileWith(t, onePage(element("value", format.Float, false, nil), 2, int32s(math.Float32bits(0.1), math.Float32bits(0.25))))
	for operator, want := range map[experiment.Operator][]bool{
		experiment.OpIs: {true, false}, experiment.OpIsNot: {false, true}, experiment.OpAtMost: {true, false},
		experiment.OpAtLeast: {true, true}, experiment.OpMoreThan: {false, true}, experiment.OpLessThan: {false, false},
	} {
		column := &FilterColumn{Name: "value"}
		if _, err := column.Add(experiment.Filter{Column: "value", Operator: operator, Values: []experiment.Scalar{{Kind: experiment.ScalarNumber, Text: "0.1"}}}); err != nil {
			t.Fatal(err)
		}
		column.Seal()
		spec := &Spec{
			Table: "conversions", User: "user_id", Time: "timestamp", Location: time.UTC, Seed: testSeed,
			Text: []TextColumn{{Name: "value", Filter: column}},
		}
		store := memoryStore{"f.parquet": file}
		var got []bool
		err := eachBatch(t.Context(), store, store.file("f.parquet"), spec, func(b *Batch) {
			for _, class := range b.Text[0][:b.N] {
				got = append(got, column.Holds(class, 0))
			}
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s 0.1: %v, %v, want %v", operator, got, err, want)
		}
	}
}

func TestReadTextTypes(t *testing.T) {
	for _, c := range []struct {
		name   string
		typ    format.Type
		change func(*format.SchemaElement)
		values []byte
		want   string
		fault  string
	}{
		{"enum", format.ByteArray, logical(&format.EnumType{}), plainTexts("a", "a"), "a a", ""},
		{"int32", format.Int32, nil, int32s(7, 1<<32-7), "7 -7", ""},
		{"uint64", format.Int64, converted(deprecated.Uint64), plainInts(-1, -1), "18446744073709551615 18446744073709551615", ""},
		{"int64", format.Int64, nil, plainInts(5, 0), "5 0", ""},
		{"boolean", format.Boolean, nil, []byte{2}, "false true", ""},
		{"date", format.Int32, logical(&format.DateType{}), int32s(19905, 1<<32-1), "2024-07-01 1969-12-31", ""},
		{"fixed", format.FixedLenByteArray, fixed(2, nil), []byte("DEFR"), "DE FR", ""},
		{"decimal", format.ByteArray, logical(&format.DecimalType{Precision: 9}), plainTexts("\x04\xd2", "\xff"), "1234 -1", ""},
		{"uuid", format.FixedLenByteArray, fixed(16, logical(&format.UUIDType{})), make([]byte, 32), "00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-000000000000", ""},
		{"null type", format.Int32, logical(&format.NullType{}), nil, nullText + " " + nullText, ""},
		{"double", format.Double, nil, plainInts(0, 0), "", "found double, want a string, an integer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, codes := testSpec()
			got, err := readRows(fileWith(t, onePage(element("variant", c.typ, false, c.change), 2, c.values)), spec, codes)
			if c.fault != "" {
				wantFault(t, err, `read exposures f.parquet: column "variant": `, c.fault)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s := got[0].Text + " " + got[1].Text; s != c.want {
				t.Errorf("read %q, want %q", s, c.want)
			}
		})
	}
}
