package snappy

// Kinds of elements, the low two bits of their tags.
const (
	literal    = 0
	shortCopy  = 1
	mediumCopy = 2
)

// offsetBytes is how many bytes of an offset follow the tag, by kind.
var offsetBytes = [4]int{0, 1, 2, 4}

// shortLiterals is up to which length literals say it in the tag.
const shortLiterals = 60

// fastDecoder decodes elements from src[in:] to dst[out:] and returns how far it came. It ends
// before the first element that it leaves: one near the end of either, of which the table has no
// length, that overlaps itself, or that is faulty. out is at least fastFrom.
type fastDecoder func(dst, src []byte, out, in int, tags *tagTable) (newOut, newIn int)

// decodeFast is a fastDecoder.
//
//go:noescape
func decodeFast(dst, src []byte, out, in int, tags *tagTable) (newOut, newIn int)

// fastFrom is where fast decoders may begin: a literal is put together as if it were a copy of
// bytes that far back, and then is none.
const fastFrom = 256

// tagTable is what a fast decoder knows of tags. The assembly counts on masks being 512 bytes
// behind less.
type tagTable struct {
	// less is, by tag, the length of the element less what the tag says of the offset, a multiple
	// of 256. Of literals that is fastFrom. It is left where the element or its offset is too long.
	less [256]int16
	// masks is which of the four bytes behind the tag belong to the offset, by kind.
	masks [4]uint32
}

// left is the entry of an element that a fast decoder leaves: one that would overlap itself.
const left = 1

func newTagTable() *tagTable {
	t := &tagTable{masks: [4]uint32{shortCopy: 0xff, mediumCopy: 0xffff}}
	for tag := range t.less {
		length := tag>>2 + 1
		switch kind := tag & 3; {
		case kind == literal && length <= shortLiterals:
			t.less[tag] = int16(length - fastFrom)
		case kind == shortCopy:
			t.less[tag] = int16(4 + tag>>2&7 - tag>>5<<8)
		case kind == mediumCopy:
			t.less[tag] = int16(length)
		default:
			t.less[tag] = left
		}
	}
	return t
}
