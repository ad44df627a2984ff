package main

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// fieldPath reaches a singular field through singular messages: "post.props.x".
type fieldPath []protoreflect.FieldDescriptor

// resolvePath checks the names of a dotted path against a message.
func resolvePath(of protoreflect.MessageDescriptor, path string) (fieldPath, error) {
	var resolved fieldPath
	for name := range strings.SplitSeq(path, ".") {
		if of == nil {
			return nil, fmt.Errorf("path %q: %s is no message", path, resolved[len(resolved)-1].FullName())
		}
		field := of.Fields().ByName(protoreflect.Name(name))
		if field == nil {
			return nil, fmt.Errorf("path %q: %s has no field %q", path, of.FullName(), name)
		}
		if field.Cardinality() == protoreflect.Repeated {
			return nil, fmt.Errorf("path %q: %s is repeated", path, field.FullName())
		}
		resolved = append(resolved, field)
		of = field.Message()
	}
	return resolved, nil
}

func (p fieldPath) last() protoreflect.FieldDescriptor { return p[len(p)-1] }

// holder returns the message that has the last field, made if absent.
func (p fieldPath) holder(root protoreflect.Message) protoreflect.Message {
	for _, field := range p[:len(p)-1] {
		root = root.Mutable(field).Message()
	}
	return root
}

func (p fieldPath) set(root protoreflect.Message, value protoreflect.Value) {
	p.holder(root).Set(p.last(), value)
}

// get returns the value, or the field's default if anything on the way is unset.
func (p fieldPath) get(root protoreflect.Message) protoreflect.Value {
	for _, field := range p[:len(p)-1] {
		root = root.Get(field).Message()
	}
	return root.Get(p.last())
}

// clear unsets the field if it is there.
func (p fieldPath) clear(root protoreflect.Message) {
	for _, field := range p[:len(p)-1] {
		if !root.Has(field) {
			return
		}
		root = root.Mutable(field).Message()
	}
	root.Clear(p.last())
}

// bytesPath is a path to a bytes field, for bodies.
func bytesPath(of protoreflect.MessageDescriptor, path string) (fieldPath, error) {
	resolved, err := resolvePath(of, path)
	if err == nil && resolved.last().Kind() != protoreflect.BytesKind {
		return nil, fmt.Errorf("path %q: %s is not bytes", path, resolved.last().FullName())
	}
	return resolved, err
}

// counter converts a number for the field: itself, or its decimal text for strings and bytes.
func (p fieldPath) counter(n int64) (protoreflect.Value, error) {
	switch p.last().Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(strconv.FormatInt(n, 10)), nil
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(strconv.AppendInt(nil, n, 10)), nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(n)), nil
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(n), nil
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(n)), nil
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(n)), nil
	}
	return protoreflect.Value{}, fmt.Errorf("%s cannot hold a counter: use a string, bytes or integer field", p.last().FullName())
}

// asText renders a scalar as a counter is written.
func (p fieldPath) asText(root protoreflect.Message) string {
	value := p.get(root)
	if p.last().Kind() == protoreflect.BytesKind {
		return string(value.Bytes())
	}
	return value.String()
}

// copyRule copies one field of a message into a field of another.
type copyRule struct{ to, from fieldPath }

// copyRules resolves {"target.path": "source.path"} and checks that the types agree.
func copyRules(to, from protoreflect.MessageDescriptor, paths map[string]string) ([]copyRule, error) {
	var rules []copyRule
	for toPath, fromPath := range paths {
		target, err := resolvePath(to, toPath)
		if err != nil {
			return nil, err
		}
		source, err := resolvePath(from, fromPath)
		if err != nil {
			return nil, err
		}
		a, b := target.last(), source.last()
		if a.Kind() != b.Kind() || (a.Message() != nil && a.Message().FullName() != b.Message().FullName()) {
			return nil, fmt.Errorf("cannot copy %s to %s: the types differ", b.FullName(), a.FullName())
		}
		rules = append(rules, copyRule{to: target, from: source})
	}
	return rules, nil
}

func (r copyRule) apply(to, from protoreflect.Message) { r.to.set(to, r.from.get(from)) }
