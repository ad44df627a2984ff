package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/grpc/metadata"
)

type apiSetArgs struct {
	Name    string                     `json:"name"`
	Answers map[string]json.RawMessage `json:"answers"`
	Default string                     `json:"default"`
}

// apiSet changes the answers of a running server.
func (h *host) apiSet(_ context.Context, args *apiSetArgs) (any, error) {
	server, err := h.server(args.Name)
	if err != nil {
		return nil, err
	}
	if err := server.book.set(h, args.Answers); err != nil {
		return nil, err
	}
	return struct{}{}, server.book.setFallback(args.Default)
}

type apiStopArgs struct {
	Name string `json:"name"`
}

// apiStop ends a server: the API that goes away under a plugin.
func (h *host) apiStop(_ context.Context, args *apiStopArgs) (any, error) {
	server, err := h.server(args.Name)
	if err != nil {
		return nil, err
	}
	server.stop()
	return struct{}{}, nil
}

type apiLogArgs struct {
	Name      string  `json:"name"`
	Method    string  `json:"method"`   // only this method
	After     int     `json:"after"`    // requests with a higher seq
	AtLeast   int     `json:"at_least"` // wait until so many match
	Finished  bool    `json:"finished"` // only requests that have been answered
	TimeoutMS float64 `json:"timeout_ms"`
	Clear     bool    `json:"clear"` // forget what is known, after answering
}

type apiLogEntry struct {
	Seq        int               `json:"seq"`
	Method     string            `json:"method"`
	AtMS       float64           `json:"at_ms"` // Unix time at the host, milliseconds
	Request    json.RawMessage   `json:"request,omitempty"`
	RequestB64 []byte            `json:"request_b64,omitempty"`
	Requests   []json.RawMessage `json:"requests,omitempty"` // of a client stream
	Error      string            `json:"error,omitempty"`    // why the bytes are no such message
	Size       int               `json:"size"`
	Messages   int               `json:"messages"`
	Metadata   metadata.MD       `json:"metadata"`
	Peer       string            `json:"peer"`
	DeadlineMS float64           `json:"deadline_ms"` // time left on arrival, 0 = none
	Code       string            `json:"code"`        // how it was answered, empty = not yet
}

// apiLog returns the requests that a server has seen, and can wait for them.
func (h *host) apiLog(ctx context.Context, args *apiLogArgs) (any, error) {
	server, err := h.server(args.Name)
	if err != nil {
		return nil, err
	}
	path := ""
	if args.Method != "" {
		method, err := h.schema.method(args.Method)
		if err != nil {
			return nil, err
		}
		path = methodPath(method)
	}
	log := &server.log
	matching := func() []*apiRequest {
		var found []*apiRequest
		for _, entry := range log.entries {
			if entry.seq > args.After && (path == "" || entry.path == path) && (!args.Finished || entry.code != "") && (entry.count > 0 || entry.code != "") {
				found = append(found, entry)
			}
		}
		return found
	}
	ctx, cancel := withLimit(ctx, args.TimeoutMS, 10*time.Second)
	defer cancel()
	if err := log.await(ctx, func() bool { return args.AtLeast == 0 || len(matching()) >= args.AtLeast }); err != nil {
		log.Lock()
		defer log.Unlock()
		return nil, fmt.Errorf("%d of %d requests matched: %w", len(matching()), args.AtLeast, err)
	}
	defer log.Unlock()
	shown := []apiLogEntry{}
	for _, entry := range matching() {
		shown = append(shown, h.showRequest(entry))
	}
	result := map[string]any{"requests": shown, "last": len(log.entries) + log.dropped, "dropped": log.dropped}
	if args.Clear {
		log.dropped += len(log.entries)
		log.entries = nil
		result["dropped"] = 0
	}
	return result, nil
}

// showRequest decodes a remembered request; the caller holds the log.
func (h *host) showRequest(entry *apiRequest) apiLogEntry {
	shown := apiLogEntry{
		Seq: entry.seq, Method: entry.path, AtMS: float64(entry.at.UnixMicro()) / 1000, Size: entry.size, Messages: entry.count,
		Metadata: entry.metadata, Peer: entry.peer, DeadlineMS: entry.deadline, Code: entry.code,
	}
	for _, data := range entry.messages {
		message := h.describe(entry.method.Input(), data, "")
		shown.Error += message.ResponseError
		shown.Requests = append(shown.Requests, message.Response)
	}
	if !entry.method.IsStreamingClient() && len(entry.messages) == 1 {
		shown.Request, shown.RequestB64, shown.Requests = shown.Requests[0], entry.messages[0], nil
	}
	return shown
}

// server finds a server by name; the empty name is "api".
func (h *host) server(name string) (*apiServer, error) {
	if name == "" {
		name = "api"
	}
	return h.servers.get(name)
}
