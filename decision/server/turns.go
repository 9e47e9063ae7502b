package server

import (
	"hash/maphash"
	"sync"
)

// turns are locks that requests of one visitor take when they come upon each other: one decides
// again after the other. Under an id that many visitors share, such as anonymous, they would all
// come first of each other again and again. Visitors may have a lock in common.
type turns struct {
	seed  maphash.Seed
	locks [256]sync.Mutex
}

// of returns the lock of a visitor.
func (t *turns) of(id string) *sync.Mutex {
	return &t.locks[maphash.String(t.seed, id)%uint64(len(t.locks))]
}
