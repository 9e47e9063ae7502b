package scatter

import "unsafe"

func sizeOf[T any]() int { return int(unsafe.Sizeof(*new(T))) }

// BytesOf returns the memory of values that hold no pointers. What is written so can be read
// by the same kind of machine only, which is all that is asked of it.
func BytesOf[T any](values []T) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*sizeOf[T]())
}

// FromBytes is the inverse of BytesOf for n values. It copies, since memory may not be aligned.
func FromBytes[T any](b []byte, n int) []T {
	out := make([]T, n)
	copy(BytesOf(out), b)
	return out
}

// ofBytes is the inverse of BytesOf for n values at the start of memory that is aligned to
// eight bytes.
func ofBytes[T any](b []byte, n int) []T {
	if n == 0 {
		return nil
	}
	b = b[:n*sizeOf[T]()]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}
