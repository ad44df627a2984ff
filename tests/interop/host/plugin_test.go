package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// The test binary is its own plugin: started with this variable it serves instead of testing.
const pluginSwitch = "PLUGWRIGHT_HOST_TEST_PLUGIN"

// brokerSwitch keeps the plugin from using the broker: with multiplexing, both sides must take turns.
const brokerSwitch = "PLUGWRIGHT_HOST_TEST_BROKER"

// serviceID is the broker id under which the test plugin offers a service, and hostID the one under
// which it expects one: the first that a host hands out.
const (
	serviceID = 7
	hostID    = 1
)

const noteProto = `
name: "note.proto" package: "test.v1" syntax: "proto3"
message_type { name: "Note"
  field { name: "text" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "number" number: 2 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "data" number: 3 type: TYPE_BYTES label: LABEL_OPTIONAL }
  field { name: "last" number: 4 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "inner" number: 5 type: TYPE_MESSAGE type_name: ".test.v1.Note" label: LABEL_OPTIONAL }
}
service { name: "Echo"
  method { name: "Unary" input_type: ".test.v1.Note" output_type: ".test.v1.Note" }
  method { name: "Down" input_type: ".test.v1.Note" output_type: ".test.v1.Note" server_streaming: true }
  method { name: "Up" input_type: ".test.v1.Note" output_type: ".test.v1.Note" client_streaming: true }
  method { name: "Both" input_type: ".test.v1.Note" output_type: ".test.v1.Note" client_streaming: true server_streaming: true }
}
service { name: "API"
  method { name: "Ask" input_type: ".test.v1.Note" output_type: ".test.v1.Note" }
}`

// writeNotes puts the descriptor set of noteProto into a file.
func writeNotes(path string) error {
	file := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(noteProto), file); err != nil {
		return err
	}
	data, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{file}})
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

func TestMain(m *testing.M) {
	if path := os.Getenv(pluginSwitch); path != "" {
		servePlugin(path)
		return
	}
	os.Exit(m.Run())
}

// notePlugin is a plugin that echoes, offers the same through the broker, and calls the host back.
type notePlugin struct {
	goplugin.NetRPCUnsupportedPlugin
	host *host
}

func (*notePlugin) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func (p *notePlugin) GRPCServer(broker *goplugin.GRPCBroker, _ *grpc.Server) error {
	if os.Getenv(brokerSwitch) == "off" {
		return nil
	}
	go broker.AcceptAndServe(serviceID, p.host.echoServer)
	go func() {
		conn, err := broker.Dial(hostID)
		if err != nil {
			return
		}
		method, err := p.host.schema.method("Ask")
		if err != nil {
			panic(err)
		}
		request := dynamicNote(p.host, `{"text":"from the plugin"}`)
		response := &frame{}
		err = invoke(context.Background(), conn, method, request, response)
		fmt.Printf("asked: %d bytes, %v\n", len(response.data), err)
	}()
	return nil
}

func dynamicNote(h *host, text string) []byte {
	method, err := h.schema.method("Ask")
	if err != nil {
		panic(err)
	}
	data, _, err := payload{Request: []byte(text)}.build(h.schema, method.Input())
	if err != nil {
		panic(err)
	}
	return data
}

// echoServer answers every method with its request.
func (h *host) echoServer(opts []grpc.ServerOption) *grpc.Server {
	api, err := h.newAPIServer(nil, "", 0, opts)
	if err != nil {
		panic(err)
	}
	for path := range h.schema.byPath {
		if err := api.book.set(h, map[string]rawJSON{path: rawJSON(`{"echo": true}`)}); err != nil {
			panic(err)
		}
	}
	return api.server
}

func servePlugin(descriptors string) {
	schema, err := loadSchema([]string{descriptors})
	if err != nil {
		panic(err)
	}
	h := newHost(context.Background(), schema, os.Stderr)
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: goplugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "KEY", MagicCookieValue: "value"},
		Plugins:         goplugin.PluginSet{dispensed: &notePlugin{host: h}},
		GRPCServer:      h.echoServer,
		Logger:          hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, JSONFormat: true, Output: os.Stderr}),
	})
}
