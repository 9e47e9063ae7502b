package main

import (
	"encoding/json"
	"net"
	"net/http"
)

// echo serves the yardstick: it decodes a request of the choose API and encodes an answer of
// the same shape, with encoding/json and nothing else.
func echo(listener net.Listener) error {
	type choice struct {
		Name    string          `json:"name"`
		Group   string          `json:"group"`
		Body    json.RawMessage `json:"body"`
		Variant string          `json:"variant"`
		Reason  string          `json:"reason"`
	}
	var request struct {
		Identification struct {
			UserID    string `json:"userId"`
			ProfileID string `json:"profileId"`
			SourceID  string `json:"sourceId"`
		} `json:"identification"`
		Names     []string `json:"names"`
		Device    string   `json:"device"`
		SessionID string   `json:"sessionId"`
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := request
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		name := ""
		if len(in.Names) > 0 {
			name = in.Names[0]
		}
		w.Header().Set("Content-Type", "application/json")
		// The client tells whether the answer came.
		_ = json.NewEncoder(w).Encode(map[string][]choice{"choices": {{name, "bench", json.RawMessage(`{"size":"large","discount":30}`), "big", "assigned"}}})
	}))
}
