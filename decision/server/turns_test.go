package server

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"readout/decision"
)

// slowReads is a store whose reads take a while, so that requests that come together come upon
// each other.
type slowReads struct{ *memory }

func (m slowReads) Get(ctx context.Context, id string, experiments []string, into []decision.Assignment) error {
	defer time.Sleep(time.Millisecond)
	return m.memory.Get(ctx, id, experiments, into)
}

// TestSharedID: of many requests under one id at the same time, each of which has something new to
// remember, all are answered.
func TestSharedID(t *testing.T) {
	s := start(t, func(s *service, o *Options) { o.Store = slowReads{s.store} })
	var asking sync.WaitGroup
	begin := make(chan struct{})
	for i := range 64 {
		asking.Go(func() {
			<-begin
			body := fmt.Sprintf(`{"identification":{"userId":"anonymous"},"names":["visit"],"sessionId":"s-%d"}`, i)
			if a := s.send(http.MethodPost, choosePath, body); a.status != http.StatusOK {
				t.Errorf("visit %d: status %d: %s", i, a.status, a.body)
			}
		})
	}
	close(begin)
	asking.Wait()
	if n := len(s.store.exposures); n != 1 {
		t.Errorf("%d exposures", n)
	}
}
