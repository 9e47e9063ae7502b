package experiment

import "testing"

func TestCheckCron(t *testing.T) {
	f := func(expression, want string) {
		t.Helper()
		got := ""
		if err := checkCron(expression); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: error %q, want %q", expression, got, want)
		}
	}
	f("30 3 * * *", "")
	f("*/15 0-6,22,23 1-31/2 JAN-jun mon,3", "")
	f("@daily", "write five fields, such as 30 3 * * *")
	f("30 3 * *", "want five fields such as 30 3 * * *, got 4")
	f("60 3 * * *", `minute: "60" is not between 0 and 59`)
	f("0 3 0 * *", `day of month: "0" is not between 1 and 31`)
	f("0 3 * dez *", `month: "dez" is not between 1 and 12`)
	f("0 3 * * 7", `day of week: "7" is not between 0 and 6`)
	f("*/0 3 * * *", `minute: step "0" is not between 1 and 60`)
	f("*/60 */24 * * *", "")
	f("*/61 3 * * *", `minute: step "61" is not between 1 and 60`)
	f("*/x 3 * * *", `minute: step "x" is not between 1 and 60`)
	f("0 6-3 * * *", "hour: 6-3 runs backwards")
	f("0 3-x * * *", `hour: "x" is not between 0 and 23`)
	f("0 0 30 2 *", "it never comes, a day 30 is in no month of 2")
	f("0 0 31 feb,4-11/5 */1", "it never comes, a day 31 is in no month of feb,4-11/5")
	f("0 0 29 2 *", "")
	f("0 0 31 4-12/4 *", "")
	f("0 0 31,30/1 11 *", "")
	f("0 0 30 2 1", "")
	f("0 0 30 2 */2", "")
	f("0 , * * *", `hour: "" is not between 0 and 23`)
}
