package main

import (
	"fmt"
	"math"
	"time"

	"readout/internal/exposure"
)

// What the shop of the demo is like. README.md of the demo tells what becomes of its
// experiments, and TestDemo whether that still holds after a change of these numbers.
const (
	// demoSeed is one of those with which an arm without an effect looks like a winner for
	// some days.
	demoSeed  = 302
	demoUsers = 18_000
	// demoZone is the time zone of the demo's project.
	demoZone = "Europe/Berlin"

	// newcomers is the share of users whose first possible visit lies within the data.
	newcomers = 0.15
	// visitsPerDay is the mean over users; the logarithm of a user's own mean has the
	// standard deviation visitsSpread.
	visitsPerDay = 0.11
	visitsSpread = 1.0
	// searchShare and checkoutShare are the shares of visits with a search and with a
	// checkout, where the two experiments are.
	searchShare   = 0.65
	checkoutShare = 0.55
	// buyCentre and buySpread are mean and standard deviation, over users, of the logit
	// of the probability that a checkout ends in a purchase.
	buyCentre = -0.9
	buySpread = 1.5
	// bigButton is what the big button of checkout-button does to that probability. In
	// search-ranking nothing has an effect.
	bigButton = 1.18
	// typicalOrder is the median purchase of the median user, in euros. The logarithms
	// have these standard deviations between users and between the orders of one user.
	typicalOrder  = 42
	spendSpread   = 0.6
	betweenOrders = 0.3
)

// How clean the data are.
const (
	// severalShare is the share of users who see another variant on another device.
	severalShare = 0.012
	// lateFrom is the time of day from which lateShare of the rows arrive a day late.
	lateFrom  = 23 * time.Hour
	lateShare = 0.3
	// nullRows is how many rows of each table have no user id.
	nullRows = 9
	// previews is how many exposures are of a variant that the experiment does not have.
	previews = 5
)

// demoConversion is a row of the demo's conversions. An empty user and a value of 0 are null.
type demoConversion struct {
	User  string  `parquet:"user_id,optional"`
	Event string  `parquet:"event,dict"`
	Time  int64   `parquet:"timestamp,timestamp(microsecond)"`
	Value float64 `parquet:"value,optional"`
}

// demoShop is everything that happens in the shop, by the day on which it arrives.
type demoShop struct {
	history, first, end time.Time
	exposures           [][]exposure.Row
	conversions         [][]demoConversion
}

// newDemoShop lets all users do what they do.
func newDemoShop() (*demoShop, error) {
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		return nil, err
	}
	var days [3]time.Time
	for i, date := range [...]string{demoHistory, demoFirst, demoLast} {
		if days[i], err = time.ParseInLocation(time.DateOnly, date, zone); err != nil {
			return nil, err
		}
	}
	s := &demoShop{history: days[0], first: days[1], end: days[2].AddDate(0, 0, 1)}
	s.exposures = make([][]exposure.Row, s.days())
	s.conversions = make([][]demoConversion, s.days())
	for i := range demoUsers {
		newDemoUser(i, s.days()).live(s)
	}
	s.soil()
	s.sort()
	return s, nil
}

// days is how many days of data there are.
func (s *demoShop) days() int { return s.dayOf(s.end) }

// dayOf returns the number of the day that contains t. No clock is changed on these days.
func (s *demoShop) dayOf(t time.Time) int { return int(t.Sub(s.history) / (24 * time.Hour)) }

// arrival returns the day on which a row of time t arrives, or false when that is not
// within the data. Some of the rows late in the evening arrive with those of the next day.
func (s *demoShop) arrival(rng demoRand, t time.Time) (day int, ok bool) {
	if !t.Before(s.end) {
		return 0, false
	}
	day = s.dayOf(t)
	if t.Sub(s.history.AddDate(0, 0, day)) >= lateFrom && rng.Float64() < lateShare {
		day++
	}
	return day, day < s.days()
}

// convert adds a conversion.
func (s *demoShop) convert(rng demoRand, c demoConversion, t time.Time) {
	c.Time = t.UnixMicro()
	if day, ok := s.arrival(rng, t); ok {
		s.conversions[day] = append(s.conversions[day], c)
	}
}

// expose adds an exposure, if the experiments have begun.
func (s *demoShop) expose(rng demoRand, r exposure.Row, t time.Time) {
	r.Time = t
	if day, ok := s.arrival(rng, t); ok && !t.Before(s.first) {
		s.exposures[day] = append(s.exposures[day], r)
	}
}

