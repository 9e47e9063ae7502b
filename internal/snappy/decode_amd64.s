#include "textflag.h"

// func decodeFast(dst, src []byte, out, in int, tags *tagTable) (newOut, newIn int)
//
// What bounds it is the way from one tag to the next: a shift, an addition, a choice and a load.
// The rest of an element is done meanwhile. Choices are moves that are made or not; of the
// branches some are for safety and not taken in sound blocks, the others mostly go one way
// throughout a column.
//
// AX is the tag of the element under way, SI what follows it, R9 the byte behind that. DI is where
// the next byte goes, R8 where dst begins, R10 where src ends. So many elements as R12 says fit in
// any case.
TEXT ·decodeFast(SB), NOSPLIT, $0-88
	MOVQ dst_base+0(FP), R8
	MOVQ src_base+24(FP), SI
	MOVQ src_len+32(FP), R10
	MOVQ out+48(FP), DI
	MOVQ in+56(FP), CX
	MOVQ tags+64(FP), R14
	ADDQ SI, R10
	ADDQ R8, DI
	ADDQ CX, SI

budget:
	// An element takes at most 64 bytes of src and of dst, and reads and writes no further than
	// 64 bytes behind where it begins.
	MOVQ    dst_base+0(FP), R12
	ADDQ    dst_len+8(FP), R12
	SUBQ    DI, R12
	MOVQ    R10, R13
	SUBQ    SI, R13
	CMPQ    R13, R12
	CMOVQLT R13, R12
	SUBQ    $64, R12
	SARQ    $6, R12
	JLE     done
	MOVBLZX (SI), AX
	INCQ    SI
	LEAQ    1(SI), R9

element:
	// The next tag is behind a literal, or behind as many bytes of an offset as the kind is.
	MOVL    AX, DX
	SHRL    $2, DX
	MOVL    AX, CX
	LEAQ    (R9)(DX*1), R11
	ANDL    $3, CX
	LEAQ    (SI)(CX*1), R13
	CMOVQNE R13, R11

	// Length less offset: more than 0 is left.
	MOVWQSX (R14)(AX*2), BX
	MOVL    (SI), R15
	ANDL    512(R14)(CX*4), R15
	MOVBLZX (R11), AX
	MOVBLZX BX, DX
	SUBQ    R15, BX
	JGT     leave
	SUBQ    DX, BX
	CMPQ    BX, $-32
	JGT     near

	// Copy 16 bytes from there, or from src: what is too much will be written over.
	ADDQ    DI, BX
	CMPQ    BX, R8
	JCS     leave
	TESTL   CX, CX
	CMOVQEQ SI, BX
	MOVOU   (BX), X0
	MOVOU   X0, (DI)
	CMPL    DX, $16
	JA      long

next:
	ADDQ DX, DI
	LEAQ 1(R11), SI
	LEAQ 2(R11), R9
	DECQ R12
	JNZ  element
	DECQ SI
	JMP  budget

long:
	MOVOU 16(BX), X0
	MOVOU 32(BX), X1
	MOVOU 48(BX), X2
	MOVOU X0, 16(DI)
	MOVOU X1, 32(DI)
	MOVOU X2, 48(DI)
	JMP   next

near:
	// A load waits for what was just written until it has reached the cache, unless all of it
	// comes from one store. So it is no longer than what is copied, like the upper bytes of the
	// time before. Nothing lies before dst that is so near.
	ADDQ DI, BX
	CMPL DX, $8
	JA   nearLong
	CMPL DX, $4
	JCS  leave
	MOVL (BX), R15
	MOVL -4(BX)(DX*1), R13
	MOVL R15, (DI)
	MOVL R13, -4(DI)(DX*1)
	JMP  next

nearLong:
	// What does not overlap itself is shorter than it is near.
	MOVOU (BX), X0
	MOVOU 16(BX), X1
	MOVOU X0, (DI)
	MOVOU X1, 16(DI)
	JMP   next

leave:
	DECQ SI

done:
	SUBQ R8, DI
	SUBQ src_base+24(FP), SI
	MOVQ DI, newOut+72(FP)
	MOVQ SI, newIn+80(FP)
	RET
