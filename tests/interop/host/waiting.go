package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// bell lets commands wait until state that its lock guards satisfies a condition.
type bell struct {
	sync.Mutex
	changed chan struct{}
}

// ring wakes every waiter; the caller holds the lock and has just changed the state.
func (b *bell) ring() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// await returns nil with the lock HELD once done() is true, or the context's error without it.
func (b *bell) await(ctx context.Context, done func() bool) error {
	b.Lock()
	for !done() {
		if b.changed == nil {
			b.changed = make(chan struct{})
		}
		changed := b.changed
		b.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
		b.Lock()
	}
	return nil
}

// milliseconds is the unit of every duration in answers.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// duration converts milliseconds of a command.
func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// withLimit bounds ctx by ms, or by otherwise if ms is 0.
func withLimit(ctx context.Context, ms float64, otherwise time.Duration) (context.Context, context.CancelFunc) {
	if ms > 0 {
		otherwise = duration(ms)
	}
	return context.WithTimeout(ctx, otherwise)
}

// pause sleeps for ms unless the context ends first.
func pause(ctx context.Context, ms float64) error {
	if ms <= 0 {
		return nil
	}
	timer := time.NewTimer(duration(ms))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gateKeeper makes gates by name at first use. A gate holds steps of streams, answers of servers
// and raw connections until a command opens it; it never closes again.
type gateKeeper struct {
	mu    sync.Mutex
	gates map[string]*gate
}

type gate struct {
	bell
	waiting int
	open    bool
}

func (k *gateKeeper) named(name string) *gate {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gates == nil {
		k.gates = map[string]*gate{}
	}
	if k.gates[name] == nil {
		k.gates[name] = &gate{}
	}
	return k.gates[name]
}

// pass waits at the gate called name; the empty name is no gate.
func (k *gateKeeper) pass(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	g := k.named(name)
	g.Lock()
	g.waiting++
	g.ring()
	g.Unlock()
	err := g.await(ctx, func() bool { return g.open })
	if err != nil {
		g.Lock()
	}
	g.waiting--
	g.Unlock()
	return err
}

type gateArgs struct {
	Name         string  `json:"name"`
	AwaitWaiting int     `json:"await_waiting"` // first wait until so many stand at the gate
	TimeoutMS    float64 `json:"timeout_ms"`
	Open         bool    `json:"open"`
}

// gate looks at a gate, waits for a number of waiters, opens it.
func (h *host) gate(ctx context.Context, args *gateArgs) (any, error) {
	if args.Name == "" {
		return nil, fmt.Errorf("gate needs a name")
	}
	ctx, cancel := withLimit(ctx, args.TimeoutMS, 10*time.Second)
	defer cancel()
	g := h.gates.named(args.Name)
	if err := g.await(ctx, func() bool { return g.waiting >= args.AwaitWaiting }); err != nil {
		g.Lock()
		defer g.Unlock()
		return nil, fmt.Errorf("gate %q has %d of %d waiters: %w", args.Name, g.waiting, args.AwaitWaiting, err)
	}
	defer g.Unlock()
	if args.Open {
		g.open = true
		g.ring()
	}
	return map[string]any{"waiting": g.waiting, "open": g.open}, nil
}
