// The calls that a client makes, and what came of each.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	big  = 16 << 20
	many = 1000
)

type outcome = map[string]any

type client struct {
	schema
	connection *grpc.ClientConn
}

func call(loaded schema, address string, left int) error {
	limits := grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largest), grpc.MaxCallSendMsgSize(largest))
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), limits)
	if err != nil {
		return err
	}
	defer connection.Close()
	text, err := json.Marshal(client{loaded, connection}.all(context.Background(), left))
	if err == nil {
		fmt.Println(string(text))
	}
	return err
}

func (c client) all(ctx context.Context, left int) outcome {
	return outcome{
		"echo":           c.echo(ctx, 5),
		"empty":          c.echo(ctx, 0),
		"big":            c.echo(ctx, big),
		"status":         c.unary(ctx, "Fail", c.of("Status", outcome{"code": 5, "message": "gone: ü 100 %\n"}), c.message("Payload")),
		"missing":        coded(c.unary(ctx, "Missing", c.message("Nothing"), c.message("Nothing"))),
		"deadline":       c.deadline(ctx),
		"cancel":         c.cancel(ctx),
		"download":       c.download(ctx, outcome{"count": many, "size": 4096}),
		"download fails": c.download(ctx, outcome{"count": many, "size": 4096, "end": outcome{"code": 5, "message": "no more"}}),
		"download left":  c.leave(ctx),
		"upload":         c.upload(ctx),
		"chat":           c.chat(ctx),
		"at once":        c.atOnce(ctx),
		"given up":       c.givenUp(ctx, left),
	}
}

func failed(err error) outcome {
	return outcome{"code": status.Code(err), "message": status.Convert(err).Message()}
}

func coded(found outcome) outcome { return outcome{"code": found["code"]} }

func (c client) unary(ctx context.Context, method string, request, answer *dynamicpb.Message) outcome {
	if err := c.connection.Invoke(ctx, "/peer.v1.Peer/"+method, request, answer); err != nil {
		return failed(err)
	}
	return outcome{}
}

func (c client) stream(ctx context.Context, method string) grpc.ClientStream {
	description := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	stream, err := c.connection.NewStream(ctx, description, "/peer.v1.Peer/"+method)
	if err != nil {
		panic(err)
	}
	return stream
}

func (c client) echo(ctx context.Context, length int) outcome {
	answer := c.message("Payload")
	if found := c.unary(ctx, "Echo", c.payload(make([]byte, length)), answer); len(found) > 0 {
		return found
	}
	return outcome{"size": size(answer)}
}

func (c client) waits(ctx context.Context) outcome {
	return c.unary(ctx, "Wait", c.of("Duration", outcome{"milliseconds": 60000}), c.message("Payload"))
}

func (c client) deadline(ctx context.Context) outcome {
	ctx, stop := context.WithTimeout(ctx, 300*time.Millisecond)
	defer stop()
	return coded(c.waits(ctx))
}

func (c client) cancel(ctx context.Context) outcome {
	ctx, stop := context.WithCancel(ctx)
	time.AfterFunc(300*time.Millisecond, stop)
	return outcome{"gone": c.waits(ctx)["code"] == codes.Canceled}
}

// items reads payloads, at most `most` of them if that is not 0.
func (c client) items(stream grpc.ClientStream, most int, each func(count int)) (outcome, error) {
	count, sum := 0, 0
	for most == 0 || count < most {
		item := c.message("Payload")
		if err := stream.RecvMsg(item); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return outcome{"count": count}, err
		}
		count, sum = count+1, sum+size(item)
		each(count)
	}
	return outcome{"count": count, "size": sum}, nil
}

func (c client) download(ctx context.Context, order outcome) outcome {
	stream := c.stream(ctx, "Download")
	_ = stream.SendMsg(c.of("Order", order)) // a failure is what RecvMsg tells
	_ = stream.CloseSend()
	found, err := c.items(stream, 0, func(int) {})
	if err != nil {
		found["code"], found["message"] = status.Code(err), status.Convert(err).Message()
	}
	return found
}

func (c client) leave(ctx context.Context) outcome {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	stream := c.stream(ctx, "Download")
	_ = stream.SendMsg(c.of("Order", outcome{"size": 65536}))
	_ = stream.CloseSend()
	found, err := c.items(stream, 3, func(int) {})
	if err != nil {
		return failed(err)
	}
	return outcome{"count": found["count"]}
}

func (c client) upload(ctx context.Context) outcome {
	stream := c.stream(ctx, "Upload")
	for range many {
		_ = stream.SendMsg(c.payload(make([]byte, 4096)))
	}
	_ = stream.CloseSend()
	sum := c.message("Sum")
	if err := stream.RecvMsg(sum); err != nil {
		return failed(err)
	}
	return outcome{"count": number(sum, "count"), "size": number(sum, "size")}
}

// chat sends each payload after the answer to the one before.
func (c client) chat(ctx context.Context) outcome {
	stream := c.stream(ctx, "Chat")
	_ = stream.SendMsg(c.payload(make([]byte, 1)))
	found, err := c.items(stream, 0, func(count int) {
		if count == 100 {
			_ = stream.CloseSend()
		} else {
			_ = stream.SendMsg(c.payload(make([]byte, count+1)))
		}
	})
	if err != nil {
		return failed(err)
	}
	return found
}

func (c client) atOnce(ctx context.Context) outcome {
	var right atomic.Int32
	var waiting sync.WaitGroup
	for length := 1; length <= 200; length++ {
		waiting.Go(func() {
			if c.echo(ctx, length)["size"] == length {
				right.Add(1)
			}
		})
	}
	waiting.Wait()
	return outcome{"right": right.Load()}
}

// givenUp tells how many calls the server has noticed to be given up, once they are as many as wanted.
func (c client) givenUp(ctx context.Context, wanted int) outcome {
	seen := 0
	for tries := 0; tries < 100 && seen < wanted; tries++ {
		sum := c.message("Sum")
		if found := c.unary(ctx, "Ended", c.message("Nothing"), sum); len(found) > 0 {
			return found
		}
		if seen = number(sum, "count"); seen < wanted {
			time.Sleep(50 * time.Millisecond)
		}
	}
	return outcome{"seen": seen}
}
