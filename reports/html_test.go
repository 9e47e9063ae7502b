package reports

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"readout/analysis"
	"readout/experiment"
)

func pageOf(t testing.TB, s *Site, p Page) []byte {
	t.Helper()
	out, err := htmlOf(s, &p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func htmlOf(s *Site, p *Page) ([]byte, error) {
	t, err := templates()
	if err != nil {
		return nil, err
	}
	return s.html(t, p)
}

func indexOf(s *Site) ([]byte, error) {
	t, err := templates()
	if err != nil {
		return nil, err
	}
	return s.indexHTML(t, rowsOf(s))
}

// rowsOf returns what the index says of the pages of a site.
func rowsOf(s *Site) []indexRow {
	rows := make([]indexRow, len(s.Pages))
	for i := range s.Pages {
		rows[i] = s.indexRow(&s.Pages[i])
	}
	return rows
}

// allPages returns the samples by name, and an index of all of them.
func allPages(t testing.TB) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	samples := pageSamples()
	all := site()
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		out[name] = pageOf(t, site(), samples[name])
		all.Pages = append(all.Pages, samples[name])
	}
	index, err := indexOf(all)
	if err != nil {
		t.Fatal(err)
	}
	out["index"] = index
	return out
}

func TestHTMLGolden(t *testing.T) {
	for name, page := range allPages(t) {
		switch name {
		case "full", "hostile", "empty", "scheduled", "index":
			golden(t, name+".html", page)
		}
	}
}

// textIn returns the text of a page as a reader sees it, with single spaces.
func textIn(t testing.TB, page []byte) string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style":
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && n.Data != "span" && n.Data != "strong":
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// elements are those that pages are made of.
var elements = strings.Fields(`html head meta title style body header main section div p h1 h2 h3 h4 a bdi span strong br
	input label table caption thead tbody tr th td ul li dl dt dd pre details summary figure figcaption
	nav svg g path line rect circle text`)

// faults returns what is wrong with the markup of a page: elements that are not closed in
// order, that pages have no use for, or that readers who do not see cannot make sense of.
func faults(page []byte) []string {
	var out, open, anchors []string
	ids := make(map[string]bool)
	heading := 0
	fault := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch kind {
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				fault("</%s> closes %v", token.Data, open)
				return out
			}
			open = open[:len(open)-1]
			continue
		case html.StartTagToken, html.SelfClosingTagToken:
		default:
			continue
		}
		if kind == html.StartTagToken && !slices.Contains([]string{"meta", "input", "br"}, token.Data) {
			open = append(open, token.Data)
		}
		if !slices.Contains(elements, token.Data) {
			fault("element <%s>", token.Data)
		}
		attributes := make(map[string]string)
		for _, a := range token.Attr {
			if _, twice := attributes[a.Key]; twice || strings.HasPrefix(a.Key, "on") || a.Key == "src" || strings.HasSuffix(a.Key, ":href") {
				fault("attribute %s of <%s>", a.Key, token.Data)
			}
			attributes[a.Key] = a.Val
		}
		href, linked := attributes["href"]
		switch anchor, inside := strings.CutPrefix(href, "#"); {
		case inside:
			anchors = append(anchors, anchor)
		case linked && !regexp.MustCompile(`^[A-Za-z0-9_.-]+\.html$`).MatchString(href):
			fault("link to %q", href)
		}
		if id, ok := attributes["id"]; ok {
			if ids[id] {
				fault("id %s is there twice", id)
			}
			ids[id] = true
		}
		for _, reference := range []string{attributes["for"], attributes["aria-labelledby"]} {
			if reference != "" && !ids[reference] && reference != attributes["aria-labelledby"] {
				fault("no element has the id %s", reference)
			}
		}
		if token.Data == "svg" && attributes["aria-hidden"] != "true" && (attributes["role"] != "img" || strings.TrimSpace(attributes["aria-label"]) == "") {
			fault("a picture without a description")
		}
		if slices.Contains(tableParts, token.Data) && attributes["role"] != "" {
			fault("<%s> has the role that it has by itself", token.Data)
		}
		if token.Data == "th" && attributes["scope"] == "" {
			fault("a head without scope")
		}
		if level := strings.IndexByte("1234", token.Data[len(token.Data)-1]) + 1; len(token.Data) == 2 && token.Data[0] == 'h' && level > 0 {
			if level > heading+1 {
				fault("<h%d> below <h%d>", level, heading)
			}
			heading = level
		}
	}
	if len(open) > 0 {
		fault("not closed: %v", open)
	}
	for _, anchor := range anchors {
		if !ids[anchor] {
			fault("link to nowhere: #%s", anchor)
		}
	}
	return out
}

