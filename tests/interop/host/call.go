package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// rawLimit is the size above which an answer leaves out response_b64 unless it is asked for.
const rawLimit = 1 << 20

type callArgs struct {
	payload
	Target    string            `json:"target"` // connection, default "plugin"
	Method    string            `json:"method"`
	Metadata  map[string]string `json:"metadata"`
	TimeoutMS float64           `json:"timeout_ms"` // deadline on the wire, default 30 s, negative = none
	BodyPath  string            `json:"body_path"`  // bytes field of the response to sum instead of showing
	Raw       bool              `json:"raw"`        // response_b64 even if it is large
}

// received is a message in an answer.
type received struct {
	Response      json.RawMessage `json:"response,omitempty"`
	ResponseB64   []byte          `json:"response_b64,omitempty"`
	ResponseError string          `json:"response_error,omitempty"` // why the bytes are no such message
	Body          *digest         `json:"body,omitempty"`
	Size          int             `json:"size"`
}

type callResult struct {
	outcome
	received
	RequestBody *digest `json:"request_body,omitempty"`
	ElapsedMS   float64 `json:"elapsed_ms"`
}

// call makes one unary call.
func (h *host) call(ctx context.Context, args *callArgs) (any, error) {
	conn, method, err := h.route(args.Target, args.Method)
	if err != nil {
		return nil, err
	}
	if method.IsStreamingClient() || method.IsStreamingServer() {
		return nil, fmt.Errorf("%s streams: use the stream command", method.FullName())
	}
	request, sum, err := args.build(h.schema, method.Input())
	if err != nil {
		return nil, err
	}
	ctx, cancel := withDeadline(outgoing(ctx, args.Metadata), args.TimeoutMS)
	defer cancel()
	result := callResult{RequestBody: sum}
	response := &frame{}
	var header, trailer metadata.MD
	started := time.Now()
	err = invoke(ctx, conn, method, request, response, grpc.Header(&header), grpc.Trailer(&trailer))
	result.ElapsedMS = milliseconds(time.Since(started))
	result.outcome = outcomeOf(err, header, trailer)
	if err == nil {
		result.received = h.describe(method.Output(), response.data, args.BodyPath)
		if len(response.data) <= rawLimit || args.Raw {
			result.ResponseB64 = response.data
		}
	}
	return result, nil
}

// route finds the connection and the method of a call.
func (h *host) route(target, method string) (*grpc.ClientConn, protoreflect.MethodDescriptor, error) {
	if target == "" {
		target = "plugin"
	}
	conn, err := h.targets.get(target)
	if err != nil {
		return nil, nil, err
	}
	found, err := h.schema.method(method)
	return conn, found, err
}

// invoke makes a unary call with frames.
func invoke(ctx context.Context, conn *grpc.ClientConn, method protoreflect.MethodDescriptor, request []byte, response *frame, opts ...grpc.CallOption) error {
	return conn.Invoke(ctx, methodPath(method), &frame{data: request}, response, opts...)
}

// outgoing adds metadata to the context of a call.
func outgoing(ctx context.Context, pairs map[string]string) context.Context {
	return metadata.NewOutgoingContext(ctx, metadata.New(pairs))
}

// withDeadline sets the deadline that the peer sees: 30 s unless said otherwise, none if negative.
func withDeadline(ctx context.Context, ms float64) (context.Context, context.CancelFunc) {
	if ms < 0 {
		return context.WithCancel(ctx)
	}
	return withLimit(ctx, ms, 30*time.Second)
}

// describe shows the bytes of a message; a body at bodyPath is summed and taken out.
func (h *host) describe(of protoreflect.MessageDescriptor, data []byte, bodyPath string) received {
	result := received{Size: len(data)}
	message, err := h.schema.decode(of, data)
	if err == nil && bodyPath != "" {
		var path fieldPath
		if path, err = bytesPath(of, bodyPath); err == nil {
			var sum digester
			sum.add(path.get(message).Bytes())
			body := sum.result()
			result.Body = &body
			path.clear(message)
		}
	}
	if err == nil {
		result.Response, err = h.schema.json(message)
	}
	if err != nil {
		result.ResponseError = err.Error()
	}
	return result
}