// soil adds what no real data are without: rows without a user, and a variant that only a
// developer has seen.
func (s *demoShop) soil() {
	rng := newDemoRand(demoUsers)
	for i := range nullRows {
		t := s.first.Add(time.Duration(rng.Int64N(int64(s.end.Sub(s.first)))))
		s.convert(rng, demoConversion{Event: "visit"}, t)
		s.expose(rng, exposure.Row{
			Experiment: "search-ranking", Variant: []string{"control", "popular", "personal"}[i%3],
			Segments: []string{"DE", "mobile"},
		}, t)
	}
	for i := range previews {
		t := s.first.AddDate(0, 0, 3).Add(11*time.Hour + time.Duration(i)*time.Minute)
		s.expose(rng, exposure.Row{
			User: fmt.Sprint("developer-", i%2+1), Experiment: "checkout-button", Variant: "huge",
			Segments: []string{"", "desktop"},
		}, t)
	}
}

// demoUser is one user of the shop.
type demoUser struct {
	rng      demoRand
	id       string
	segments []string // country and device
	joined   int      // day of the first possible visit
	visits   float64  // per day
	buys     float64  // probability that a checkout ends in a purchase
	spends   float64  // median order in euros
	several  bool     // sees other variants on another device
	button   string   // variant of checkout-button
	ranking  string   // variant of search-ranking
}

// buttonVariant and rankingVariant assign a variant at the experiments' traffic.
func buttonVariant(rng demoRand) string {
	return rng.pick(demoShare{"control", 50}, demoShare{"big", 50})
}

func rankingVariant(rng demoRand) string {
	return rng.pick(demoShare{"control", 34}, demoShare{"popular", 33}, demoShare{"personal", 33})
}

// newDemoUser makes the user number i. Users have random numbers of their own, so that
// none depends on what another does.
func newDemoUser(i, days int) *demoUser {
	rng := newDemoRand(i)
	u := &demoUser{
		rng: rng,
		id:  fmt.Sprintf("u%06d", 100_000+i),
		segments: []string{
			rng.pick(demoShare{"DE", 62}, demoShare{"AT", 17}, demoShare{"CH", 12}, demoShare{"", 9}),
			rng.pick(demoShare{"mobile", 64}, demoShare{"desktop", 36}),
		},
		visits:  visitsPerDay * math.Exp(visitsSpread*rng.NormFloat64()-visitsSpread*visitsSpread/2),
		buys:    1 / (1 + math.Exp(-buyCentre-buySpread*rng.NormFloat64())),
		spends:  typicalOrder * math.Exp(spendSpread*rng.NormFloat64()),
		several: rng.Float64() < severalShare,
		button:  buttonVariant(rng),
		ranking: rankingVariant(rng),
	}
	if rng.Float64() < newcomers {
		u.joined = rng.IntN(days)
	}
	return u
}

// live lets a user visit the shop on all days of the data.
func (u *demoUser) live(s *demoShop) {
	for day := u.joined; day < s.days(); day++ {
		midnight := s.history.AddDate(0, 0, day)
		for range u.rng.poisson(u.visits * busy(midnight.Weekday())) {
			u.visit(s, midnight.Add(u.rng.timeOfDay()))
		}
	}
}

// visit is one visit, perhaps with a search, and perhaps with a checkout. A user gets the
// same variants on every visit: exposures repeat.
func (u *demoUser) visit(s *demoShop, t time.Time) {
	button, ranking := u.button, u.ranking
	if u.several && u.rng.Float64() < 0.5 {
		button, ranking = buttonVariant(u.rng), rankingVariant(u.rng)
	}
	if u.rng.Float64() < searchShare {
		t = t.Add(u.rng.minutes(1))
		s.expose(u.rng, exposure.Row{
			User: u.id, Experiment: "search-ranking", Variant: ranking, Segments: u.segments,
		}, t)
	}
	if u.rng.Float64() < checkoutShare {
		t = t.Add(u.rng.minutes(5))
		u.checkout(s, t, button)
	}
	// A visit is known when it is over.
	s.convert(u.rng, demoConversion{User: u.id, Event: "visit"}, t.Add(u.rng.minutes(4)))
}

// checkout shows a button at t and may end in a purchase.
func (u *demoUser) checkout(s *demoShop, t time.Time, button string) {
	s.expose(u.rng, exposure.Row{
		User: u.id, Experiment: "checkout-button", Variant: button, Segments: u.segments,
	}, t)
	buys := u.buys
	if button == "big" && !t.Before(s.first) {
		buys *= bigButton
	}
	if u.rng.Float64() < buys {
		euros := u.spends * math.Exp(betweenOrders*u.rng.NormFloat64())
		s.convert(u.rng, demoConversion{
			User: u.id, Event: "purchase", Value: math.Round(100*euros) / 100,
		}, t.Add(u.rng.minutes(2)))
	}
}

// busy says how busy a day of the week is; the mean is about 1.
func busy(day time.Weekday) float64 {
	return [...]float64{1.25, 0.96, 0.88, 0.86, 0.92, 1.00, 1.13}[day]
}
