package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// keptRecords and keptOutput bound what is remembered of one plugin.
const (
	keptRecords = 50_000
	keptOutput  = 8 << 20
)

// logBook keeps the records of a plugin's logger.
type logBook struct {
	bell
	records []logRecord
	dropped int
}

type logRecord struct {
	Seq     int            `json:"seq"`     // from 1
	AtMS    float64        `json:"at_ms"`   // Unix time at the host, milliseconds
	Logger  string         `json:"logger"`  // "<name>" = go-plugin itself, "<name>.<executable>" = the plugin's stderr
	Level   string         `json:"level"`   // trace, debug, info, warn, error
	Message string         `json:"message"` // as the host's log would show it
	Fields  map[string]any `json:"fields"`

	level hclog.Level
	at    time.Time
}

// Accept is called by hclog with each record.
func (b *logBook) Accept(name string, level hclog.Level, message string, args ...any) {
	now := time.Now()
	record := logRecord{
		AtMS: float64(now.UnixMicro()) / 1000, Logger: name, Level: level.String(), Message: message,
		Fields: logFields(args), level: level, at: now,
	}
	b.Lock()
	defer b.Unlock()
	record.Seq = len(b.records) + b.dropped + 1
	if len(b.records) >= keptRecords {
		b.dropped++
	} else {
		b.records = append(b.records, record)
	}
	b.ring()
}

// logFields pairs hclog's alternating keys and values; what is no JSON becomes text.
func logFields(args []any) map[string]any {
	fields := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		value := args[i+1]
		if err, ok := value.(error); ok {
			value = err.Error()
		} else if _, err := json.Marshal(value); err != nil {
			value = fmt.Sprint(value)
		}
		fields[fmt.Sprint(args[i])] = value
	}
	return fields
}

// firstAt is the time of the first record with this message, zero if there is none.
func (b *logBook) firstAt(message string) time.Time {
	b.Lock()
	defer b.Unlock()
	for _, record := range b.records {
		if record.Message == message {
			return record.at
		}
	}
	return time.Time{}
}

type logsArgs struct {
	Name      string  `json:"name"`
	After     int     `json:"after"`    // records with a higher seq
	Level     string  `json:"level"`    // this level and above
	Logger    string  `json:"logger"`   // part of the logger's name
	Contains  string  `json:"contains"` // part of the message
	AtLeast   int     `json:"at_least"` // wait until so many records match
	TimeoutMS float64 `json:"timeout_ms"`
}

func (args *logsArgs) match(record *logRecord) bool {
	return record.Seq > args.After && record.level >= hclog.LevelFromString(args.Level) &&
		strings.Contains(record.Logger, args.Logger) && strings.Contains(record.Message, args.Contains)
}

// logs returns matching records of the host's log, and can wait for them.
func (h *host) logs(ctx context.Context, args *logsArgs) (any, error) {
	plugin, err := h.plugin(args.Name)
	if err != nil {
		return nil, err
	}
	if args.Level != "" && hclog.LevelFromString(args.Level) == hclog.NoLevel {
		return nil, fmt.Errorf("level %q: use trace, debug, info, warn or error", args.Level)
	}
	book := &plugin.logs
	matching := func() []logRecord {
		found := []logRecord{}
		for i := range book.records {
			if args.match(&book.records[i]) {
				found = append(found, book.records[i])
			}
		}
		return found
	}
	ctx, cancel := withLimit(ctx, args.TimeoutMS, 10*time.Second)
	defer cancel()
	if err := book.await(ctx, func() bool { return args.AtLeast == 0 || len(matching()) >= args.AtLeast }); err != nil {
		book.Lock()
		defer book.Unlock()
		return nil, fmt.Errorf("%d of %d log records matched: %w", len(matching()), args.AtLeast, err)
	}
	defer book.Unlock()
	return map[string]any{"records": matching(), "last": len(book.records) + book.dropped, "dropped": book.dropped}, nil
}

// capture keeps the start of a byte stream and the sum of all of it.
type capture struct {
	bell
	kept []byte
	sum  digester
}

// Write never fails, so that go-plugin goes on reading.
func (c *capture) Write(data []byte) (int, error) {
	c.Lock()
	defer c.Unlock()
	c.kept = append(c.kept, data[:min(len(data), keptOutput-len(c.kept))]...)
	c.sum.add(data)
	c.ring()
	return len(data), nil
}

type stdioArgs struct {
	Name      string  `json:"name"`
	Stream    string  `json:"stream"`   // "stdout" (default), "stderr", or "raw_stderr": the process's own
	Contains  string  `json:"contains"` // wait until the text is there
	MinBytes  int64   `json:"min_bytes"`
	TimeoutMS float64 `json:"timeout_ms"`
}

// stdio returns what the plugin printed, as GRPCStdio brought it, and can wait for it.
func (h *host) stdio(ctx context.Context, args *stdioArgs) (any, error) {
	plugin, err := h.plugin(args.Name)
	if err != nil {
		return nil, err
	}
	streams := map[string]*capture{"": &plugin.stdout, "stdout": &plugin.stdout, "stderr": &plugin.stderr, "raw_stderr": &plugin.rawStderr}
	stream, ok := streams[args.Stream]
	if !ok {
		return nil, fmt.Errorf("stream %q: use stdout, stderr or raw_stderr", args.Stream)
	}
	ctx, cancel := withLimit(ctx, args.TimeoutMS, 10*time.Second)
	defer cancel()
	there := func() bool {
		return strings.Contains(string(stream.kept), args.Contains) && stream.sum.size >= args.MinBytes
	}
	if err := stream.await(ctx, there); err != nil {
		stream.Lock()
		defer stream.Unlock()
		tail := string(stream.kept[max(0, len(stream.kept)-500):])
		return nil, fmt.Errorf("%q did not come, %d bytes did, at the end: %q: %w", args.Contains, stream.sum.size, tail, err)
	}
	defer stream.Unlock()
	sum := stream.sum.result()
	return map[string]any{"text": string(stream.kept), "size": sum.Size, "sha256": sum.SHA256}, nil
}

type healthArgs struct {
	Target    string  `json:"target"`  // connection, default "plugin"
	Service   *string `json:"service"` // default "plugin", what go-plugin's Ping asks for
	TimeoutMS float64 `json:"timeout_ms"`
}

// health asks grpc.health.v1 over a connection.
func (h *host) health(ctx context.Context, args *healthArgs) (any, error) {
	if args.Target == "" {
		args.Target = "plugin"
	}
	conn, err := h.targets.get(args.Target)
	if err != nil {
		return nil, err
	}
	request := &grpc_health_v1.HealthCheckRequest{Service: "plugin"}
	if args.Service != nil {
		request.Service = *args.Service
	}
	ctx, cancel := withLimit(ctx, args.TimeoutMS, 10*time.Second)
	defer cancel()
	started := time.Now()
	response, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, request)
	end := outcomeOf(err, nil, nil)
	return map[string]any{
		"code": end.Code, "message": end.Message, "status": response.GetStatus().String(), "took_ms": milliseconds(time.Since(started)),
	}, nil
}
