package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	// The well-known types that descriptor sets may import without containing them.
	_ "google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/emptypb"
	_ "google.golang.org/protobuf/types/known/fieldmaskpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// schema is what the descriptor sets describe: methods by name, messages as JSON and bytes.
type schema struct {
	types   *dynamicpb.Types
	byPath  map[string]protoreflect.MethodDescriptor // "/package.Service/Method"
	byShort map[string][]string                      // "Method" to its paths
}

// loadSchema merges the descriptor sets; a file may be in several if it is the same file.
func loadSchema(paths []string) (*schema, error) {
	merged := &descriptorpb.FileDescriptorSet{}
	seen := map[string]*descriptorpb.FileDescriptorProto{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		set := &descriptorpb.FileDescriptorSet{}
		if err := proto.Unmarshal(data, set); err != nil {
			return nil, fmt.Errorf("%s is no FileDescriptorSet: %w", path, err)
		}
		for _, file := range set.File {
			if other := seen[file.GetName()]; other == nil {
				seen[file.GetName()] = file
				merged.File = append(merged.File, file)
			} else if !proto.Equal(other, file) {
				return nil, fmt.Errorf("%s: %s differs from the one of another set; use one host for each", path, file.GetName())
			}
		}
	}
	addWellKnown(merged, seen)
	files, err := protodesc.NewFiles(merged)
	if err != nil {
		return nil, fmt.Errorf("descriptor set is incomplete, build it with --include_imports: %w", err)
	}
	return newSchema(files), nil
}

// addWellKnown adds the files of google/protobuf that a set imports without having them.
func addWellKnown(set *descriptorpb.FileDescriptorSet, seen map[string]*descriptorpb.FileDescriptorProto) {
	for i := 0; i < len(set.File); i++ {
		for _, name := range set.File[i].Dependency {
			if known, err := protoregistry.GlobalFiles.FindFileByPath(name); err == nil && seen[name] == nil {
				seen[name] = protodesc.ToFileDescriptorProto(known)
				set.File = append(set.File, seen[name])
			}
		}
	}
}

func newSchema(files *protoregistry.Files) *schema {
	s := &schema{
		types:   dynamicpb.NewTypes(files),
		byPath:  map[string]protoreflect.MethodDescriptor{},
		byShort: map[string][]string{},
	}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				path := methodPath(methods.Get(j))
				s.byPath[path] = methods.Get(j)
				short := string(methods.Get(j).Name())
				s.byShort[short] = append(s.byShort[short], path)
			}
		}
		return true
	})
	return s
}

func methodPath(m protoreflect.MethodDescriptor) string {
	return fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())
}

// method finds "/pkg.Service/Method", "pkg.Service/Method", or "Method" if only one has that name.
func (s *schema) method(name string) (protoreflect.MethodDescriptor, error) {
	if !strings.Contains(name, "/") {
		switch paths := s.byShort[name]; len(paths) {
		case 0:
			return nil, fmt.Errorf("no method is called %q in the descriptor set", name)
		case 1:
			return s.byPath[paths[0]], nil
		default:
			return nil, fmt.Errorf("method %q is ambiguous: %s", name, strings.Join(paths, ", "))
		}
	}
	found, ok := s.byPath["/"+strings.TrimPrefix(name, "/")]
	if !ok {
		return nil, fmt.Errorf("no method %q in the descriptor set", name)
	}
	return found, nil
}

// methods lists every method with its kind: unary, server, client or bidi.
func (s *schema) methods() map[string]string {
	kinds := map[string]string{}
	for path, m := range s.byPath {
		kinds[path] = [][]string{{"unary", "server"}, {"client", "bidi"}}[bit(m.IsStreamingClient())][bit(m.IsStreamingServer())]
	}
	return kinds
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// parse reads ProtoJSON; nothing at all is the empty message.
func (s *schema) parse(of protoreflect.MessageDescriptor, raw json.RawMessage) (*dynamicpb.Message, error) {
	message := dynamicpb.NewMessage(of)
	if len(raw) == 0 || slices.Equal(raw, json.RawMessage("null")) {
		return message, nil
	}
	if err := (protojson.UnmarshalOptions{Resolver: s.types}).Unmarshal(raw, message); err != nil {
		return nil, fmt.Errorf("%s: %w", of.FullName(), err)
	}
	return message, nil
}

// decode reads wire bytes.
func (s *schema) decode(of protoreflect.MessageDescriptor, data []byte) (*dynamicpb.Message, error) {
	message := dynamicpb.NewMessage(of)
	if err := (proto.UnmarshalOptions{Resolver: s.types}).Unmarshal(data, message); err != nil {
		return nil, fmt.Errorf("%s: %w", of.FullName(), err)
	}
	return message, nil
}

// json writes ProtoJSON with the field names of the proto; fields without a value are left out.
func (s *schema) json(message proto.Message) (json.RawMessage, error) {
	return protojson.MarshalOptions{Resolver: s.types, UseProtoNames: true}.Marshal(message)
}

// encode writes wire bytes, fields in the order of their numbers.
func encode(message proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(message)
}
