package tables

import (
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go/format"

	"readout/experiment"
)

// wantedFilter is what messages say about the types of a column that filters compare.
const wantedFilter = "want a string, a number, a boolean, a date or a UUID"

// maxClasses bounds the classes of a FilterColumn.
const maxClasses = 1 << 16

// FilterColumn is a column of conversions that filters compare. Its values are read as
// classes: values of which all the filters say the same are of one class. So a filter is
// applied once per dictionary entry, and rows carry small numbers.
type FilterColumn struct {
	Name        string
	comparisons []comparison

	mu       sync.Mutex
	classes  map[string]uint32
	outcomes []string // of each class: a byte, 0 or 1, per comparison
}

// NullClass is the class of null.
const NullClass = 0

// Seal is called once, when all filters are there and before rows are read.
func (f *FilterColumn) Seal() {
	f.classes = map[string]uint32{}
	newClassifier(f).class((*comparison).null)
}

// Holds reports whether the filter at a place holds for a class.
func (f *FilterColumn) Holds(class uint32, comparison int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.outcomes[class][comparison] == 1
}

// Check fails when there are too many classes to tell them apart.
func (f *FilterColumn) Check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.outcomes) < maxClasses {
		return nil
	}
	return fmt.Errorf("column %q: its filters tell more than %d kinds of values apart: use fewer different ones", f.Name, maxClasses)
}

// suits reports what is wrong with comparing a column of the kind.
func (f *FilterColumn) suits(t columnType, kind experiment.ScalarKind) error {
	for i := range f.comparisons {
		if err := f.comparisons[i].suits(kind); err != nil {
			return fmt.Errorf("found %v, %w", t, err)
		}
	}
	return nil
}

// classifier finds the classes of values for one reader.
type classifier struct {
	column   *FilterColumn
	outcomes []byte
	known    map[string]uint32
}

func newClassifier(c *FilterColumn) *classifier {
	return &classifier{c, make([]byte, len(c.comparisons)), map[string]uint32{}}
}

// class returns the class of the value for which holds tells whether a comparison holds.
// Beyond the bound all are one class; check fails then.
func (c *classifier) class(holds func(*comparison) bool) uint32 {
	for i := range c.outcomes {
		c.outcomes[i] = 0
		if holds(&c.column.comparisons[i]) {
			c.outcomes[i] = 1
		}
	}
	if class, ok := c.known[string(c.outcomes)]; ok {
		return class
	}
	f := c.column
	f.mu.Lock()
	defer f.mu.Unlock()
	class, ok := f.classes[string(c.outcomes)]
	if !ok {
		if len(f.outcomes) == maxClasses {
			return NullClass
		}
		class = uint32(len(f.outcomes))
		f.classes[string(c.outcomes)] = class
		f.outcomes = append(f.outcomes, string(c.outcomes))
	}
	c.known[string(c.outcomes)] = class
	return class
}

// Code implements Coder: the class of a text.
func (c *classifier) Code(text []byte) uint32 {
	return c.class(func(o *comparison) bool { return o.text(text) })
}

// filterConverter reads values as classes. NaN and what is not finite are null, as in the
// value column.
func filterConverter(t columnType, f *FilterColumn) (converter[uint32], error) {
	var c converter[uint32]
	classes := newClassifier(f)
	switch {
	case t.nested || t.meaning == timestampValue || t.meaning == timeOfDayValue || t.meaning == otherValue:
		return c, fmt.Errorf("found %v, %s", t, wantedFilter)
	case t.meaning == nullValue:
		return c, nil
	case t.physical == format.Boolean:
		c.numbers = eachChange(func(v int64) uint32 {
			return classes.class(func(o *comparison) bool { return o.boolean(v != 0) })
		})
		return c, f.suits(t, experiment.ScalarBool)
	case t.integer() && t.meaning == unsignedValue:
		narrow := t.physical == format.Int32
		c.numbers = eachChange(func(v int64) uint32 {
			u := new(big.Int).SetUint64(widen(v, narrow))
			return classes.class(func(o *comparison) bool { return o.whole(u) })
		})
		return c, f.suits(t, experiment.ScalarNumber)
	case t.integer():
		c.numbers = eachChange(func(v int64) uint32 {
			return classes.class(func(o *comparison) bool { return o.integer(v) })
		})
		return c, f.suits(t, experiment.ScalarNumber)
	case t.meaning == decimalValue || t.meaning == float16Value || t.physical == format.Double || t.physical == format.Float:
		return numberClasses(t, classes)
	}
	c, err := textConverter(t, classes)
	if err != nil {
		return c, fmt.Errorf("found %v, %s", t, wantedFilter)
	}
	return c, f.suits(t, experiment.ScalarText)
}

// eachChange asks for a class when the value changes.
func eachChange[V comparable](class func(V) uint32) func([]uint32, []V) error {
	var last V
	var code uint32
	known := false
	return func(dst []uint32, src []V) error {
		for i, v := range src {
			if !known || v != last {
				known, last, code = true, v, class(v)
			}
			dst[i] = code
		}
		return nil
	}
}

// numberClasses is filterConverter for numbers that are read as float64.
func numberClasses(t columnType, classes *classifier) (c converter[uint32], err error) {
	values, err := valueConverter(t)
	if err != nil {
		return c, err
	}
	short := t.physical == format.Float
	classify := eachChange(func(v float64) uint32 {
		if v != v {
			return NullClass
		}
		if short {
			v = experiment.Float32(float32(v))
		}
		return classes.class(func(o *comparison) bool { return o.number(v) })
	})
	buf := make([]float64, valuesAtOnce)
	if values.numbers != nil {
		c.numbers = func(dst []uint32, src []int64) error {
			v := buf[:len(dst)]
			if err := values.numbers(v, src); err != nil {
				return err
			}
			return classify(dst, v)
		}
	}
	if values.spans != nil {
		c.spans = func(dst []uint32, data []byte, at []byteSpan) error {
			v := buf[:len(dst)]
			if err := values.spans(v, data, at); err != nil {
				return err
			}
			return classify(dst, v)
		}
	}
	return c, classes.column.suits(t, experiment.ScalarNumber)
}

// FolderClass returns the class of a value in the name of a folder, which has no type: it is
// compared as what each filter has.
func (f *FilterColumn) FolderClass(text string) uint32 {
	return newClassifier(f).class(func(o *comparison) bool { return o.folder(text) })
}

// Add returns the place of a filter among the column's, adding it if it is new.
func (f *FilterColumn) Add(x experiment.Filter) (int, error) {
	at := slices.IndexFunc(f.comparisons, func(o comparison) bool {
		return o.Operator == x.Operator && slices.Equal(o.Values, x.Values)
	})
	if at >= 0 {
		return at, nil
	}
	c, err := newComparison(x)
	f.comparisons = append(f.comparisons, c)
	return len(f.comparisons) - 1, err
}
