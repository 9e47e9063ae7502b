package raw

import "testing"

// 3·3002399751580331 is 2⁵³ + 1, which float64 rounds to 2⁵³: the short way is not exact there.
func TestCentredIntsAtTheLargestExactNumber(t *testing.T) {
	const sum = 3002399751580331
	if v, ok := centredInts(sum, 1, 1, 3); ok {
		t.Errorf("a product beyond 2⁵³ gives %v", v)
	}
	if v, ok := centredInts(sum-1, 3, 1, 3); !ok || v != sum-2 {
		t.Errorf("a product below 2⁵³ gives %v, %v, want %d", v, ok, int64(sum-2))
	}
}
