package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// readRules say how the receiving side behaves. The zero value reads to the end and keeps up to
// 10,000 messages as JSON.
type readRules struct {
	Keep        string  `json:"keep"`         // "json" (default), "raw" (JSON and bytes), "sizes" or "none"
	BodyPath    string  `json:"body_path"`    // bytes field to sum over all messages instead of showing
	Limit       int     `json:"limit"`        // keep at most so many messages
	StopAfter   *int    `json:"stop_after"`   // then never read again, until the steps have ended
	CancelAfter *int    `json:"cancel_after"` // then the client goes away
	PauseAfter  int     `json:"pause_after"`  // then wait for pause_ms or pause_gate, once
	PauseMS     float64 `json:"pause_ms"`
	PauseGate   string  `json:"pause_gate"`
	EachMS      float64 `json:"each_ms"` // pause before every read: a slow client

	path fieldPath
}

// check resolves the rules against the message that will come.
func (rules *readRules) check(of protoreflect.MessageDescriptor) error {
	switch rules.Keep {
	case "":
		rules.Keep = "json"
	case "json", "raw", "sizes", "none":
	default:
		return fmt.Errorf("read.keep %q: use json, raw, sizes or none", rules.Keep)
	}
	if rules.Limit == 0 {
		rules.Limit = 10000
	}
	if rules.BodyPath == "" {
		return nil
	}
	var err error
	rules.path, err = bytesPath(of, rules.BodyPath)
	return err
}

// read receives until the stream ends; the result is nil for OK, else the status.
func (r *streamRun) read(ctx context.Context, rules *readRules, sending <-chan struct{}) error {
	for count := 0; ; count++ {
		if rules.CancelAfter != nil && count == *rules.CancelAfter {
			r.cancel()
		}
		if rules.StopAfter != nil && count == *rules.StopAfter {
			return r.abandon(ctx, sending)
		}
		r.hold(ctx, rules, count)
		incoming := &frame{}
		if err := r.stream.RecvMsg(incoming); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		r.accept(incoming.data, rules)
		if !r.method.IsStreamingServer() {
			return nil
		}
	}
}

// abandon leaves the stream unread while the steps go on, then cancels it.
func (r *streamRun) abandon(ctx context.Context, sending <-chan struct{}) error {
	r.abandoned = true
	<-sending
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	return status.FromContextError(context.Canceled).Err()
}

// hold makes the reader wait; the end of the context shows up in the read that follows.
func (r *streamRun) hold(ctx context.Context, rules *readRules, count int) {
	_ = pause(ctx, rules.EachMS)
	if count == rules.PauseAfter {
		_ = pause(ctx, rules.PauseMS)
		_ = r.host.gates.pass(ctx, rules.PauseGate)
	}
}

// accept records one message.
func (r *streamRun) accept(data []byte, rules *readRules) {
	at := milliseconds(time.Since(r.started))
	entry := streamMessage{received: received{Size: len(data)}, AtMS: at}
	if rules.Keep == "json" || rules.Keep == "raw" {
		entry.received = r.host.describe(r.method.Output(), data, rules.BodyPath)
	}
	if rules.Keep == "raw" {
		entry.ResponseB64 = data
	}
	var body []byte
	if rules.path != nil {
		if message, err := r.host.schema.decode(r.method.Output(), data); err == nil {
			body = rules.path.get(message).Bytes()
		}
	}
	r.Lock()
	defer r.Unlock()
	entry.SentMessages, entry.SentBytes = r.sent.Messages, r.sent.Bytes
	r.body.add(body)
	r.count++
	r.size += int64(len(data))
	if rules.Keep != "none" && len(r.received) < rules.Limit {
		r.received = append(r.received, entry)
	}
	r.ring()
}
