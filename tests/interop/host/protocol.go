package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// handler runs one command; args is the JSON object without id and cmd.
type handler func(h *host, ctx context.Context, args json.RawMessage) (any, error)

// typed wraps a method with a typed argument. Unknown fields are errors: a misspelt option must
// not silently weaken a test.
func typed[A any](run func(*host, context.Context, *A) (any, error)) handler {
	return func(h *host, ctx context.Context, raw json.RawMessage) (any, error) {
		args := new(A)
		if err := decodeStrict(raw, args); err != nil {
			return nil, err
		}
		return run(h, ctx, args)
	}
}

// decodeStrict reads one JSON value and refuses fields that the target does not have.
func decodeStrict(raw json.RawMessage, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("bad arguments: %w", err)
	}
	return nil
}

// handlers is the command table.
var handlers = map[string]handler{
	"info":      typed((*host).info),
	"start":     typed((*host).start),
	"dial":      typed((*host).dial),
	"call":      typed((*host).call),
	"stream":    typed((*host).stream),
	"load":      typed((*host).load),
	"serve_api": typed((*host).serveAPI),
	"api_set":   typed((*host).apiSet),
	"api_log":   typed((*host).apiLog),
	"api_stop":  typed((*host).apiStop),
	"broker":    typed((*host).broker),
	"health":    typed((*host).health),
	"logs":      typed((*host).logs),
	"stdio":     typed((*host).stdio),
	"gate":      typed((*host).gate),
	"raw":       typed((*host).raw),
	"wait_exit": typed((*host).waitExit),
	"kill":      typed((*host).killPlugin),
	"cancel":    typed((*host).cancelCommand),
	"exit":      typed((*host).exit),
}

// lineWriter writes one JSON value per line; lines of concurrent commands never mix.
type lineWriter struct {
	mu  sync.Mutex
	out io.Writer
}

// write fails if the value cannot be JSON; nothing is written then.
func (w *lineWriter) write(value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("answer is not JSON: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err = w.out.Write(append(line, '\n'))
	return err
}

// command is one parsed line.
type command struct {
	id         json.RawMessage // any JSON value, echoed; null if absent
	name       string
	background bool // in a script: do not wait for the answer
	args       json.RawMessage
}

// parseCommand splits a line into the envelope and the arguments of the command.
func parseCommand(line []byte) (command, error) {
	fields := map[string]json.RawMessage{}
	parsed := command{id: json.RawMessage("null")}
	if err := json.Unmarshal(line, &fields); err != nil {
		return parsed, fmt.Errorf("command is not a JSON object: %w", err)
	}
	if id, ok := fields["id"]; ok {
		parsed.id = id
	}
	if err := json.Unmarshal(fields["cmd"], &parsed.name); err != nil {
		return parsed, fmt.Errorf("cmd must be a string")
	}
	if raw, ok := fields["background"]; ok {
		if err := json.Unmarshal(raw, &parsed.background); err != nil {
			return parsed, fmt.Errorf("background must be a bool")
		}
	}
	for _, key := range []string{"id", "cmd", "background"} {
		delete(fields, key)
	}
	var err error
	parsed.args, err = json.Marshal(fields)
	return parsed, err
}

// serve reads commands until the input ends (io.EOF). Each runs on its own; with inOrder, as in a
// script file, the next one waits for the answer unless it has "background": true.
func (h *host) serve(commands io.Reader, inOrder bool) error {
	reader := bufio.NewReaderSize(commands, 1<<20)
	var background sync.WaitGroup
	for {
		line, err := reader.ReadBytes('\n')
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			parsed, bad := parseCommand(trimmed)
			switch {
			case bad != nil:
				h.refuse(parsed, bad)
			case inOrder && !parsed.background:
				h.execute(parsed)
			default:
				background.Go(func() { h.execute(parsed) })
			}
		}
		if err != nil {
			if inOrder {
				background.Wait()
			}
			return err
		}
	}
}

// execute runs one command and writes its answer.
func (h *host) execute(c command) {
	run, ok := handlers[c.name]
	if !ok {
		known := strings.Join(slices.Sorted(maps.Keys(handlers)), ", ")
		h.refuse(c, fmt.Errorf("unknown cmd %q; known: [%s]", c.name, known))
		return
	}
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	key := strings.Trim(string(c.id), `"`)
	h.running.put(key, cancel)
	defer h.running.remove(key)
	started := time.Now()
	result, err := run(h, ctx, c.args)
	if err == nil {
		err = h.out.write(map[string]any{
			"id": c.id, "cmd": c.name, "ok": true, "took_ms": milliseconds(time.Since(started)), "result": result,
		})
	}
	if err != nil {
		h.refuse(c, err)
	}
	if c.name == "exit" {
		h.quitOne.Do(func() { close(h.quit) })
	}
}

// refuse answers a command that could not be carried out. A status of an RPC is a result, not a
// failure.
func (h *host) refuse(c command, err error) {
	_ = h.out.write(map[string]any{"id": c.id, "cmd": c.name, "ok": false, "error": err.Error()})
}
