package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// dispensed is the name of the one plugin kind that this host dispenses.
const dispensed = "any"

// anyPlugin is the generic go-plugin kind: its client is the connection and the broker.
type anyPlugin struct {
	goplugin.NetRPCUnsupportedPlugin
}

// link is what go-plugin gives to an application about a running plugin.
type link struct {
	conn   *grpc.ClientConn
	broker *goplugin.GRPCBroker
}

// GRPCServer is for plugins; a host never calls it.
func (*anyPlugin) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this host serves no plugin")
}

// GRPCClient keeps the connection and the broker.
func (*anyPlugin) GRPCClient(_ context.Context, broker *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return &link{conn: conn, broker: broker}, nil
}

// pluginProcess is one started plugin with everything observed about it.
type pluginProcess struct {
	name      string
	client    *goplugin.Client
	protocol  goplugin.ClientProtocol
	link      *link
	cmd       *exec.Cmd // nil if attached
	pid       int
	address   net.Addr
	tls       *tls.Config // of the connection, nil without TLS
	socketDir string
	logs      logBook
	stdout    capture // what the plugin printed, by way of GRPCStdio
	stderr    capture
	rawStderr capture // the process's own stderr
}

func newPluginProcess(name string) *pluginProcess {
	return &pluginProcess{name: name}
}

// logger feeds every record of go-plugin, its own and the plugin's, into the log book.
func (p *pluginProcess) logger() hclog.Logger {
	logger := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: p.name, Level: hclog.Trace, Output: discard{}})
	logger.RegisterSink(&p.logs)
	return logger
}

type discard struct{}

func (discard) Write(data []byte) (int, error) { return len(data), nil }

// connect opens go-plugin's connection with its stdio and broker streams.
func (p *pluginProcess) connect() error {
	protocol, err := p.client.Client()
	if err != nil {
		return fmt.Errorf("plugin started but cannot be connected: %w", err)
	}
	client, err := protocol.Dispense(dispensed)
	if err != nil {
		return err
	}
	p.protocol, p.link = protocol, client.(*link)
	return nil
}

// exitReport says how the process ended.
type exitReport struct {
	Exited bool    `json:"exited"` // false: it still runs, or is not our child
	Code   int     `json:"code"`   // exit code, -1 if a signal ended it
	Signal string  `json:"signal"`
	TookMS float64 `json:"took_ms"`
	PID    int     `json:"pid"`
}

func (p *pluginProcess) exitReport(took time.Duration) exitReport {
	report := exitReport{PID: p.pid, TookMS: milliseconds(took)}
	if p.cmd == nil || p.cmd.ProcessState == nil {
		return report
	}
	report.Exited, report.Code = true, p.cmd.ProcessState.ExitCode()
	if state, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && state.Signaled() {
		report.Signal = state.Signal().String()
	}
	return report
}

// kill stops the plugin as hosts do. go-plugin waits until the pipes of the process are closed, so
// a grandchild that inherited them can hold this up: then ctx ends it and the error says so.
func (p *pluginProcess) kill(ctx context.Context) (exitReport, error) {
	started := time.Now()
	done := make(chan struct{})
	go func() {
		p.client.Kill()
		close(done)
	}()
	select {
	case <-done:
		return p.exitReport(time.Since(started)), nil
	case <-ctx.Done():
		return exitReport{}, fmt.Errorf("Client.Kill of pid %d has not returned: does another process hold its stdout or stderr? %w", p.pid, ctx.Err())
	}
}
