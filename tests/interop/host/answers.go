package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// answerSpec says how a server answers one method. delay_ms and gate come first, then status, then
// the response: request bytes (echo), fixed bytes, or a message with copied and generated fields.
type answerSpec struct {
	DelayMS     float64           `json:"delay_ms"`
	Gate        string            `json:"gate"`
	Status      *statusSpec       `json:"status"`
	Echo        bool              `json:"echo"`      // the request's bytes; streams answer each message at once
	Copy        map[string]string `json:"copy"`      // response path: request path
	Call        *callBack         `json:"call"`      // call a plugin before answering
	Responses   []json.RawMessage `json:"responses"` // of a server stream
	EveryMS     float64           `json:"every_ms"`  // pause between responses of a stream
	Response    json.RawMessage   `json:"response"`
	ResponseB64 []byte            `json:"response_b64"`
	Body        *bodySpec         `json:"body"`
}

type statusSpec struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// callBack is a call that the server makes while it serves one: API → hook inside hook → API. If
// it fails, its status is the answer.
type callBack struct {
	Target  string            `json:"target"`
	Method  string            `json:"method"`
	Request json.RawMessage   `json:"request"`
	Copy    map[string]string `json:"copy"`   // path in the call's request: path in the server's request
	Return  map[string]string `json:"return"` // path in the server's response: path in the call's response
}

// answer is a checked answerSpec.
type answer struct {
	answerSpec
	method    protoreflect.MethodDescriptor
	status    error
	fixed     [][]byte           // responses without copied fields
	base      *dynamicpb.Message // response with copied fields
	copies    []copyRule
	called    protoreflect.MethodDescriptor
	arguments *dynamicpb.Message
	passed    []copyRule
	returned  []copyRule
}

// compileAnswer checks an answer against its method.
func (h *host) compileAnswer(method protoreflect.MethodDescriptor, spec answerSpec) (*answer, error) {
	a := &answer{answerSpec: spec, method: method}
	var err error
	if spec.Status != nil {
		code, err := codeNamed(spec.Status.Code)
		if err != nil {
			return nil, err
		}
		a.status = status.Error(code, spec.Status.Message)
	}
	if a.base, err = h.schema.parse(method.Output(), spec.Response); err != nil {
		return nil, err
	}
	if a.copies, err = copyRules(method.Output(), method.Input(), spec.Copy); err != nil {
		return nil, err
	}
	if spec.Responses == nil {
		fixed, _, err := payload{Request: spec.Response, RequestB64: spec.ResponseB64, Body: spec.Body}.build(h.schema, method.Output())
		if err != nil {
			return nil, err
		}
		a.fixed = [][]byte{fixed}
	}
	for _, raw := range spec.Responses {
		data, _, err := payload{Request: raw}.build(h.schema, method.Output())
		if err != nil {
			return nil, err
		}
		a.fixed = append(a.fixed, data)
	}
	if spec.Call == nil {
		return a, nil
	}
	return a, h.compileCall(a, spec.Call)
}

func (h *host) compileCall(a *answer, spec *callBack) error {
	var err error
	if a.called, err = h.schema.method(spec.Method); err != nil {
		return err
	}
	if a.arguments, err = h.schema.parse(a.called.Input(), spec.Request); err != nil {
		return err
	}
	if a.passed, err = copyRules(a.called.Input(), a.method.Input(), spec.Copy); err != nil {
		return err
	}
	a.returned, err = copyRules(a.method.Output(), a.called.Output(), spec.Return)
	return err
}

// respond returns the messages that answer a request, after waiting as told.
func (a *answer) respond(ctx context.Context, h *host, request []byte) ([][]byte, error) {
	if err := pause(ctx, a.DelayMS); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	if err := h.gates.pass(ctx, a.Gate); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	if a.status != nil {
		return nil, a.status
	}
	if a.Echo {
		return [][]byte{request}, nil
	}
	if a.copies == nil && a.called == nil {
		return a.fixed, nil
	}
	from, err := h.schema.decode(a.method.Input(), request)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	response := proto.CloneOf(a.base)
	for _, rule := range a.copies {
		rule.apply(response, from)
	}
	if a.called != nil {
		if err := a.callBack(ctx, h, from, response); err != nil {
			return nil, err
		}
	}
	data, err := encode(response)
	return [][]byte{data}, err
}

// callBack makes the call inside the call.
func (a *answer) callBack(ctx context.Context, h *host, from, response *dynamicpb.Message) error {
	conn, _, err := h.route(a.Call.Target, a.Call.Method)
	if err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	arguments := proto.CloneOf(a.arguments)
	for _, rule := range a.passed {
		rule.apply(arguments, from)
	}
	data, err := encode(arguments)
	if err != nil {
		return err
	}
	back := &frame{}
	if err := invoke(ctx, conn, a.called, data, back); err != nil {
		return err
	}
	result, err := h.schema.decode(a.called.Output(), back.data)
	if err != nil {
		return err
	}
	for _, rule := range a.returned {
		rule.apply(response, result)
	}
	return nil
}

// answerBook holds the answers of a server, which commands change while it serves.
type answerBook struct {
	mu       sync.Mutex
	byPath   map[string][]*answer // answered in turn, the last one for ever
	fallback error                // for methods without an answer; nil = empty response
}

// set compiles all answers before it changes any. Keys are method names; a value is one answer or
// a list of them.
func (b *answerBook) set(h *host, specs map[string]json.RawMessage) error {
	compiled := map[string][]*answer{}
	for name, raw := range specs {
		method, err := h.schema.method(name)
		if err != nil {
			return err
		}
		var list []answerSpec
		if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
			err = decodeStrict(raw, &list)
		} else {
			list = make([]answerSpec, 1)
			err = decodeStrict(raw, &list[0])
		}
		if err == nil && len(list) == 0 {
			err = fmt.Errorf("an empty list answers nothing")
		}
		for i := 0; err == nil && i < len(list); i++ {
			var a *answer
			a, err = h.compileAnswer(method, list[i])
			compiled[methodPath(method)] = append(compiled[methodPath(method)], a)
		}
		if err != nil {
			return fmt.Errorf("answer of %s: %w", name, err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for path, list := range compiled {
		b.byPath[path] = list
	}
	return nil
}

// setFallback says what methods without an answer do: "empty" (the default) or "unimplemented".
func (b *answerBook) setFallback(kind string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch kind {
	case "":
	case "empty":
		b.fallback = nil
	case "unimplemented":
		b.fallback = status.Error(codes.Unimplemented, "no answer is set for this method")
	default:
		return fmt.Errorf("default %q: use empty or unimplemented", kind)
	}
	return nil
}

// next returns the answer for one request.
func (b *answerBook) next(method protoreflect.MethodDescriptor) *answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.byPath[methodPath(method)]
	if len(list) == 0 {
		return &answer{method: method, status: b.fallback, fixed: [][]byte{{}}}
	}
	if len(list) > 1 {
		b.byPath[methodPath(method)] = list[1:]
	}
	return list[0]
}
