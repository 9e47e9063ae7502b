package server

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// appendError appends {"errors":[{"message"}]}, the one shape of all errors but those of
// OFREP.
func appendError(b []byte, _, message string) []byte {
	b = append(b, `{"errors":[{"message":`...)
	b = appendText(b, message)
	return append(b, "}]}\n"...)
}

// writeError writes an error.
func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, appendError(nil, "", message))
}

// Values of headers that are the same in all answers.
var (
	jsonType = []string{"application/json"}
	noStore  = []string{"no-store"}
	closes   = []string{"close"}
)

// ownLength is the length from which net/http sends bodies in chunks unless told how long
// they are.
const ownLength = 2 << 10

// writeJSON writes a whole answer. Header and body leave in one write while they fit into
// the connection's buffer, since clients that see them in two packets lose 40 ms.
func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	if len(body) >= ownLength {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	if len(h["Cache-Control"]) == 0 {
		h["Cache-Control"] = noStore
	}
	w.WriteHeader(status)
	// A client that went away is not ours to report.
	_, _ = w.Write(body)
}

// appendText appends a JSON text.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			encoded, err := json.Marshal(text)
			if err != nil {
				return append(b, `""`...)
			}
			return append(b, encoded...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// appendBody appends a payload, null for none.
func appendBody(b, body []byte) []byte {
	if body == nil {
		return append(b, "null"...)
	}
	return append(b, body...)
}
