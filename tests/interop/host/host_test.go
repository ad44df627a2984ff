package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type rawJSON = json.RawMessage

type object = map[string]any

// session is a host under test, driven as a driver does: JSON in, JSON out.
type session struct {
	t    *testing.T
	host *host
	path string
}

func newSession(t *testing.T) *session {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notes.pb")
	if err := writeNotes(path); err != nil {
		t.Fatal(err)
	}
	schema, err := loadSchema([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, host: newHost(context.Background(), schema, io.Discard), path: path}
	t.Cleanup(s.host.shutdown)
	return s
}

// try runs one command and returns its result as JSON would show it.
func (s *session) try(cmd string, args object) (object, error) {
	raw, err := json.Marshal(args)
	if err != nil {
		s.t.Fatal(err)
	}
	value, err := handlers[cmd](s.host, context.Background(), raw)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		s.t.Fatal(err)
	}
	result := object{}
	if err := json.Unmarshal(text, &result); err != nil {
		s.t.Fatal(err)
	}
	return result, nil
}

func (s *session) do(cmd string, args object) object {
	s.t.Helper()
	result, err := s.try(cmd, args)
	if err != nil {
		s.t.Fatalf("%s: %v", cmd, err)
	}
	return result
}

// start starts the test plugin with extra arguments.
func (s *session) start(extra object) object {
	s.t.Helper()
	args := object{
		"argv": []string{os.Args[0]}, "env": object{pluginSwitch: s.path},
		"cookie": object{"key": "KEY", "value": "value"}, "start_timeout_ms": 10000,
	}
	for key, value := range extra {
		args[key] = value
	}
	return s.do("start", args)
}

// expect compares one value of a result, reached by a dotted path.
func (s *session) expect(result object, path string, want any) {
	s.t.Helper()
	var value any = result
	for key := range strings.SplitSeq(path, ".") {
		inner, ok := value.(object)
		if !ok {
			s.t.Fatalf("%s: no object before %q in %v", path, key, result)
		}
		value = inner[key]
	}
	if number, ok := want.(int); ok {
		want = float64(number)
	}
	if value != want {
		s.t.Errorf("%s = %v (%T), want %v\nin %v", path, value, value, want, result)
	}
}

func TestPluginFromStartToKill(t *testing.T) {
	for name, extra := range map[string]object{
		"plain":      {},
		"auto mTLS":  {"auto_mtls": true},
		"own P-256":  {"client_cert": object{"curve": "P-256"}},
		"socket dir": {"unix_socket": object{"temp_dir": t.TempDir()}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession(t)
			started := s.start(extra)
			s.expect(started, "version", 1)
			s.expect(started, "tls", extra["auto_mtls"] != nil || extra["client_cert"] != nil)
			s.expect(s.do("health", nil), "status", "SERVING")
			s.expect(s.do("call", object{"method": "Unary", "request": object{"text": "hi"}}), "response.text", "hi")
			s.brokerBothWays()
			s.expectKilled()
		})
	}
}

func (s *session) brokerBothWays() {
	s.t.Helper()
	s.do("broker", object{"op": "dial", "broker_id": serviceID, "name": "offered"})
	s.expect(s.do("call", object{"target": "offered", "method": "Unary", "request": object{"number": 3}}), "response.number", "3")
	accepted := s.do("broker", object{"op": "accept", "name": "back", "answers": object{"Ask": object{"response": object{"text": "pong"}}}})
	s.expect(accepted, "broker_id", hostID)
	s.do("api_log", object{"name": "back", "at_least": 1})
	s.do("stdio", object{"contains": "asked: 6 bytes, <nil>"})
}

func (s *session) expectKilled() {
	s.t.Helper()
	stopped := s.do("kill", nil)
	s.expect(stopped, "exited", true)
	s.expect(stopped, "code", 0)
	s.expect(stopped, "forced", false)
}

func TestMultiplexedPlugin(t *testing.T) {
	s := newSession(t)
	s.start(object{"multiplex": true, "env": object{pluginSwitch: s.path, brokerSwitch: "off"}})
	s.expect(s.do("health", nil), "status", "SERVING")
	s.expectKilled()
}

func TestPluginWithExpiredHostCertificateIsRefused(t *testing.T) {
	s := newSession(t)
	s.start(object{"client_cert": object{"valid_from_s": -7200, "valid_until_s": -3600}})
	s.expect(s.do("health", nil), "code", "UNAVAILABLE")
}

func TestOtherCertificates(t *testing.T) {
	s := newSession(t)
	s.start(object{"auto_mtls": true})
	for present, want := range map[string]string{"host": "OK", "nothing": "UNAVAILABLE", "other": "UNAVAILABLE"} {
		s.do("dial", object{"name": present, "plugin": "plugin", "tls": object{"present": present}})
		s.expect(s.do("health", object{"target": present}), "code", want)
	}
}

