package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// stopLimit bounds the whole shutdown; a graceful stop of one plugin takes at most about 2 s.
const stopLimit = 10 * time.Second

// host holds everything that commands share: connections, plugins, servers, gates.
type host struct {
	ctx     context.Context
	cancel  context.CancelFunc
	schema  *schema
	out     *lineWriter
	targets *registry[*grpc.ClientConn] // named connections that call, stream and load use
	plugins *registry[*pluginProcess]   // plugins, running or ended
	servers *registry[*apiServer]       // gRPC servers that answer plugins
	running *registry[context.CancelFunc]
	gates   gateKeeper
	quit    chan struct{}
	quitOne sync.Once
}

func newHost(ctx context.Context, schema *schema, out io.Writer) *host {
	ctx, cancel := context.WithCancel(ctx)
	return &host{
		ctx:     ctx,
		cancel:  cancel,
		schema:  schema,
		out:     &lineWriter{out: out},
		targets: newRegistry[*grpc.ClientConn]("connection"),
		plugins: newRegistry[*pluginProcess]("plugin"),
		servers: newRegistry[*apiServer]("server"),
		running: newRegistry[context.CancelFunc]("running command"),
		quit:    make(chan struct{}),
	}
}

// announce writes the first line, which tells the driver that commands are read.
func (h *host) announce() {
	_ = h.out.write(map[string]any{"event": "ready", "pid": os.Getpid(), "versions": versions()})
}

// versions maps the modules that decide the behaviour on the wire to their versions.
func versions() map[string]string {
	found := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return found
	}
	found["go"] = info.GoVersion
	for _, module := range info.Deps {
		switch module.Path {
		case "github.com/hashicorp/go-plugin", "google.golang.org/grpc", "google.golang.org/protobuf":
			found[module.Path] = module.Version
		}
	}
	return found
}

// shutdown cancels what runs, stops servers and kills every plugin that still lives.
func (h *host) shutdown() {
	h.cancel()
	var group sync.WaitGroup
	for _, plugin := range h.plugins.all() {
		group.Go(func() { plugin.kill(h.cancelledAfter(stopLimit)) })
	}
	group.Wait()
	for _, server := range h.servers.all() {
		server.stop()
	}
}

// cancelledAfter is a context that outlives the host's own, for the work of shutting down.
func (h *host) cancelledAfter(limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), limit)
	context.AfterFunc(ctx, cancel)
	return ctx
}

type infoArgs struct{}

// info answers who this host is and what it can call.
func (h *host) info(_ context.Context, _ *infoArgs) (any, error) {
	return map[string]any{"pid": os.Getpid(), "versions": versions(), "methods": h.schema.methods()}, nil
}

type exitArgs struct{}

// exit ends the process after its own answer is written.
func (h *host) exit(_ context.Context, _ *exitArgs) (any, error) {
	return struct{}{}, nil
}

type cancelArgs struct {
	Request string `json:"request"` // id of the command to cancel, as the driver wrote it
}

// cancelCommand cancels a running command: a client that goes away in the middle of a call.
func (h *host) cancelCommand(_ context.Context, args *cancelArgs) (any, error) {
	cancel, err := h.running.get(args.Request)
	if err != nil {
		return nil, err
	}
	cancel()
	return struct{}{}, nil
}
