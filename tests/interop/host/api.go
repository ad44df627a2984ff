package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// apiServer is a gRPC server for every method of the descriptor set, answering from a book and
// remembering what it saw.
type apiServer struct {
	host   *host
	book   answerBook
	log    requestLog
	server *grpc.Server
}

type serveArgs struct {
	Name           string                     `json:"name"`    // default "api"
	Address        string                     `json:"address"` // default a free port of 127.0.0.1; "unix:/path"
	Answers        map[string]json.RawMessage `json:"answers"`
	Default        string                     `json:"default"`          // methods without an answer: "empty" or "unimplemented"
	MaxReceiveSize int                        `json:"max_receive_size"` // bytes of one message, default unlimited
}

// serveAPI starts a server that plugins call; the script puts its address where the plugin looks.
func (h *host) serveAPI(_ context.Context, args *serveArgs) (any, error) {
	if args.Name == "" {
		args.Name = "api"
	}
	if args.Address == "" {
		args.Address = "127.0.0.1:0"
	}
	address, err := parseAddress(args.Address)
	if err != nil {
		return nil, err
	}
	api, err := h.newAPIServer(args.Answers, args.Default, args.MaxReceiveSize, nil)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen(address.Network(), address.String())
	if err != nil {
		return nil, err
	}
	if old, err := h.servers.get(args.Name); err == nil {
		old.stop()
	}
	h.servers.put(args.Name, api)
	go func() { _ = api.server.Serve(listener) }()
	return map[string]any{"name": args.Name, "network": listener.Addr().Network(), "address": listener.Addr().String()}, nil
}

// newAPIServer builds a server that is not listening yet; opts are those of the broker, if any.
func (h *host) newAPIServer(answers map[string]json.RawMessage, fallback string, limit int, opts []grpc.ServerOption) (*apiServer, error) {
	api := &apiServer{host: h, book: answerBook{byPath: map[string][]*answer{}}}
	if err := api.book.set(h, answers); err != nil {
		return nil, err
	}
	if err := api.book.setFallback(fallback); err != nil {
		return nil, err
	}
	if limit == 0 {
		limit = math.MaxInt32
	}
	api.server = grpc.NewServer(append(opts,
		grpc.UnknownServiceHandler(api.handle),
		grpc.MaxRecvMsgSize(limit),
		grpc.MaxSendMsgSize(math.MaxInt32),
	)...)
	return api, nil
}

// stop ends the server and its connections at once.
func (a *apiServer) stop() { a.server.Stop() }

// handle serves every call.
func (a *apiServer) handle(_ any, stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream)
	method, err := a.host.schema.method(path)
	if err != nil {
		return status.Error(codes.Unimplemented, err.Error())
	}
	entry := a.log.open(stream.Context(), path, method)
	err = a.converse(stream, method, entry)
	a.log.close(entry, status.Code(err))
	return err
}

// converse reads the request, or the requests, and answers. Only an echo of a bidirectional stream
// answers while it reads.
func (a *apiServer) converse(stream grpc.ServerStream, method protoreflect.MethodDescriptor, entry *apiRequest) error {
	chosen := a.book.next(method)
	var last []byte
	for {
		incoming := &frame{}
		err := stream.RecvMsg(incoming)
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		last = incoming.data
		a.log.message(entry, last)
		if !method.IsStreamingClient() {
			break
		}
		if chosen.Echo && method.IsStreamingServer() {
			if err := stream.SendMsg(&frame{data: last}); err != nil {
				return err
			}
		}
	}
	if chosen.Echo && method.IsStreamingClient() && method.IsStreamingServer() {
		return chosen.status
	}
	responses, err := chosen.respond(stream.Context(), a.host, last)
	for i := 0; err == nil && i < len(responses); i++ {
		if i > 0 {
			_ = pause(stream.Context(), chosen.EveryMS)
		}
		err = stream.SendMsg(&frame{data: responses[i]})
	}
	return err
}

// requestLog remembers the calls of a server.
type requestLog struct {
	bell
	entries []*apiRequest
	dropped int
}

// loggedRequests and loggedBytes bound the memory of a request log: calls, and bytes of one call.
const (
	loggedRequests = 50_000
	loggedBytes    = 1 << 20
)

type apiRequest struct {
	seq      int
	method   protoreflect.MethodDescriptor
	path     string
	at       time.Time
	metadata metadata.MD
	peer     string
	deadline float64 // milliseconds left on arrival, 0 = none
	messages [][]byte
	size     int
	count    int
	code     string // empty while it is served
}

func (l *requestLog) open(ctx context.Context, path string, method protoreflect.MethodDescriptor) *apiRequest {
	entry := &apiRequest{method: method, path: path, at: time.Now()}
	entry.metadata, _ = metadata.FromIncomingContext(ctx)
	if from, ok := peer.FromContext(ctx); ok {
		entry.peer = from.Addr.String()
	}
	if until, ok := ctx.Deadline(); ok {
		entry.deadline = milliseconds(time.Until(until))
	}
	l.Lock()
	defer l.Unlock()
	entry.seq = len(l.entries) + l.dropped + 1
	if len(l.entries) >= loggedRequests {
		l.dropped++
	} else {
		l.entries = append(l.entries, entry)
	}
	return entry
}

// message adds a request message; beyond the limit only its size counts.
func (l *requestLog) message(entry *apiRequest, data []byte) {
	l.Lock()
	defer l.Unlock()
	entry.count++
	entry.size += len(data)
	if entry.size <= loggedBytes {
		entry.messages = append(entry.messages, data)
	}
	l.ring()
}

func (l *requestLog) close(entry *apiRequest, code codes.Code) {
	l.Lock()
	defer l.Unlock()
	entry.code = codeName(code)
	l.ring()
}