func TestStreamCountsAndSums(t *testing.T) {
	s := newSession(t)
	s.start(nil)
	total := 3<<20 + 1
	result := s.do("stream", object{
		"method": "Both",
		"sends": []object{
			{"message": object{"text": "first"}},
			{"await_received": 1, "body": object{"path": "data", "total": total, "last": object{"last": true}}},
		},
		"read": object{"body_path": "data"},
	})
	s.expect(result, "code", "OK")
	s.expect(result, "received_count", 1+49)
	s.expect(result, "body.size", total)
	s.expect(result, "body.sha256", result["sent"].(object)["body"].(object)["sha256"])
	first := result["received"].([]any)[0].(object)
	s.expect(first, "sent_messages", 1)
	cancelled := s.do("stream", object{
		"method": "Both", "keep_open": true,
		"sends": []object{{"message": object{"text": "x"}, "repeat": 5}}, "read": object{"cancel_after": 3},
	})
	s.expect(cancelled, "code", "CANCELLED")
}

func TestStreamNotReadBlocksTheSender(t *testing.T) {
	s := newSession(t)
	s.start(nil)
	result := s.do("stream", object{
		"method": "Both", "cancel_after_ms": 500,
		"sends": []object{{"body": object{"path": "data", "total": 100 << 20}}}, "read": object{"stop_after": 1},
	})
	s.expect(result, "code", "CANCELLED")
	if sent := result["sent"].(object)["bytes"].(float64); sent > 10<<20 {
		t.Errorf("%v bytes went out although nobody reads", sent)
	}
}

func TestLoadChecksCounters(t *testing.T) {
	s := newSession(t)
	s.start(nil)
	args := object{"method": "Unary", "count": 500, "concurrency": 8, "warmup": 10, "counter_path": "inner.text", "expect_path": "inner.text"}
	result := s.do("load", args)
	s.expect(result, "ok", 500)
	s.expect(result, "distinct", 500)
	s.expect(result, "wrong", 0)
	args["expect_path"] = "text"
	s.expect(s.do("load", args), "wrong", 500)
}

func TestAPIAnswers(t *testing.T) {
	s := newSession(t)
	s.start(nil)
	api := s.do("serve_api", object{"answers": object{
		"Ask": []object{
			{"status": object{"code": "NOT_FOUND", "message": "no such note"}},
			{"call": object{"method": "Unary", "copy": object{"number": "number"}, "return": object{"inner.number": "number"}}},
			{"response": object{"text": "held"}, "gate": "g"},
		},
	}})
	s.do("dial", object{"name": "api", "address": api["address"]})
	ask := object{"target": "api", "method": "Ask", "request": object{"number": 5}, "metadata": object{"who": "me"}}
	s.expect(s.do("call", ask), "code", "NOT_FOUND")
	s.expect(s.do("call", ask), "response.inner.number", "5")
	held := make(chan object)
	go func() { held <- s.do("call", ask) }()
	s.expect(s.do("gate", object{"name": "g", "await_waiting": 1, "open": true}), "waiting", 1)
	s.expect(<-held, "response.text", "held")
	log := s.do("api_log", object{"at_least": 3, "finished": true})["requests"].([]any)
	s.expect(log[0].(object), "code", "NOT_FOUND")
	if who := log[2].(object)["metadata"].(object)["who"].([]any)[0]; who != "me" {
		t.Errorf("metadata who = %v", who)
	}
}

func TestRawPeers(t *testing.T) {
	s := newSession(t)
	s.start(nil)
	noise := s.do("raw", object{"plugin": "plugin", "connections": 5, "steps": []object{{"random": 5000, "read_ms": 5000}}})
	s.expect(noise, "connected", 5)
	s.expect(noise, "closed_by_peer", 5)
	held := s.do("raw", object{"plugin": "plugin", "steps": []object{
		{"h2_start": object{}, "h2_streams": object{"method": "/test.v1.Echo/Unary", "count": 20, "declared": 1 << 30, "data": 100}, "read_ms": 100},
	}})
	s.expect(held, "connected", 1)
	s.expect(s.do("health", nil), "status", "SERVING")
}

func TestLogRecordsKeepLevelAndFields(t *testing.T) {
	s := newSession(t)
	s.start(nil)
	own := s.do("logs", object{"at_least": 1, "contains": "plugin address"})["records"].([]any)[0].(object)
	s.expect(own, "level", "debug")
	s.expect(own, "fields.network", "unix")
}

func TestFailedStartNamesTheReason(t *testing.T) {
	s := newSession(t)
	_, err := s.try("start", object{"argv": []string{"/bin/echo", "hello"}, "cookie": object{"key": "A", "value": "b"}})
	if err == nil || !strings.Contains(err.Error(), "Unrecognized remote plugin message: hello") {
		t.Fatalf("error is %v", err)
	}
	s.expect(s.do("wait_exit", nil), "exited", true)
	if _, err := s.try("call", object{"method": "Unary"}); err == nil || !strings.Contains(err.Error(), `"plugin"`) {
		t.Errorf("a call without a plugin gave %v", err)
	}
	if _, err := s.try("call", object{"methd": "Unary"}); err == nil || !strings.Contains(err.Error(), "methd") {
		t.Errorf("a misspelt argument gave %v", err)
	}
}

func TestScriptRunsInOrder(t *testing.T) {
	var out bytes.Buffer
	h := newHost(context.Background(), newSession(t).host.schema, &out)
	script := `{"id": 1, "cmd": "gate", "name": "g", "open": true}
{"id": "two", "cmd": "nonsense"}
not json`
	if err := h.serve(strings.NewReader(script), true); err != io.EOF {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"open":true`) || !strings.Contains(lines[1], `"id":"two"`) || !strings.Contains(lines[2], "not a JSON object") {
		t.Errorf("answers are %q", lines)
	}
}
