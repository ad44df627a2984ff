package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// endpoint says where a connection of a test's own goes: to a plugin's address or anywhere else.
type endpoint struct {
	Plugin  string   `json:"plugin"`  // a started plugin, or
	Address string   `json:"address"` // "127.0.0.1:5000", "unix:/path"
	TLS     *tlsSpec `json:"tls"`     // absent = plaintext
}

// resolve returns the address and, if asked for, the TLS client.
func (e endpoint) resolve(h *host) (net.Addr, *tls.Config, error) {
	if (e.Plugin == "") == (e.Address == "") {
		return nil, nil, fmt.Errorf("give either plugin or address")
	}
	var plugin *pluginProcess
	var address net.Addr
	var err error
	if e.Plugin != "" {
		if plugin, err = h.plugins.get(e.Plugin); err != nil {
			return nil, nil, err
		}
		if address = plugin.address; address == nil {
			return nil, nil, fmt.Errorf("plugin %q has no address: it did not start", e.Plugin)
		}
	} else if address, err = parseAddress(e.Address); err != nil {
		return nil, nil, err
	}
	if e.TLS == nil {
		return address, nil, nil
	}
	config, err := e.TLS.config(plugin)
	return address, config, err
}

type dialArgs struct {
	endpoint
	Name      string  `json:"name"`       // of the connection
	ConnectMS float64 `json:"connect_ms"` // wait so long for the connection to be ready; 0 = do not connect yet
}

// dial makes a further connection: a second client of a plugin, or any other gRPC server.
func (h *host) dial(ctx context.Context, args *dialArgs) (any, error) {
	if args.Name == "" {
		return nil, fmt.Errorf("dial needs a name for the connection")
	}
	address, config, err := args.resolve(h)
	if err != nil {
		return nil, err
	}
	conn, err := dialAddress(address, config)
	if err != nil {
		return nil, err
	}
	if old, err := h.targets.get(args.Name); err == nil {
		_ = old.Close()
	}
	h.targets.put(args.Name, conn)
	started := time.Now()
	if args.ConnectMS > 0 {
		ctx, cancel := context.WithTimeout(ctx, duration(args.ConnectMS))
		defer cancel()
		conn.Connect()
		for state := conn.GetState(); state.String() != "READY"; state = conn.GetState() {
			if !conn.WaitForStateChange(ctx, state) {
				return nil, fmt.Errorf("connection to %s is %s", address, state)
			}
		}
	}
	return map[string]any{"name": args.Name, "address": address.String(), "took_ms": milliseconds(time.Since(started))}, nil
}

// dialAddress opens a connection without limits on the size of messages, as go-plugin's are.
func dialAddress(address net.Addr, config *tls.Config) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if config != nil {
		transport = credentials.NewTLS(config)
	}
	return grpc.NewClient("passthrough:///localhost",
		grpc.WithTransportCredentials(transport),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, address.Network(), address.String())
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)),
	)
}
