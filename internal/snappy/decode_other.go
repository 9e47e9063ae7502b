//go:build !amd64

package snappy

import "github.com/klauspost/compress/snappy"

// Decoder decompresses blocks. The zero value is ready to use; it is not safe for concurrent use.
type Decoder struct{}

// Decode fills dst from a block. It fails unless the block comes to just as many bytes; what is in
// dst is then undefined.
func (*Decoder) Decode(dst, src []byte) error {
	if n, err := snappy.DecodedLen(src); err != nil || n != len(dst) {
		return ErrDamaged
	}
	if _, err := snappy.Decode(dst, src); err != nil {
		return ErrDamaged
	}
	return nil
}
