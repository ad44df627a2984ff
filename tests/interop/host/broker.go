package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
)

type brokerArgs struct {
	Plugin   string                     `json:"plugin"` // default "plugin"
	Op       string                     `json:"op"`     // "dial", "accept" or "next_id"
	BrokerID uint32                     `json:"broker_id"`
	Name     string                     `json:"name"`    // dial: of the connection; accept: of the server
	Answers  map[string]json.RawMessage `json:"answers"` // accept: as in serve_api
	Default  string                     `json:"default"`
}

// broker uses go-plugin's broker of a plugin: dial a service that the plugin offers under an id, or
// offer one to it.
func (h *host) broker(ctx context.Context, args *brokerArgs) (any, error) {
	plugin, err := h.plugin(args.Plugin)
	if err != nil {
		return nil, err
	}
	if plugin.link == nil {
		return nil, fmt.Errorf("plugin %q is not connected", plugin.name)
	}
	switch args.Op {
	case "next_id":
		return map[string]any{"broker_id": plugin.link.broker.NextId()}, nil
	case "dial":
		return h.brokerDial(plugin, args)
	case "accept":
		return h.brokerAccept(ctx, plugin, args)
	}
	return nil, fmt.Errorf("broker op %q: use dial, accept or next_id", args.Op)
}

// brokerDial waits up to 5 s, as go-plugin does, for the plugin to announce the service.
func (h *host) brokerDial(plugin *pluginProcess, args *brokerArgs) (any, error) {
	if args.Name == "" || args.BrokerID == 0 {
		return nil, errors.New("broker dial needs broker_id and a name for the connection")
	}
	started := time.Now()
	conn, err := plugin.link.broker.Dial(args.BrokerID)
	if err != nil {
		return nil, fmt.Errorf("broker service %d: %w", args.BrokerID, err)
	}
	h.targets.put(args.Name, conn)
	return map[string]any{"name": args.Name, "took_ms": milliseconds(time.Since(started))}, nil
}

// brokerAccept serves under an id, a fresh one unless given, and returns when the plugin was told.
func (h *host) brokerAccept(ctx context.Context, plugin *pluginProcess, args *brokerArgs) (any, error) {
	if args.Name == "" {
		return nil, errors.New("broker accept needs a name for the server")
	}
	if args.BrokerID == 0 {
		args.BrokerID = plugin.link.broker.NextId()
	}
	ready := make(chan *apiServer, 1)
	ended := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		defer close(ended)
		plugin.link.broker.AcceptAndServe(args.BrokerID, func(opts []grpc.ServerOption) *grpc.Server {
			api, err := h.newAPIServer(args.Answers, args.Default, 0, opts)
			if err != nil {
				failed <- err
				return grpc.NewServer(opts...)
			}
			ready <- api
			return api.server
		})
	}()
	select {
	case api := <-ready:
		h.servers.put(args.Name, api)
		return map[string]any{"broker_id": args.BrokerID, "name": args.Name}, nil
	case err := <-failed:
		return nil, err
	case <-ended:
		return nil, errors.New("broker did not accept: go-plugin's reason is on the host's stderr")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
