package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// shownProblems bounds how many wrong answers are quoted.
const shownProblems = 10

type loadArgs struct {
	Target      string            `json:"target"`
	Method      string            `json:"method"`
	Request     json.RawMessage   `json:"request"`
	Metadata    map[string]string `json:"metadata"`
	Count       int               `json:"count"`
	Concurrency int               `json:"concurrency"`  // default 1
	Warmup      int               `json:"warmup"`       // calls before the clock starts, not counted
	CounterPath string            `json:"counter_path"` // request field that carries the number of the call
	ExpectPath  string            `json:"expect_path"`  // response field that must carry the same number
	TimeoutMS   float64           `json:"timeout_ms"`   // of each call, default 30 s
}

// loadRun is one load while it runs.
type loadRun struct {
	conn    *grpc.ClientConn
	method  protoreflect.MethodDescriptor
	schema  *schema
	args    *loadArgs
	base    *dynamicpb.Message
	counter fieldPath // nil = every request is the same
	expect  fieldPath // nil = answers are not looked at
	next    atomic.Int64

	mu        sync.Mutex
	latencies []float64 // milliseconds, successful calls
	codes     map[string]int
	problems  []string
	wrong     int
	answers   map[string]int // how often each counter came back
}

type loadResult struct {
	Count        int            `json:"count"`
	OK           int            `json:"ok"`
	Codes        map[string]int `json:"codes"`
	WallMS       float64        `json:"wall_ms"`
	PerSecond    float64        `json:"per_second"`
	MeanMS       float64        `json:"mean_ms"`
	P50MS        float64        `json:"p50_ms"`
	P90MS        float64        `json:"p90_ms"`
	P99MS        float64        `json:"p99_ms"`
	MaxMS        float64        `json:"max_ms"`
	Wrong        int            `json:"wrong"`    // answers with another counter than the request's
	Distinct     int            `json:"distinct"` // different counters that came back
	Problems     []string       `json:"problems"` // the first few errors and wrong answers
	RequestBytes int            `json:"request_bytes"`
}

// load calls a method many times and measures.
func (h *host) load(ctx context.Context, args *loadArgs) (any, error) {
	run, err := h.planLoad(args)
	if err != nil {
		return nil, err
	}
	ctx = outgoing(ctx, args.Metadata)
	run.work(ctx, args.Warmup)
	run.reset()
	started := time.Now()
	run.work(ctx, args.Count)
	return run.result(time.Since(started)), nil
}

func (h *host) planLoad(args *loadArgs) (*loadRun, error) {
	conn, method, err := h.route(args.Target, args.Method)
	if err != nil {
		return nil, err
	}
	if method.IsStreamingClient() || method.IsStreamingServer() {
		return nil, fmt.Errorf("%s streams: load calls unary methods", method.FullName())
	}
	if args.Count <= 0 {
		return nil, fmt.Errorf("load needs a count")
	}
	args.Concurrency = max(args.Concurrency, 1)
	run := &loadRun{conn: conn, method: method, schema: h.schema, args: args}
	if run.base, err = h.schema.parse(method.Input(), args.Request); err != nil {
		return nil, err
	}
	if args.CounterPath != "" {
		if run.counter, err = resolvePath(method.Input(), args.CounterPath); err != nil {
			return nil, err
		}
		if _, err = run.counter.counter(0); err != nil {
			return nil, err
		}
	}
	if args.ExpectPath != "" {
		run.expect, err = resolvePath(method.Output(), args.ExpectPath)
	}
	run.reset()
	return run, err
}

func (r *loadRun) reset() {
	r.next.Store(0)
	r.latencies = make([]float64, 0, r.args.Count)
	r.codes, r.answers, r.problems, r.wrong = map[string]int{}, map[string]int{}, []string{}, 0
}

// work makes count calls, concurrency at a time.
func (r *loadRun) work(ctx context.Context, count int) {
	var group sync.WaitGroup
	for range min(r.args.Concurrency, count) {
		group.Go(func() {
			request := proto.Clone(r.base).ProtoReflect()
			for n := r.next.Add(1) - 1; n < int64(count) && ctx.Err() == nil; n = r.next.Add(1) - 1 {
				r.one(ctx, request, n)
			}
		})
	}
	group.Wait()
}

// one makes call number n; request belongs to this worker.
func (r *loadRun) one(ctx context.Context, request protoreflect.Message, n int64) {
	if r.counter != nil {
		value, _ := r.counter.counter(n)
		r.counter.set(request, value)
	}
	data, err := encode(request.Interface())
	ctx, cancel := withDeadline(ctx, r.args.TimeoutMS)
	defer cancel()
	response := &frame{}
	started := time.Now()
	if err == nil {
		err = invoke(ctx, r.conn, r.method, data, response)
	}
	took := milliseconds(time.Since(started))
	answer := ""
	if err == nil && r.expect != nil {
		message, bad := r.schema.decode(r.method.Output(), response.data)
		if bad != nil {
			answer = bad.Error()
		} else {
			answer = r.expect.asText(message)
		}
	}
	r.record(n, took, answer, err)
}

func (r *loadRun) record(n int64, took float64, answer string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.codes[codeName(status.Code(err))]++
	if err != nil {
		r.problem("call %d: %v", n, err)
		return
	}
	r.latencies = append(r.latencies, took)
	if r.expect == nil {
		return
	}
	r.answers[answer]++
	if r.counter != nil && answer != fmt.Sprint(n) {
		r.wrong++
		r.problem("call %d: answered %q", n, answer)
	}
}

func (r *loadRun) problem(format string, args ...any) {
	if len(r.problems) < shownProblems {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

func (r *loadRun) result(wall time.Duration) *loadResult {
	slices.Sort(r.latencies)
	sum := 0.0
	for _, value := range r.latencies {
		sum += value
	}
	size, _ := encode(r.base)
	return &loadResult{
		Count: r.args.Count, OK: len(r.latencies), Codes: r.codes,
		WallMS: milliseconds(wall), PerSecond: float64(len(r.latencies)) / wall.Seconds(),
		MeanMS: sum / float64(max(len(r.latencies), 1)),
		P50MS:  quantile(r.latencies, 0.50), P90MS: quantile(r.latencies, 0.90),
		P99MS: quantile(r.latencies, 0.99), MaxMS: quantile(r.latencies, 1),
		Wrong: r.wrong, Distinct: len(r.answers), Problems: r.problems, RequestBytes: len(size),
	}
}

// quantile is the nearest-rank quantile of sorted values, 0 if there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
