// A peer on grpc-go, for tests: serves the service of `peer.proto`, or calls one.
//
// `peer SET serve ADDRESS` listens until its standard input ends; the first line out is the address.
// `peer SET call ADDRESS LEFT` makes the calls of `calls.go` and prints one JSON object; LEFT is how many of
// them the server can notice to be given up. SET is a file with the descriptors of `peer.proto`, ADDRESS
// is `host:port` or `unix:/path`.
package main

import (
	"encoding/json"
	"errors"
	"log"
	"os"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

const largest = 64 << 20 // bytes of a message

// schema makes messages of the package from their ProtoJSON, and reads them.
type schema struct{ file protoreflect.FileDescriptor }

func (s schema) message(name string) *dynamicpb.Message {
	return dynamicpb.NewMessage(s.file.Messages().ByName(protoreflect.Name(name)))
}

func (s schema) of(name string, fields map[string]any) *dynamicpb.Message {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	made := s.message(name)
	if err := protojson.Unmarshal(text, made); err != nil {
		panic(err)
	}
	return made
}

func (s schema) payload(data []byte) *dynamicpb.Message {
	made := s.message("Payload")
	made.Set(made.Descriptor().Fields().ByName("data"), protoreflect.ValueOfBytes(data))
	return made
}

func value(message *dynamicpb.Message, field string) protoreflect.Value {
	return message.Get(message.Descriptor().Fields().ByName(protoreflect.Name(field)))
}

func number(message *dynamicpb.Message, field string) int { return int(value(message, field).Int()) }

func size(payload *dynamicpb.Message) int { return len(value(payload, "data").Bytes()) }

func load(path string) (schema, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return schema{}, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil {
		return schema{}, err
	}
	file, err := protodesc.NewFile(set.File[0], nil)
	return schema{file}, err
}

func run(words []string) error {
	usage := errors.New("usage: peer SET serve ADDRESS | SET call ADDRESS LEFT")
	if len(words) < 3 {
		return usage
	}
	loaded, err := load(words[0])
	if err != nil {
		return err
	}
	switch {
	case words[1] == "serve" && len(words) == 3:
		return serve(loaded, words[2])
	case words[1] == "call" && len(words) == 4:
		left, err := strconv.Atoi(words[3])
		if err != nil {
			return err
		}
		return call(loaded, words[2], left)
	}
	return usage
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}
