// The service of `peer.proto`.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/dynamicpb"
)

type service struct {
	schema
	ended atomic.Int32
}

// gone counts a call whose caller left.
func (s *service) gone(err error) error {
	s.ended.Add(1)
	return err
}

func (s *service) fail(wanted *dynamicpb.Message) error {
	return status.Error(codes.Code(number(wanted, "code")), value(wanted, "message").String())
}

func (s *service) wait(ctx context.Context, request *dynamicpb.Message) (any, error) {
	select {
	case <-ctx.Done():
		return nil, s.gone(ctx.Err())
	case <-time.After(time.Duration(number(request, "milliseconds")) * time.Millisecond):
		return s.message("Payload"), nil
	}
}

func (s *service) download(stream grpc.ServerStream) error {
	order := s.message("Order")
	if err := stream.RecvMsg(order); err != nil {
		return err
	}
	payload := s.payload(make([]byte, number(order, "size")))
	count := number(order, "count")
	for sent := 0; count == 0 || sent < count; sent++ {
		if err := stream.SendMsg(payload); err != nil {
			return s.gone(err)
		}
	}
	end, _ := value(order, "end").Message().Interface().(*dynamicpb.Message)
	if end == nil || number(end, "code") == 0 {
		return nil
	}
	return s.fail(end)
}

// each hands over what comes in until the caller has no more.
func (s *service) each(stream grpc.ServerStream, use func(*dynamicpb.Message) error) error {
	for {
		payload := s.message("Payload")
		if err := stream.RecvMsg(payload); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return s.gone(err)
		}
		if err := use(payload); err != nil {
			return err
		}
	}
}

func (s *service) upload(stream grpc.ServerStream) error {
	count, sum := 0, 0
	err := s.each(stream, func(payload *dynamicpb.Message) error {
		count, sum = count+1, sum+size(payload)
		return nil
	})
	if err != nil {
		return err
	}
	return stream.SendMsg(s.of("Sum", map[string]any{"count": count, "size": sum}))
}

func (s *service) chat(stream grpc.ServerStream) error {
	return s.each(stream, func(payload *dynamicpb.Message) error { return stream.SendMsg(payload) })
}

// unary makes a method of `answer`, whose requests are messages called `request`.
func (s *service) unary(name, request string, answer func(context.Context, *dynamicpb.Message) (any, error)) grpc.MethodDesc {
	handler := func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		message := s.message(request)
		if err := decode(message); err != nil {
			return nil, err
		}
		return answer(ctx, message)
	}
	return grpc.MethodDesc{MethodName: name, Handler: handler}
}

func (s *service) description() *grpc.ServiceDesc {
	echo := func(_ context.Context, request *dynamicpb.Message) (any, error) { return request, nil }
	fail := func(_ context.Context, request *dynamicpb.Message) (any, error) { return nil, s.fail(request) }
	ended := func(context.Context, *dynamicpb.Message) (any, error) {
		return s.of("Sum", map[string]any{"count": s.ended.Load()}), nil
	}
	stream := func(name string, handle func(grpc.ServerStream) error) grpc.StreamDesc {
		handler := func(_ any, stream grpc.ServerStream) error { return handle(stream) }
		return grpc.StreamDesc{StreamName: name, Handler: handler, ServerStreams: true, ClientStreams: true}
	}
	return &grpc.ServiceDesc{
		ServiceName: "peer.v1.Peer",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			s.unary("Echo", "Payload", echo),
			s.unary("Fail", "Status", fail),
			s.unary("Wait", "Duration", s.wait),
			s.unary("Ended", "Nothing", ended),
		},
		Streams: []grpc.StreamDesc{
			stream("Download", s.download), stream("Upload", s.upload), stream("Chat", s.chat),
		},
	}
}

func serve(loaded schema, address string) error {
	network := "tcp"
	path, isUnix := strings.CutPrefix(address, "unix:")
	if isUnix {
		network, address = "unix", path
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(largest), grpc.MaxSendMsgSize(largest))
	server.RegisterService((&service{schema: loaded}).description(), nil)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	if isUnix {
		fmt.Println("unix:" + path)
	} else {
		fmt.Println(listener.Addr())
	}
	return server.Serve(listener)
}
