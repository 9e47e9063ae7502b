package casetest

import (
	"testing"
	"time"
)

// TestMachineZone makes every scorecard as on machines in other zones: JSON and report are
// the same to the byte.
func TestMachineZone(t *testing.T) {
	local := time.Local
	defer func() { time.Local = local }()
	for _, c := range loadCases(t) {
		for i, card := range c.Cards {
			t.Run(c.Name+"/"+card.name(i), func(t *testing.T) {
				var first string
				for _, name := range []string{"UTC", "America/New_York", "Asia/Tokyo"} {
					zone, err := time.LoadLocation(name)
					if err != nil {
						t.Fatal(err)
					}
					time.Local = zone
					got := c.scorecard(t, card)
					text := cardJSON(t, got) + reportText(t, got)
					if first == "" {
						first = text
					}
					if text != first {
						t.Errorf("other bytes in %s:\n%s\nthan in UTC:\n%s", name, text, first)
					}
				}
			})
		}
	}
}
