package crashtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// connections is how many requests run at the same time.
const connections = 32

// recovery is how long the service may refuse after Redis has come back.
const recovery = 5 * time.Second

// client returns a client that keeps its connections.
func client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true},
		Timeout:   10 * time.Second,
	}
}

// post sends a choose request.
func (s *service) post(ctx context.Context, client *http.Client, body []byte) (answer, error) {
	var a answer
	url := "http://" + s.address + "/v1/acme/projects/shop/optimization/choose-api"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	response, err := client.Do(request)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return a, err
	case response.StatusCode == http.StatusServiceUnavailable:
		return a, errRefused
	case response.StatusCode != http.StatusOK:
		return a, fmt.Errorf("%w: status %d: %s", errWrong, response.StatusCode, text)
	}
	var choices struct {
		Choices []struct{ Name, Variant string }
	}
	if err := json.Unmarshal(text, &choices); err != nil {
		return a, fmt.Errorf("%w: %w: %s", errWrong, err, text)
	}
	for _, c := range choices.Choices {
		for i, name := range names {
			if c.Name == name {
				a[i] = c.Variant
			}
		}
	}
	return a, nil
}

// errWrong is an answer that must not be, whatever was killed.
var errWrong = errors.New("wrong answer")

// A book is what was answered.
type book struct {
	mu      sync.Mutex
	answers map[string]answer
	ids     []string // in the order of answering
	refused atomic.Int64
	asked   atomic.Int64 // number of the visitor that was asked about last
}

// note notes an answer and reports whether it is that from before.
func (b *book) note(id string, a answer) (before answer, same bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, known := b.answers[id]
	if !known {
		b.answers[id] = a
		b.ids = append(b.ids, id)
	}
	return before, !known || before == a
}

// since returns the ids that were answered since there were n.
func (b *book) since(n int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ids[n:]
}

// load asks about visitors never seen, and about those that others ask about at this
// moment, until ctx is done.
func (b *book) load(ctx context.Context, t *testing.T, s *service, client *http.Client) {
	var workers sync.WaitGroup
	for w := range connections {
		workers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), uint64(b.asked.Load())))
			for ctx.Err() == nil {
				number := b.asked.Load()
				if rng.IntN(3) > 0 {
					number = b.asked.Add(1)
				}
				id := fmt.Sprint("visitor-", number)
				a, err := s.ask(ctx, client, id, fmt.Sprint(rng.Uint64()), true)
				switch {
				case err == nil:
					if before, same := b.note(id, a); !same {
						t.Errorf("%s was answered %v and at the same time %v", id, before, a)
					}
				case errors.Is(err, errWrong):
					t.Error(err)
				case errors.Is(err, errRefused):
					b.refused.Add(1)
					time.Sleep(5 * time.Millisecond)
				default:
					// The service is gone.
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	workers.Wait()
}

// verify asks again about visitors who were answered. They are all remembered.
func (b *book) verify(t *testing.T, s *service, client *http.Client, ids []string) {
	t.Helper()
	next := make(chan string)
	var workers sync.WaitGroup
	for range connections {
		workers.Go(func() {
			for id := range next {
				a, err := s.ask(context.Background(), client, id, "another visit", false)
				for begin := time.Now(); errors.Is(err, errRefused) && time.Since(begin) < recovery; {
					time.Sleep(50 * time.Millisecond)
					a, err = s.ask(context.Background(), client, id, "another visit", false)
				}
				if err != nil {
					t.Errorf("%s: %v", id, err)
					continue
				}
				if before, same := b.note(id, a); !same {
					t.Errorf("%s was answered %v, and after the kill %v", id, before, a)
				}
			}
		})
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	workers.Wait()
}