func TestHTMLMarkup(t *testing.T) {
	for name, page := range allPages(t) {
		for _, fault := range faults(page) {
			t.Errorf("%s: %s", name, fault)
		}
		if n := bytes.Count(page, []byte("<h1>")); n != 1 {
			t.Errorf("%s: %d headings of the first level", name, n)
		}
	}
	if len(faults([]byte(`<p><script>x</script><a href="http://a">b</p>`))) < 3 {
		t.Error("faults are not found")
	}
}

// A page needs nothing from elsewhere: addresses stand in its text only.
func TestHTMLNeedsNothing(t *testing.T) {
	outside := regexp.MustCompile(`(?i)(url\(|@import|https?://|//[a-z])`)
	for name, page := range allPages(t) {
		root, err := html.Parse(bytes.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type == html.TextNode && n.Parent.Data == "style" && outside.MatchString(n.Data) {
				t.Errorf("%s: the style sheet refers to %s", name, outside.FindString(n.Data))
			}
			for _, a := range n.Attr {
				if a.Key != "aria-label" && outside.MatchString(a.Val) {
					t.Errorf("%s: %s of <%s> is %q", name, a.Key, n.Data, a.Val)
				}
			}
		}
		if !bytes.Contains(page, []byte(`content="default-src 'none'; style-src 'unsafe-inline'`)) {
			t.Errorf("%s: no policy that forbids everything else", name)
		}
	}
}

// Markup in names is shown, and what does not print is escaped.
func TestHTMLHostileIsText(t *testing.T) {
	page := pageOf(t, site(), hostilePage())
	if n := strings.Count(textIn(t, page), evilMarkup); n < 30 {
		t.Errorf("hostile text is shown %d times only", n)
	}
	for i, c := range string(page) {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == '\u202e' || c == '\u2028' || c == 0x9b || c == '\ufffd' {
			t.Fatalf("character %U at %d", c, i)
		}
	}
	if bytes.Contains(page, []byte("ZgotmplZ")) {
		t.Error("the template refused a value")
	}
}

func TestHTMLSameBytes(t *testing.T) {
	first, second := allPages(t), allPages(t)
	for name := range first {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s differs the second time", name)
		}
	}
}

func TestHTMLSize(t *testing.T) {
	for name, page := range allPages(t) {
		if len(page) > 300_000 {
			t.Errorf("%s has %d bytes", name, len(page))
		}
		if bytes.Contains(page, []byte("ZgotmplZ")) {
			t.Errorf("%s: the template refused a value", name)
		}
	}
}

// No page leaves out a metric or a variant, and what a text report says of a comparison
// stands on the page too.
func TestHTMLHasEverything(t *testing.T) {
	for name, p := range pageSamples() {
		if p.Card == nil || name == "hostile" {
			continue
		}
		text := textIn(t, pageOf(t, site(), p))
		for i := range p.Card.Metrics {
			m := &p.Card.Metrics[i]
			if !strings.Contains(text, m.Name) {
				t.Errorf("%s: metric %s is missing", name, m.Name)
			}
			for _, r := range tableRows(p.Card, m) {
				for _, want := range []string{variantName(r.variant), usersCell(r), meanCell(r), marginCell(r), effectCell(r)} {
					if want != missing && !strings.Contains(text, want) {
						t.Errorf("%s: %s of %s is missing", name, want, m.Name)
					}
				}
				value, interval, _ := strings.Cut(liftCell(r), " ")
				if !strings.Contains(text, value) || !strings.Contains(text, interval) {
					t.Errorf("%s: lift %s %s of %s is missing", name, value, interval, m.Name)
				}
			}
		}
		for _, want := range []string{p.Card.Recommendation.Sentence, p.Card.Plan.Sentence} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing", name, want)
			}
		}
		for _, c := range p.Card.Checks {
			if !strings.Contains(text, c.Sentence) {
				t.Errorf("%s: check %s is missing", name, c.Name)
			}
		}
	}
}

