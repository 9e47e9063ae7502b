package digits

import (
	"math"
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -999: "-999",
		math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFixed(t *testing.T) {
	for _, tt := range []struct {
		v        float64
		decimals int
		want     string
	}{
		{0, 0, "0"},
		{0, 2, "0.00"},
		{1234567.891, 2, "1,234,567.89"},
		{-1234567.891, -3, "-1,234,568"},
		{0.0004, 2, "0.0004"},
		{-0.0004, 2, "-0.0004"},
		{0.996, 2, "1.00"},
		{1e-12, 3, "1.00e-12"},
		{1.62e-9, 11, "1.62e-09"},
		{1.62e-9, 9, "0.000000002"},
		{-3e20, 0, "-3.00e+20"},
		{math.MaxFloat64, 0, "1.80e+308"},
		{1, 400, "1.000000000"},
	} {
		if got := Fixed(tt.v, tt.decimals); got != tt.want {
			t.Errorf("Fixed(%v, %d) = %q, want %q", tt.v, tt.decimals, got, tt.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 95: "95", 2.5: "2.5", 100.0 / 3: "33.33", 1234.56: "1,235", -1234567: "-1,234,567", 0.00012345: "0.0001234", 2e-15: "2.00e-15",
	} {
		if got := Plain(v); got != want {
			t.Errorf("Plain(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestWholePercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0%", 0.001: "< 1%", 0.571: "57%", 0.999: "> 99%", 1: "100%", 3.2: "320%"} {
		if got := WholePercent(share); got != want {
			t.Errorf("WholePercent(%v) = %q, want %q", share, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		24 * time.Hour: "1 day", 7 * 24 * time.Hour: "7 days", 36 * time.Hour: "36 hours", time.Hour: "1 hour",
		90 * time.Minute: "90 minutes", time.Minute: "1 minute", 90 * time.Second: "1m30s", 0: "0s", 1000 * 24 * time.Hour: "1,000 days",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestExact(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 20000: "20,000", 20000.5: "20,000.5", -1e6: "-1,000,000", 12345678: "12,345,678"} {
		if got := Exact(v); got != want {
			t.Errorf("Exact(%v) = %q, want %q", v, got, want)
		}
	}
}
