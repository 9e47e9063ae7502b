package simulate

import "testing"

// BenchmarkRun is one experiment of 28 looks per kind: drawing its users, estimating its
// looks, and asking all procedures.
func BenchmarkRun(b *testing.B) {
	procedures, err := Procedures()
	if err != nil {
		b.Fatal(err)
	}
	for _, k := range Kinds() {
		b.Run(k.Name, func(b *testing.B) {
			w := World{Kind: k, Looks: 28, Traffic: 1, Growth: 1}
			run := 0
			for b.Loop() {
				if _, err := w.find(procedures, 1, run, run+1); err != nil {
					b.Fatal(err)
				}
				run++
			}
		})
	}
}
