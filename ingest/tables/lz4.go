package tables

import "github.com/pierrec/lz4/v4"

// lz4Block decompresses one LZ4 block into dst and returns how long it was.
func lz4Block(dst, src []byte) (int, error) {
	if len(dst) == 0 {
		// An empty block is one zero byte; the library refuses an empty destination.
		return 0, nil
	}
	return lz4.UncompressBlock(src, dst)
}
