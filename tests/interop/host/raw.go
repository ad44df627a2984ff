package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"
)

// rawArgs open plain connections, or bare TLS ones, to play a hostile peer.
type rawArgs struct {
	endpoint
	Connections    int       `json:"connections"` // default 1, all run the same steps at the same time
	Steps          []rawStep `json:"steps"`
	WriteTimeoutMS float64   `json:"write_timeout_ms"` // of each write, default 5 s
}

// rawStep does what its fields say, in this order.
type rawStep struct {
	DelayMS   float64    `json:"delay_ms"`
	Gate      string     `json:"gate"`
	SendB64   []byte     `json:"send_b64"`
	Random    int64      `json:"random"` // so many random bytes
	Seed      uint64     `json:"seed"`
	H2Start   *h2Start   `json:"h2_start"`
	H2Streams *h2Streams `json:"h2_streams"`
	ReadMS    float64    `json:"read_ms"` // read and drop for so long, or until the peer closes
}

type rawResult struct {
	Connections  int            `json:"connections"`
	Connected    int            `json:"connected"` // TLS handshake included
	ClosedByPeer int            `json:"closed_by_peer"`
	Written      int64          `json:"written"`
	Read         int64          `json:"read"`
	FirstB64     []byte         `json:"first_b64"` // the first bytes that one connection read
	Errors       map[string]int `json:"errors"`
	ElapsedMS    float64        `json:"elapsed_ms"`

	mu sync.Mutex
}

// raw opens the connections, runs the steps on each and closes them.
func (h *host) raw(ctx context.Context, args *rawArgs) (any, error) {
	address, config, err := args.resolve(h)
	if err != nil {
		return nil, err
	}
	result := &rawResult{Connections: max(args.Connections, 1), Errors: map[string]int{}}
	started := time.Now()
	var group sync.WaitGroup
	for i := range result.Connections {
		group.Go(func() {
			peer := &rawPeer{host: h, args: args, number: uint64(i)}
			peer.run(ctx, address, config)
			result.add(peer)
		})
	}
	group.Wait()
	result.ElapsedMS = milliseconds(time.Since(started))
	return result, nil
}

func (r *rawResult) add(peer *rawPeer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Written += peer.written
	r.Read += peer.read
	if peer.conn != nil {
		r.Connected++
	}
	if peer.closed {
		r.ClosedByPeer++
	}
	if peer.err != nil {
		r.Errors[peer.err.Error()]++
	}
	if r.FirstB64 == nil {
		r.FirstB64 = peer.first
	}
}

// rawPeer is one connection.
type rawPeer struct {
	host    *host
	args    *rawArgs
	number  uint64
	conn    net.Conn
	frames  *h2Writer
	written int64
	read    int64
	first   []byte
	closed  bool
	err     error
}

func (p *rawPeer) run(ctx context.Context, address net.Addr, config *tls.Config) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, address.Network(), address.String())
	if err != nil {
		p.err = err
		return
	}
	defer conn.Close()
	if config != nil {
		secured := tls.Client(conn, config)
		if p.err = secured.HandshakeContext(ctx); p.err != nil {
			return
		}
		conn = secured
	}
	p.conn = conn
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	for i, step := range p.args.Steps {
		err := p.step(ctx, step)
		if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
			p.closed = true
			return
		}
		if err != nil {
			p.err = fmt.Errorf("steps[%d]: %w", i, bareError(err))
			return
		}
	}
}

// bareError drops addresses from network errors, so that equal failures are counted together.
func bareError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

func (p *rawPeer) step(ctx context.Context, step rawStep) error {
	if err := pause(ctx, step.DelayMS); err != nil {
		return err
	}
	if err := p.host.gates.pass(ctx, step.Gate); err != nil {
		return err
	}
	if len(step.SendB64) > 0 {
		if _, err := p.Write(step.SendB64); err != nil {
			return err
		}
	}
	if step.Random > 0 {
		if err := p.noise(step); err != nil {
			return err
		}
	}
	if step.H2Start != nil {
		p.frames = newH2Writer(p)
		if err := p.frames.start(step.H2Start); err != nil {
			return err
		}
	}
	if step.H2Streams != nil {
		if p.frames == nil {
			return errors.New("h2_streams needs h2_start before it")
		}
		if err := p.frames.open(step.H2Streams); err != nil {
			return err
		}
	}
	if step.ReadMS > 0 {
		return p.drain(step.ReadMS)
	}
	return nil
}

// Write sends within the time limit; it makes the peer an io.Writer for HTTP/2 frames.
func (p *rawPeer) Write(data []byte) (int, error) {
	limit := p.args.WriteTimeoutMS
	if limit == 0 {
		limit = 5000
	}
	_ = p.conn.SetWriteDeadline(time.Now().Add(duration(limit)))
	n, err := p.conn.Write(data)
	p.written += int64(n)
	return n, err
}

// noise sends random bytes, different on each connection.
func (p *rawPeer) noise(step rawStep) error {
	source := rand.New(rand.NewPCG(step.Seed, p.number))
	buffer := make([]byte, 64<<10)
	for left := step.Random; left > 0; {
		chunk := buffer[:min(left, int64(len(buffer)))]
		for i := range chunk {
			chunk[i] = byte(source.Uint32())
		}
		if _, err := p.Write(chunk); err != nil {
			return err
		}
		left -= int64(len(chunk))
	}
	return nil
}

// drain reads until the time is over or the peer closes; an alert of TLS is a close and an error.
func (p *rawPeer) drain(ms float64) error {
	_ = p.conn.SetReadDeadline(time.Now().Add(duration(ms)))
	buffer := make([]byte, 64<<10)
	for {
		n, err := p.conn.Read(buffer)
		p.read += int64(n)
		if missing := 256 - len(p.first); n > 0 && missing > 0 {
			p.first = append(p.first, buffer[:min(n, missing)]...)
		}
		var timeout net.Error
		switch {
		case err == nil:
		case errors.As(err, &timeout) && timeout.Timeout():
			return nil
		case errors.Is(err, io.EOF):
			p.closed = true
			return nil
		default:
			p.closed = true
			return err
		}
	}
}
