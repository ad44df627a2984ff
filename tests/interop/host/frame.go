package main

import (
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// frame is a message as it is on the wire. The whole host sends and receives frames, so answers
// show the bytes of the peer and malformed messages can be sent.
type frame struct{ data []byte }

// frameCodec takes the place of gRPC's own codec, so that calls look on the wire as those of any
// host. It passes frames through and leaves messages with generated code to the codec it replaces.
type frameCodec struct{ generated encoding.CodecV2 }

func init() {
	encoding.RegisterCodecV2(frameCodec{generated: encoding.GetCodecV2(protocodec.Name)})
}

// Marshal hands the bytes over without a copy: nobody may change them afterwards.
func (c frameCodec) Marshal(value any) (mem.BufferSlice, error) {
	if f, ok := value.(*frame); ok {
		return mem.BufferSlice{mem.SliceBuffer(f.data)}, nil
	}
	return c.generated.Marshal(value)
}

// Unmarshal copies, as gRPC frees its buffers when this returns.
func (c frameCodec) Unmarshal(data mem.BufferSlice, value any) error {
	if f, ok := value.(*frame); ok {
		f.data = data.Materialize()
		return nil
	}
	return c.generated.Unmarshal(data, value)
}

// Name is the content subtype.
func (frameCodec) Name() string { return protocodec.Name }

// codeName is the canonical name of a status, such as NOT_FOUND.
func codeName(c codes.Code) string { return code.Code(c).String() }

// codeNamed is the inverse of codeName.
func codeNamed(name string) (codes.Code, error) {
	number, ok := code.Code_value[name]
	if !ok {
		return 0, fmt.Errorf("%q is no gRPC status name (write it like NOT_FOUND)", name)
	}
	return codes.Code(number), nil
}

// outcome is how an RPC ended, part of several answers.
type outcome struct {
	Code    string      `json:"code"`
	Message string      `json:"message"`
	Header  metadata.MD `json:"header"`
	Trailer metadata.MD `json:"trailer"`
}

func outcomeOf(err error, header, trailer metadata.MD) outcome {
	state := status.Convert(err)
	return outcome{Code: codeName(state.Code()), Message: state.Message(), Header: header, Trailer: trailer}
}
