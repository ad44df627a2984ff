// Command plugin is a go-plugin on the real library, for tests of the Python host.
//
// It serves test.App: bytes in, bytes out, in wrapperspb.BytesValue.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type message = wrapperspb.BytesValue

type call func(ctx context.Context, request *message) (*message, error)

// app is the plugin, and its service.
type app struct {
	plugin.NetRPCUnsupportedPlugin
	log    hclog.Logger
	broker *plugin.GRPCBroker
}

func (a *app) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	a.broker = broker
	server.RegisterService(a.describe(), a)
	return nil
}

func (a *app) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func (a *app) describe() *grpc.ServiceDesc {
	methods := map[string]call{
		"Echo": a.echo, "Print": a.print, "Log": a.write, "Die": a.die, "Panic": a.panic,
		"Hang": a.hang, "Env": a.env, "Dial": a.dial, "Offer": a.offer,
	}
	made := &grpc.ServiceDesc{ServiceName: "test.App", HandlerType: (*any)(nil)}
	for name, function := range methods {
		made.Methods = append(made.Methods, grpc.MethodDesc{
			MethodName: name,
			Handler: func(_ any, ctx context.Context, decode func(any) error,
				_ grpc.UnaryServerInterceptor) (any, error) {
				request := new(message)
				if err := decode(request); err != nil {
					return nil, err
				}
				return function(ctx, request)
			},
		})
	}
	made.Streams = []grpc.StreamDesc{{
		StreamName: "Count", ServerStreams: true,
		Handler: func(_ any, stream grpc.ServerStream) error {
			for n := range 1000 {
				if err := stream.SendMsg(wrapperspb.Bytes([]byte(strconv.Itoa(n)))); err != nil {
					return err
				}
			}
			return nil
		},
	}}
	return made
}

func (a *app) echo(_ context.Context, request *message) (*message, error) { return request, nil }

func (a *app) env(_ context.Context, request *message) (*message, error) {
	return wrapperspb.Bytes([]byte(os.Getenv(string(request.Value)))), nil
}

// print writes to stdout and stderr as plugins do whose authors know nothing of the protocol.
func (a *app) print(_ context.Context, request *message) (*message, error) {
	fmt.Printf("out %s\n", request.Value)
	fmt.Fprintf(os.Stderr, "err %s\n", request.Value)
	return request, nil
}

func (a *app) write(_ context.Context, request *message) (*message, error) {
	a.log.Trace("traced", "n", 1)
	a.log.Warn(string(request.Value), "room", "r1", "n", 2)
	return request, nil
}

func (a *app) die(context.Context, *message) (*message, error) {
	os.Exit(3)
	return nil, nil
}

func (a *app) panic(context.Context, *message) (*message, error) {
	go panic("boom")
	time.Sleep(time.Minute)
	return nil, nil
}

func (a *app) hang(ctx context.Context, _ *message) (*message, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// dial calls a service of the host's: the request is the number and the method.
func (a *app) dial(ctx context.Context, request *message) (*message, error) {
	number, method, _ := strings.Cut(string(request.Value), " ")
	id, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return nil, err
	}
	connection, err := a.broker.Dial(uint32(id))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	answer := new(emptypb.Empty)
	if err := connection.Invoke(ctx, method, new(emptypb.Empty), answer); err != nil {
		return nil, err
	}
	data, err := proto.Marshal(answer)
	return wrapperspb.Bytes(data), err
}

// offer serves test.App on a connection of its own; the answer is its number.
func (a *app) offer(context.Context, *message) (*message, error) {
	id := a.broker.NextId()
	go a.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		server.RegisterService(a.describe(), a)
		return server
	})
	return wrapperspb.Bytes([]byte(strconv.FormatUint(uint64(id), 10))), nil
}

func main() {
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: os.Stderr, JSONFormat: true})
	served := plugin.PluginSet{"app": &app{log: log}}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 1, MagicCookieKey: "PLUGIN_COOKIE", MagicCookieValue: "sesame",
		},
		VersionedPlugins: map[int]plugin.PluginSet{4: served, 5: served},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(64<<20))...)
		},
	})
}