func TestHTMLSays(t *testing.T) {
	samples := pageSamples()
	for _, tt := range []struct{ page, want string }{
		{"full", "These numbers are from 2026-01-20: a scorecard of 2026-01-22 should be here and is not."},
		{"full", "big: Decided on 2026-01-18, at look 7: effect +2.10 [+0.31, +3.89], p-value 0.00310. That is the result of the test. What the table shows is follow-up"},
		{"full", "big: Now that the test has ended (look 7 on 2026-01-18), the best estimate of the effect is +1.90 [+0.40, +3.40], p-value 0.00210."},
		{"full", "Best estimate, now that the test has ended Unlike those in the table,"},
		{"full", "big: Futile so far:"},
		{"full", "big: Interval and p-value are not adjusted for the number of comparisons. What decides is the adjusted p-value, 0.0198."},
		{"full", "chance of finding an improvement by the end 12% if it has the size that is looked for, 3% if it is as large as it looks now, with a forecast of 260,000 users of both arms at the end"},
		{"full", "big: Approximate:"},
		{"full", "big: Effect and lift are those within 2 phases of traffic, combined by their users; the variants' figures are of all users, so their difference is not the effect."},
		{"full", "Alarm Excluded users are not split like the traffic"},
		{"full", "stopped at 2026-01-18 00:00: it broke"},
		{"full", "CUPED with purchased before leaves 84% of the variance, which is worth 19% more users. 1,203 users without the whole history."},
		{"full", `country is one of "DE", "AT"`},
		{"full", "age at least 18"},
		{"full", "URL starts with https://shop.example/checkout"},
		{"full", "mobile devices only"},
		{"full", "80% of the audience takes part"},
		{"full", `the sum of the values of "purchase" per user, divided by the number of "purchase" per user`},
		{"full", "numbers of users above the 99.9% percentile are moved there"},
		{"full", `where currency is "EUR"`},
		{"full", "Always for these users, who are never counted: qa-1, qa-2"},
		{"full", "on 2026-01-10, from the end of 2026-01-25 to the end of 2026-02-01"},
		{"full", "57% of the time until the end of 2026-02-01, 12 days left"},
		{"card", "The definition of this experiment is not at hand"},
		{"empty", "No data yet"},
		{"waiting", "First number with the data of 2026-01-12, when the time window of the first users is over."},
		{"draft", "Not started: this experiment is a Draft."},
		{"scheduled", "Not started yet: the experiment begins on 2026-01-25 00:00."},
		{"scheduled", "First number with the data of 2026-01-25."},
		{"scheduled", "times in UTC"},
		{"personalization", "it is served to its audience and not analysed"},
		{"personalization", pageNoResults},
		{"personalization", pageNoneServed},
		{"completed", "Decided on 2026-01-20: everybody gets big."},
		{"completed", "The scorecard said: Keep running: no primary metric has crossed its boundary; 12 days are left."},
		{"completed", "Reason: it sells <more> (ana)."},
		{"name", "There are no results yet."},
	} {
		if text := textIn(t, pageOf(t, site(), samples[tt.page])); !strings.Contains(text, tt.want) {
			t.Errorf("%s: no %q", tt.page, tt.want)
		}
	}
	none := textIn(t, pageOf(t, site(), samples["draft"]))
	if strings.Contains(none, "First number") || strings.Contains(none, "days left") {
		t.Error("a draft has dates of results")
	}
}

// The advice comes before everything else that scorecards say.
func TestHTMLAdviceFirst(t *testing.T) {
	p := fullPage()
	text := textIn(t, pageOf(t, site(), p))
	advice := strings.Index(text, p.Card.Recommendation.Sentence)
	for _, later := range []string{"Excluded users are not split", "Primary metrics", "Method"} {
		if at := strings.Index(text, later); at < advice {
			t.Errorf("%q stands before the advice", later)
		}
	}
}

func TestIndexHTML(t *testing.T) {
	review := fullPage()
	review.Experiment, review.Stale = "reviewed", ""
	review.State = stateSample(experiment.ReadyForReview)
	review.State.End = day("2026-01-20")
	draft := pageSamples()["draft"]
	draft.Experiment = "index"
	s := site(fullPage(), review, draft)
	page, err := indexOf(s)
	if err != nil {
		t.Fatal(err)
	}
	text := textIn(t, page)
	at := 0
	for _, want := range []string{
		"acme / shop, as of 2026-01-21 00:00 (UTC)",
		"Ready for review", "reviewed", "! Alarm: excluded share", "! Warning: covariate balance", "100%, 0 days left", "199,834",
		"Running", "checkout-button", "Keep running: no primary metric", "! Not up to date", "57%, 12 days left",
		"Not started", "Draft",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("no %q, or not in order, in:\n%s", want, text)
		}
		at += i
	}
	for _, link := range []string{`href="reviewed.html"`, `href="checkout-button.html"`, `href="index.experiment.html"`} {
		if !bytes.Contains(page, []byte(link)) {
			t.Errorf("no %s", link)
		}
	}
	page, err = indexOf(site())
	if err != nil || !strings.Contains(textIn(t, page), "no experiments yet") {
		t.Errorf("an empty project: %v %s", err, page)
	}
}

