package tables

// UserID stands for the text of a user's id: its 128-bit XXH3 hash under the key of the
// query. Where the text is a number of 64 bits, as integers are written, that number is hashed, under a
// key of its own. The zero value means a null or empty id.
//
// Ids of the same text are equal. Two of n different ids are taken for the same with a
// probability of about n²/2¹²⁹: 1.5·10⁻²¹ for a billion users. The key keeps anyone who does
// not know it from making up ids that meet.
type UserID struct{ Hi, Lo uint64 }

// HashID returns the id of the text. Other texts than the empty one never give the zero
// value.
func HashID(text []byte, seed uint64) UserID { return newIDHasher(seed).id(text) }
