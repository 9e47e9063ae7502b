package tables

import (
	"errors"
	"fmt"
)

// What is wrong with the bytes of a file, for sentences such as "the file is damaged: …".
var (
	errDamaged = errors.New("damaged")
	errCut     = errors.New("cut short")
	errEmpty   = errors.New("empty (0 bytes)")
)

// usualEncodings says what to do about a file in an encoding that is not read.
const usualEncodings = "write the file again with PLAIN or dictionary encoding, as pyarrow, Spark and DuckDB do by default"

// advised returns an error with what to do about it, where the bytes of the file are not as they
// were written.
func advised(err error) error {
	switch {
	case errors.Is(err, errCut), errors.Is(err, errEmpty):
		return fmt.Errorf("%w: copy or write it again, and rename files into the folder only when they are whole", err)
	case errors.Is(err, errDamaged):
		return fmt.Errorf("%w: copy it again from where it was written, or write it again", err)
	}
	return err
}
