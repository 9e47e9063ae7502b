package snappy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
)

// pages are what columns of experiments look like, plain.
func pages() map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	all := map[string][]byte{"empty": {}, "byte": {7}, "short": []byte("abcabcabcabcabc")}
	var ids, times, counts, amounts, names, noise []byte
	t := uint64(1_767_225_600_000_000)
	for range 20_000 {
		id := fmt.Sprintf("%016x", random.Uint64())[:12+random.IntN(5)]
		ids = append(binary.LittleEndian.AppendUint32(ids, uint32(len(id))), id...)
		t += random.Uint64N(300_000)
		times = binary.LittleEndian.AppendUint64(times, t)
		counts = binary.LittleEndian.AppendUint64(counts, random.Uint64N(3))
		amounts = binary.LittleEndian.AppendUint64(amounts, random.Uint64N(1<<50))
		names = append(names, []string{"page_view", "add_to_cart", "purchase"}[random.IntN(3)]...)
		noise = append(noise, byte(random.Uint32()))
	}
	all["ids"], all["times"], all["counts"], all["amounts"], all["names"], all["noise"] = ids, times, counts, amounts, names, noise
	all["zeros"] = make([]byte, 100_000)
	all["zeros among noise"] = append(append(bytes.Clone(noise), make([]byte, 70_000)...), noise...)
	return all
}

// encoders are writers of blocks, some of which find more copies than others.
var encoders = map[string]func(dst, src []byte) []byte{
	"snappy": snappy.Encode, "better": s2.EncodeSnappyBetter, "best": s2.EncodeSnappyBest,
}

func TestDecode(t *testing.T) {
	var d Decoder
	for page, want := range pages() {
		for encoder, encode := range encoders {
			got := make([]byte, len(want))
			if err := d.Decode(got, encode(nil, want)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s by %s: other bytes came out, error %v", page, encoder, err)
			}
		}
	}
}

// Blocks are put together by hand, element by element.
func TestDecodeElements(t *testing.T) {
	for _, c := range []struct {
		name, block, want string
		damaged           bool
	}{
		{name: "nothing", block: "", damaged: true},
		{name: "no bytes", block: "\x00", want: ""},
		{name: "a literal", block: "\x03\x08abc", want: "abc"},
		{name: "a literal whose length has a byte", block: "\x03\xf0\x02abc", want: "abc"},
		{name: "a literal whose length has four bytes", block: "\x03\xfc\x02\x00\x00\x00abc", want: "abc"},
		{name: "a short copy", block: "\x07\x08abc\x01\x03", want: "abcabca"},
		{name: "a medium copy", block: "\x06\x08abc\x0a\x03\x00", want: "abcabc"},
		{name: "a long copy", block: "\x06\x08abc\x0b\x03\x00\x00\x00", want: "abcabc"},
		{name: "a copy of one byte over and over", block: "\x0c\x00a\x1d\x01", want: "aaaaaaaaaaaa"},
		{name: "more than expected", block: "\x02\x08abc", damaged: true},
		{name: "less than expected", block: "\x04\x08abc", damaged: true},
		{name: "a literal that is cut", block: "\x03\x08ab", damaged: true},
		{name: "a literal whose length is cut", block: "\x03\xf4\x02", damaged: true},
		{name: "a literal of 4 GiB", block: "\x03\xfc\xff\xff\xff\xffabc", damaged: true},
		{name: "a copy from before the beginning", block: "\x07\x08abc\x01\x04", damaged: true},
		{name: "a copy of nothing written", block: "\x04\x01\x01", damaged: true},
		{name: "a copy from where it goes", block: "\x07\x08abc\x01\x00", damaged: true},
		{name: "a copy without its offset", block: "\x06\x08abc\x0a\x03", damaged: true},
		{name: "a copy beyond the end", block: "\x06\x08abc\x01\x03", damaged: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			size, _ := binary.Uvarint([]byte(c.block))
			got := make([]byte, size)
			err := new(Decoder).Decode(got, []byte(c.block))
			if c.damaged != errors.Is(err, ErrDamaged) || !c.damaged && (err != nil || string(got) != c.want) {
				t.Errorf("got %q, %v, want %q, damaged %v", got, err, c.want, c.damaged)
			}
		})
	}
}

func TestDecodeOtherSize(t *testing.T) {
	for _, size := range []int{0, 2, 4} {
		if err := new(Decoder).Decode(make([]byte, size), []byte("\x03\x08abc")); err != ErrDamaged {
			t.Errorf("3 bytes into %d: %v", size, err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	all := pages()
	for _, page := range []string{"ids", "times", "amounts", "names", "zeros"} {
		plain := all[page]
		block := snappy.Encode(nil, plain)
		for _, c := range []struct {
			name   string
			decode func(dst, src []byte) error
		}{
			{"ours", new(Decoder).Decode},
			{"library", func(dst, src []byte) error { _, err := snappy.Decode(dst, src); return err }},
		} {
			b.Run(page+"/"+c.name, func(b *testing.B) {
				dst := make([]byte, len(plain))
				b.SetBytes(int64(len(plain)))
				for b.Loop() {
					if err := c.decode(dst, block); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