func TestNowrap(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := string(nowrap(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("final at the end of 2026-02-15.", `final at the end of <span class="nowrap">2026-02-15</span>.`)
	f("+4.81 [+2.09, +7.53] pp", `+4.81 <span class="nowrap">[+2.09, +7.53] pp</span>`)
	f("-1% [-1.2e-10%, 3%], <b>", `-1% <span class="nowrap">[-1.2e-10%, 3%]</span>, &lt;b&gt;`)
	f("[unbounded] 2026-2-1 []", "[unbounded] 2026-2-1 []")
	f("(p = 1.7e-36, step = 1)", `(<span class="nowrap">p = 1.7e-36</span>, step = 1)`)
	f("is +5.00 pp, p-value < 0.0001.", `is +5.00 pp, <span class="nowrap">p-value &lt; 0.0001</span>.`)
	f("readout stop a --why ….", `readout stop a <span class="nowrap">--why …</span>.`)
	f("that (p < 0.0001).", `that (<span class="nowrap">p &lt; 0.0001</span>).`)
}

func TestReadableP(t *testing.T) {
	f := func(p float64, want string) {
		t.Helper()
		if got := readableP(def(p), analysis.Number{}, def(0.05)); got != want {
			t.Errorf("%g: %s, want %s", p, got, want)
		}
	}
	f(0.5, "0.500")
	f(0.04999, "0.04999")
	f(0.000244, "0.000244")
	f(0.0001, "0.0001")
	f(0.00009, "< 0.0001")
	f(0, "< 0.0001")
	if got := readableP(analysis.Number{}, analysis.Number{}, analysis.Number{}); got != missing {
		t.Errorf("not defined: %s", got)
	}
	if got := readableP(def(3e-8), analysis.Number{}, def(2e-8)); got != "3.00e-08" {
		t.Errorf("alpha below the floor: %s", got)
	}
}

// Whatever a scorecard holds, its page is well formed, the same every time, and shows no
// number that is none.
func TestHTMLRandom(t *testing.T) {
	none := regexp.MustCompile(`NaN|Inf|ZgotmplZ`)
	rapid.Check(t, func(t *rapid.T) {
		card := randomCard(t)
		card.History = few(t, "history", func(t *rapid.T) analysis.DayUsers {
			return analysis.DayUsers{
				Date:  rapid.SampledFrom([]string{"2026-01-01", "2026-01-02", "9999-12-31", "0001-01-01", "x"}).Draw(t, "date"),
				Users: few(t, "users", func(t *rapid.T) int64 { return randomCount(t, "users") }),
			}
		})
		for i := range card.Metrics {
			for j := range card.Metrics[i].Comparisons {
				card.Metrics[i].Comparisons[j].Looks = few(t, "looks", randomLook)
			}
		}
		s := Site{At: randomTime(t, "at"), Pages: []Page{{Card: &card}}}
		page, err := htmlOf(&s, &s.Pages[0])
		if err != nil {
			t.Fatal(err)
		}
		if faults := faults(page); len(faults) > 0 {
			t.Fatalf("%v in\n%s", faults, page)
		}
		if found := none.Find(page); found != nil {
			t.Fatalf("%s in\n%s", found, page)
		}
		if again, err := htmlOf(&s, &s.Pages[0]); err != nil || !bytes.Equal(page, again) {
			t.Fatal("differs the second time")
		}
		if read, ok := readBack(t, card); ok {
			stored := Site{At: s.At, Pages: []Page{{Card: &read}}}
			if again, err := htmlOf(&stored, &stored.Pages[0]); err != nil || !bytes.Equal(page, again) {
				t.Fatal("differs from the page of what is stored")
			}
		}
		if index, err := indexOf(&s); err != nil || len(faults(index)) > 0 {
			t.Fatalf("index: %v %v", err, faults(index))
		}
	})
}

// readBack returns what is read of a card once it is stored, and whether all its texts are
// text, without which it is another one.
func readBack(t *rapid.T, card analysis.Scorecard) (analysis.Scorecard, bool) {
	t.Helper()
	var b bytes.Buffer
	if err := writeJSON(&b, []analysis.Scorecard{card}); err != nil {
		t.Fatal(err)
	}
	ok := !bytes.Contains(b.Bytes(), []byte(escapedReplacement))
	cards, err := readJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	return cards[0], ok
}

func randomLook(t *rapid.T) analysis.LookPoint {
	return analysis.LookPoint{
		Date:   rapid.SampledFrom([]string{"2026-01-01", "2026-01-02", "2026-02-01", "9999-12-31", "x"}).Draw(t, "date"),
		Effect: randomNumber(t, "effect"), Lo: randomNumber(t, "lo"), Hi: randomNumber(t, "hi"),
	}
}

func ExampleSite_WritePages() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	s := Site{At: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC), Pages: []Page{{Experiment: "checkout-button"}}}
	if _, err := s.WritePages(dir); err != nil {
		fmt.Println(err)
		return
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, file := range files {
		fmt.Println(file.Name())
	}
	// Output:
	// checkout-button.html
	// index.html
}

// Where the planned traffic has changed, users are compared with what was planned when they
// came, on the page, in its picture and in the text.
func TestChangedTraffic(t *testing.T) {
	p := fullPage()
	last := &p.Card.History[len(p.Card.History)-1]
	before, err := usersFigure(p.Card)
	if err != nil {
		t.Fatal(err)
	}
	last.Planned = make([]float64, len(last.Users))
	last.Planned[0], last.Planned[1] = 7500, 2500
	after, err := usersFigure(p.Card)
	if err != nil || before.Picture.Body == after.Picture.Body {
		t.Error("the picture shows the same plan as before", err)
	}
	if got := variants(&p, zoneOf("UTC")).Note; !strings.Contains(got, "control 75.00%, big 25.00%") {
		t.Errorf("note %q", got)
	}
	var b strings.Builder
	if err := Text(&b, []analysis.Scorecard{*p.Card}, TextOptions{}); err != nil || !strings.Contains(b.String(), "(75.00% planned)") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// Users who are all left out are data, and of nobody it is said that there are none.
func TestNoDataYet(t *testing.T) {
	card := base()
	for _, several := range []analysis.Count{0, 3} {
		for i := range card.Variants {
			card.Variants[i].Users, card.Variants[i].Several = 0, several
		}
		var text strings.Builder
		if err := Text(&text, []analysis.Scorecard{card}, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(cardNotes(&card, zoneOf("UTC"), false), " ")
		if inText, onPage := strings.Contains(text.String(), labelNoData), strings.Contains(notes, labelNoData); inText != (several == 0) || onPage != inText {
			t.Errorf("%d left out: no data yet in text %v, on the page %v", several, inText, onPage)
		}
	}
}

// What is said of the users still to come is true of the state: the advice to wait says it
// itself, and a decision ends the waiting.
func TestNotesOnTheLastUsers(t *testing.T) {
	card := base()
	card.Through, card.DaysLeft = card.End, 0
	card.Final = card.End.AddDate(0, 0, 3)
	for _, c := range []struct {
		name, action string
		decided      bool
		want         string
	}{
		{"ship", analysis.ActionShip, false, "Not final yet"},
		{"wait", analysis.ActionKeepRunning, false, ""},
		{"decided", analysis.ActionShip, true, "frozen as of " + card.Date},
	} {
		card.Recommendation.Action = c.action
		got := strings.Join(cardNotes(&card, zoneOf("UTC"), c.decided), " ")
		if has := strings.Contains(got, "the last users"); has != (c.want != "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// However long the hypothesis, what to do comes before it, and it does not read like a result.
func TestHypothesisBelowTheAdvice(t *testing.T) {
	p := fullPage()
	text := textIn(t, pageOf(t, site(), p))
	advice := strings.Index(text, p.Card.Recommendation.Sentence)
	hypothesis := strings.Index(text, "Hypothesis: "+p.Definition.Hypothesis)
	if advice < 0 || hypothesis < advice {
		t.Errorf("advice at %d, hypothesis at %d", advice, hypothesis)
	}
}

// In each group of the index what needs somebody comes first, and the rest keeps its order.
func TestIndexOrder(t *testing.T) {
	s := site()
	for _, x := range []struct{ name, action string }{
		{"a", analysis.ActionKeepRunning}, {"b", analysis.ActionStopFutility}, {"c", analysis.ActionShip},
		{"d", analysis.ActionInvestigate}, {"e", analysis.ActionKeepRunning}, {"f", analysis.ActionStopForHarm},
	} {
		card := base()
		card.Experiment, card.Recommendation.Action = x.name, x.action
		s.Pages = append(s.Pages, Page{Experiment: x.name, Card: &card})
	}
	v, err := s.index(rowsOf(s))
	if err != nil || len(v.Groups) != 1 {
		t.Fatal(len(v.Groups), err)
	}
	order := ""
	for _, r := range v.Groups[0].Rows {
		order += r.Name
	}
	if order != "dfcbae" {
		t.Errorf("order %s, want dfcbae", order)
	}
}

// What was decided last comes first, of the same instant what sorts first; what is archived stands by
// itself.
func TestIndexOrderOfDecided(t *testing.T) {
	s := site()
	for _, x := range []struct{ name, decided string }{{"a", "2026-01-03"}, {"b", "2026-01-20"}, {"c", "2025-12-31"}, {"d", "2026-01-03"}} {
		card := base()
		card.Experiment = x.name
		state := experiment.State{Experiment: x.name, Status: experiment.Completed, Decision: &experiment.Decision{Variant: "big", At: day(x.decided)}}
		s.Pages = append(s.Pages, Page{Experiment: x.name, Card: &card, State: &state})
	}
	s.Pages[0].State.Archived = true
	v, err := s.index(rowsOf(s))
	if err != nil {
		t.Fatal(err)
	}
	order := ""
	for _, group := range v.Groups {
		order += group.Title + ":"
		for _, r := range group.Rows {
			order += r.Name
		}
	}
	if want := "Completed:bdcArchived:a"; order != want {
		t.Errorf("order %s, want %s", order, want)
	}
}

// The raw difference stands beside the adjusted one of the same day only.
func TestRawOfTheSameDay(t *testing.T) {
	p := fullPage()
	raw := func() (page, text bool) {
		var b strings.Builder
		if err := Text(&b, []analysis.Scorecard{*p.Card}, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, d := range definitions(&p, zoneOf("UTC")) {
			page = page || len(d.Adjusted) > 0
		}
		return page, strings.Contains(b.String(), "without adjustment")
	}
	if page, text := raw(); !page || !text {
		t.Fatal("no raw difference to begin with", page, text)
	}
	for i := range p.Card.Metrics {
		for j := range p.Card.Metrics[i].Comparisons {
			p.Card.Metrics[i].Comparisons[j].AsOf, p.Card.Metrics[i].Comparisons[j].Today = "2026-01-10", false
		}
	}
	if page, text := raw(); page || text {
		t.Error("a raw difference of another day", page, text)
	}
}

// tableParts are the elements of tables.
var tableParts = strings.Fields("table caption thead tbody tr th td")

// Tables, bodies and rows keep the display of tables on every screen: some browsers tell a screen
// reader of no table where a style sheet takes it away.
func TestTablesStayTables(t *testing.T) {
	style, err := styleSheet()
	if err != nil {
		t.Fatal(err)
	}
	whole := regexp.MustCompile(`(^|[ >.])(table|tbody|tr|stack|results|plain|index|by-segment)$`)
	rules := 0
	for _, rule := range regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`).FindAllStringSubmatch(string(style), -1) {
		rules++
		for selector := range strings.SplitSeq(rule[1], ",") {
			if whole.MatchString(strings.TrimSpace(selector)) && strings.Contains(rule[2], "display:") {
				t.Errorf("a table is no table: %s {%s}", strings.TrimSpace(selector), rule[2])
			}
		}
	}
	if rules < 100 {
		t.Errorf("%d rules were found", rules)
	}
}

// Before its start an experiment has no progress and no days left, but a plan.
func TestScheduledHasAPlan(t *testing.T) {
	p := pageSamples()["scheduled"]
	s := site(p)
	page := pageOf(t, s, p)
	index, err := indexOf(s)
	if err != nil {
		t.Fatal(err)
	}
	if text := textIn(t, page); !strings.Contains(text, "Scheduled planned from 2026-01-25 until the end of 2026-02-14") {
		t.Errorf("no plan: %.400s", text)
	}
	for name, text := range map[string]string{"page": textIn(t, page), "index": textIn(t, index)} {
		if strings.Contains(text, "left") || strings.Contains(text, "0%") && name == "index" {
			t.Errorf("%s: %.400s", name, text)
		}
	}
}
