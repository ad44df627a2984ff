package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// registry is a set of named things that commands refer to. Safe for concurrent use.
type registry[T any] struct {
	kind string
	mu   sync.Mutex
	byID map[string]T
}

func newRegistry[T any](kind string) *registry[T] {
	return &registry[T]{kind: kind, byID: map[string]T{}}
}

// put stores value under name, over an older one.
func (r *registry[T]) put(name string, value T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID[name] = value
}

// remove forgets name; an unknown name is no error.
func (r *registry[T]) remove(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, name)
}

// get returns the thing called name; the error lists the names that exist.
func (r *registry[T]) get(name string) (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, ok := r.byID[name]
	if !ok {
		known := slices.Sorted(maps.Keys(r.byID))
		return value, fmt.Errorf("no %s is called %q; known: [%s]", r.kind, name, strings.Join(known, ", "))
	}
	return value, nil
}

// all returns a copy of the things.
func (r *registry[T]) all() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.byID))
}
