package digits_test

import (
	"fmt"

	"readout/internal/digits"
)

// Numbers as sentences, tables and pages show them.
func Example() {
	fmt.Println(digits.Count(1234567), digits.Exact(20000.5))
	fmt.Println(digits.Fixed(12.3456, 2), digits.Fixed(0.000456, 2), digits.Fixed(-0.04, 1))
	fmt.Println(digits.Plain(1234.5678), digits.Plain(0.5), digits.Plain(1e-12))
	// An effect of which the standard error is 0.0342, with two digits of that.
	fmt.Println(digits.Fixed(1.23456, digits.Decimals(0.0342, 2)))
	// Output:
	// 1,234,567 20,000.5
	// 12.35 0.0005 -0.04
	// 1,235 0.5 1.00e-12
	// 1.235
}
