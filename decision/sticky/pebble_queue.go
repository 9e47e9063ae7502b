package sticky

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"readout/decision"
)

// count counts the queue. Its numbers begin again when it was empty: they only order it.
func (s *Pebble) count() error {
	rows, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{keyQueue}, UpperBound: []byte{keyQueue + 1}})
	if err != nil {
		return err
	}
	for valid := rows.First(); valid; valid = rows.Next() {
		s.queued.Add(1)
		s.next.Store(binary.BigEndian.Uint64(rows.Key()[1:]) + 1)
	}
	return rows.Close()
}

// Batch implements [decision.Store].
func (s *Pebble) Batch(_ context.Context, limit int) (string, []decision.Exposure, error) {
	s.batch.Lock()
	defer s.batch.Unlock()
	b, err := s.underWay()
	if err == nil && b.name == "" {
		b, err = s.begin(limit)
	}
	if err != nil || b.name == "" {
		return "", nil, readError(err)
	}
	rows, err := s.rows(b.from, b.to, -1, -1)
	if err != nil {
		return "", nil, readError(err)
	}
	out := make([]decision.Exposure, len(rows))
	for i, r := range rows {
		if out[i], err = parseRow(r.value); err != nil {
			return "", nil, readError(err)
		}
	}
	return b.name, out, nil
}

// A pebbleBatch is the exposures with numbers from from to below to.
type pebbleBatch struct {
	from, to uint64
	name     string // empty for no batch
}

// underWay returns the batch that was begun and is not done.
func (s *Pebble) underWay() (pebbleBatch, error) {
	stored, err := s.get([]byte{keyBatch})
	switch {
	case err != nil || stored == nil:
		return pebbleBatch{}, err
	case len(stored) <= 16:
		return pebbleBatch{}, errRow
	}
	return pebbleBatch{binary.BigEndian.Uint64(stored), binary.BigEndian.Uint64(stored[8:]), string(stored[16:])}, nil
}

// begin begins a batch, unless the queue is empty.
func (s *Pebble) begin(limit int) (pebbleBatch, error) {
	// Numbers below end are all written, or never will be.
	s.commits.Lock()
	end := s.next.Load()
	s.commits.Unlock()
	rows, err := s.rows(0, end, limit, maxBatchBytes)
	if err != nil || len(rows) == 0 {
		return pebbleBatch{}, err
	}
	b := pebbleBatch{rows[0].number, rows[len(rows)-1].number + 1, newBatchName()}
	value := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, b.from), b.to)
	return b, s.db.Set([]byte{keyBatch}, append(value, b.name...), pebble.Sync)
}

type queuedRow struct {
	number uint64
	value  []byte
}

// rows returns the queued exposures with numbers from from to below to, at most limit and none
// beyond the one with which they have that many bytes. Below 0 neither is a limit.
func (s *Pebble) rows(from, to uint64, limit, bytes int) (out []queuedRow, err error) {
	rows, err := s.db.NewIter(&pebble.IterOptions{LowerBound: queueKey(from), UpperBound: queueKey(to)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	size := 0
	for valid := rows.First(); valid && len(out) != limit && (bytes < 0 || size < bytes); valid = rows.Next() {
		out = append(out, queuedRow{binary.BigEndian.Uint64(rows.Key()[1:]), append([]byte(nil), rows.Value()...)})
		size += len(rows.Value())
	}
	return out, nil
}

// Done implements [decision.Store].
func (s *Pebble) Done(_ context.Context, name string) error {
	s.batch.Lock()
	defer s.batch.Unlock()
	b, err := s.underWay()
	if err != nil {
		return readError(err)
	}
	if b.name != name || name == "" {
		return notUnderWay(name)
	}
	rows, err := s.rows(b.from, b.to, -1, -1)
	if err != nil {
		return readError(err)
	}
	batch := s.db.NewBatch()
	defer batch.Close()
	err = errors.Join(batch.DeleteRange(queueKey(b.from), queueKey(b.to), nil), batch.Delete([]byte{keyBatch}, nil))
	if err == nil {
		err = batch.Commit(pebble.Sync)
	}
	if err != nil {
		return fmt.Errorf("write decision store: %w", err)
	}
	s.queued.Add(-int64(len(rows)))
	return nil
}

// Queued implements [decision.Store].
func (s *Pebble) Queued(context.Context) (int, error) { return int(s.queued.Load()), nil }

func queueKey(number uint64) []byte { return binary.BigEndian.AppendUint64([]byte{keyQueue}, number) }
