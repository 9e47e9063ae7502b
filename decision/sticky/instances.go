package sticky

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const (
	// goneAfter is how long an instance is not heard of before its queue counts as left: longer
	// than a restart takes.
	goneAfter = 10 * time.Minute
	// forgetAfter is when an instance that left nothing is forgotten, where every start has a
	// new name.
	forgetAfter = 24 * time.Hour
)

// Left are exposures in the queue of an instance that has not been heard of for 10 minutes. They
// are not in the log, and wait for an instance of that name.
type Left struct {
	Instance string
	Rows     int
	Since    time.Time // when it was last heard of
}

// Heartbeat notes that this instance is there, and returns what others have left, by name. Instances
// agree on the time, which is that of Redis.
func (s *Redis) Heartbeat(ctx context.Context) ([]Left, error) {
	fail := func(err error) ([]Left, error) {
		return nil, fmt.Errorf("instances of the decision store: %w", err)
	}
	now, err := s.client.Time(ctx).Result()
	if err != nil {
		return fail(err)
	}
	if err := s.client.HSet(ctx, s.instances, s.instance, now.Unix()).Err(); err != nil {
		return fail(err)
	}
	heard, err := s.client.HGetAll(ctx, s.instances).Result()
	if err != nil {
		return fail(err)
	}
	var left []Left
	for name, text := range heard {
		seconds, err := strconv.ParseInt(text, 10, 64)
		since := time.Unix(seconds, 0).UTC()
		if err != nil || now.Sub(since) < goneAfter {
			continue
		}
		rows, err := s.client.LLen(ctx, s.prefix+queueOf+name).Result()
		if err != nil {
			return fail(err)
		}
		switch {
		case rows > 0:
			left = append(left, Left{name, int(rows), since})
		case now.Sub(since) >= forgetAfter:
			if err := s.client.HDel(ctx, s.instances, name).Err(); err != nil {
				return fail(err)
			}
		}
	}
	slices.SortFunc(left, func(a, b Left) int { return cmp.Compare(a.Instance, b.Instance) })
	return left, nil
}
