package server

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter keeps every key to a number of requests a second, with bursts of twice that.
type limiter struct {
	perSecond float64
	now       func() time.Time
	mu        sync.Mutex
	keys      map[string]*rate.Limiter
}

func newLimiter(perSecond float64, now func() time.Time) *limiter {
	return &limiter{perSecond: perSecond, now: now, keys: make(map[string]*rate.Limiter)}
}

// wait returns how long a key has to wait, 0 for not at all. Only right keys come here, so
// there are no more limiters than keys.
func (l *limiter) wait(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	k, ok := l.keys[key]
	if !ok {
		k = rate.NewLimiter(rate.Limit(l.perSecond), max(1, int(2*l.perSecond)))
		l.keys[key] = k
	}
	now := l.now()
	r := k.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
