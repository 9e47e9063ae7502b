package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"readout/analysis"
)

// escapedReplacement is how the stored form holds the replacement character.
const escapedReplacement = `\ufffd`

// maxJSON is the size in bytes beyond which readJSON refuses, far above any scorecard.
const maxJSON = 256 << 20

// writeJSON writes every scorecard as an indented JSON document that ends in a newline. A
// document is the stored form of a scorecard; several follow one another. Characters that
// do not print are escaped, so that a terminal may show it.
func writeJSON(w io.Writer, cards []analysis.Scorecard) error {
	for i := range cards {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(&cards[i]); err != nil {
			return fmt.Errorf("write scorecard of %s as JSON: %w", strconv.Quote(cards[i].Experiment), err)
		}
		if _, err := w.Write(escapeJSON(b.Bytes())); err != nil {
			return err
		}
	}
	return nil
}

// escapeJSON writes what does not print beyond ASCII as \u escapes. It can only stand
// inside of strings, and encoding/json has escaped what does not print in ASCII, but for
// the character DEL. The replacement character is escaped too, as encoding/json does where
// it puts one for a byte that is not UTF-8.
func escapeJSON(document []byte) []byte {
	var out []byte
	plain := 0 // from where on nothing is escaped so far
	for i := 0; i < len(document); {
		if document[i] < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(document[i:])
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			out = append(out, document[plain:i]...)
			plain = i + size
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
		i += size
	}
	return append(out, document[plain:]...)
}

// readJSON reads the scorecards that writeJSON has written. It refuses another schema
// version, unknown fields, a scorecard without experiment or with a date that is none, and
// anything behind the last document that is not one.
func readJSON(r io.Reader) ([]analysis.Scorecard, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
	if err != nil {
		return nil, fmt.Errorf("read scorecards: %w", err)
	}
	if len(data) > maxJSON {
		return nil, fmt.Errorf("read scorecards: more than %d bytes", maxJSON)
	}
	documents := json.NewDecoder(bytes.NewReader(data))
	documents.DisallowUnknownFields()
	for cards := []analysis.Scorecard(nil); ; {
		document := data[documents.InputOffset():]
		var card analysis.Scorecard
		err := documents.Decode(&card)
		if errors.Is(err, io.EOF) {
			return cards, nil
		}
		if err == nil {
			err = checkCard(&card)
		}
		if err != nil {
			return nil, fmt.Errorf("read scorecard %d: %w", len(cards)+1, explain(document, err))
		}
		cards = append(cards, card)
	}
}

// checkCard says what keeps a document from being a scorecard of this version.
func checkCard(card *analysis.Scorecard) error {
	if card.Schema != analysis.SchemaVersion {
		return fmt.Errorf("schema version %d, this program reads %d: run the day again", card.Schema, analysis.SchemaVersion)
	}
	if card.Experiment == "" {
		return errors.New("no experiment")
	}
	if _, err := time.Parse(time.DateOnly, card.Date); err != nil {
		return fmt.Errorf("date %q: want YYYY-MM-DD", card.Date)
	}
	return nil
}

// explain returns what is wrong with the document that data begin with, which failed by err. The
// version comes first: the fields of another one say nothing about what is wrong.
func explain(data []byte, err error) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	var document json.RawMessage
	if err := decoder.Decode(&document); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	var version struct {
		Schema *int `json:"schema"`
	}
	switch wrong := json.Unmarshal(document, &version); {
	case wrong != nil:
		return wrong
	case version.Schema == nil:
		return errors.New("no schema version: this is not a scorecard")
	case *version.Schema != analysis.SchemaVersion:
		return checkCard(&analysis.Scorecard{Schema: *version.Schema})
	}
	return err
}
