package main

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"
)

type streamArgs struct {
	Target        string            `json:"target"`
	Method        string            `json:"method"`
	Metadata      map[string]string `json:"metadata"`
	TimeoutMS     float64           `json:"timeout_ms"`      // deadline on the wire, default 30 s, negative = none
	CancelAfterMS float64           `json:"cancel_after_ms"` // the client goes away
	Sends         []sendStep        `json:"sends"`
	KeepOpen      bool              `json:"keep_open"` // no half close after the last step
	Read          readRules         `json:"read"`
}

// streamRun is one stream while it runs. bell guards sent, received and count.
type streamRun struct {
	bell
	host     *host
	method   protoreflect.MethodDescriptor
	stream   grpc.ClientStream
	cancel   context.CancelFunc
	started  time.Time
	sent     sendReport
	sentBody digester // of the sending goroutine until it has ended
	received []streamMessage
	count    int
	size     int64
	body     digester

	abandoned bool // the reader stopped before the status came
}

type sendReport struct {
	Messages     int     `json:"messages"`
	Bytes        int64   `json:"bytes"`
	Body         digest  `json:"body"`           // of the generated bodies
	LongestMS    float64 `json:"longest_ms"`     // longest single send: backpressure of the peer
	HalfClosedMS float64 `json:"half_closed_ms"` // since the start; 0 = not
	EndedMS      float64 `json:"ended_ms"`       // since the start
	Error        string  `json:"error"`          // why the steps stopped early
}

type streamMessage struct {
	received
	AtMS         float64 `json:"at_ms"`         // since the start of the stream
	SentMessages int     `json:"sent_messages"` // what had been sent when this arrived
	SentBytes    int64   `json:"sent_bytes"`
}

type streamResult struct {
	outcome
	EndedMS       float64         `json:"ended_ms"` // when the status was known
	Sent          sendReport      `json:"sent"`
	Received      []streamMessage `json:"received"`
	ReceivedCount int             `json:"received_count"`
	ReceivedBytes int64           `json:"received_bytes"`
	Body          digest          `json:"body"` // of read.body_path over all messages
}

// stream runs one stream of any kind: the steps send, the rules read, both at the same time.
func (h *host) stream(ctx context.Context, args *streamArgs) (any, error) {
	conn, method, err := h.route(args.Target, args.Method)
	if err != nil {
		return nil, err
	}
	plan, err := h.planSends(method, args.Sends)
	if err != nil {
		return nil, err
	}
	if err := args.Read.check(method.Output()); err != nil {
		return nil, err
	}
	ctx, cancel := withDeadline(outgoing(ctx, args.Metadata), args.TimeoutMS)
	defer cancel()
	run := &streamRun{host: h, method: method, cancel: cancel, started: time.Now(), received: []streamMessage{}}
	if args.CancelAfterMS > 0 {
		defer time.AfterFunc(duration(args.CancelAfterMS), cancel).Stop()
	}
	kind := &grpc.StreamDesc{ServerStreams: method.IsStreamingServer(), ClientStreams: method.IsStreamingClient()}
	run.stream, err = conn.NewStream(ctx, kind, methodPath(method))
	if err != nil {
		return run.result(outcomeOf(err, nil, nil), time.Since(run.started)), nil
	}
	sending := make(chan struct{})
	go func() {
		defer close(sending)
		run.send(ctx, plan, args.KeepOpen)
	}()
	err = run.read(ctx, &args.Read, sending)
	ended := time.Since(run.started)
	cancel()
	<-sending
	header, _ := run.stream.Header()
	var trailer metadata.MD
	if !run.abandoned {
		trailer = run.stream.Trailer()
	}
	return run.result(outcomeOf(err, header, trailer), ended), nil
}

// result sums up after both sides have ended.
func (r *streamRun) result(end outcome, ended time.Duration) *streamResult {
	r.sent.Body = r.sentBody.result()
	return &streamResult{
		outcome: end, EndedMS: milliseconds(ended), Sent: r.sent, Received: r.received,
		ReceivedCount: r.count, ReceivedBytes: r.size, Body: r.body.result(),
	}
}
