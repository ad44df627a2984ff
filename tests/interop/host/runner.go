package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"

	"github.com/hashicorp/go-hclog"
)

// processRunner runs a plugin as a process, like go-plugin's own runner, which other modules cannot
// use. go-plugin sets up a socket directory only for hosts that bring a runner.
type processRunner struct {
	logger         hclog.Logger
	cmd            *exec.Cmd
	stdout, stderr io.ReadCloser
}

func newProcessRunner(logger hclog.Logger, cmd *exec.Cmd) (*processRunner, error) {
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	return &processRunner{logger: logger, cmd: cmd, stdout: stdout, stderr: stderr}, nil
}

// Start spawns the process.
func (r *processRunner) Start(context.Context) error {
	r.logger.Debug("starting plugin", "path", r.cmd.Path, "args", r.cmd.Args)
	return r.cmd.Start()
}

// Wait waits for its end.
func (r *processRunner) Wait(context.Context) error { return r.cmd.Wait() }

// Kill sends SIGKILL; a process that has ended is no error.
func (r *processRunner) Kill(context.Context) error {
	if r.cmd.Process == nil {
		return nil
	}
	if err := r.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Stdout carries the handshake line.
func (r *processRunner) Stdout() io.ReadCloser { return r.stdout }

// Stderr carries the log.
func (r *processRunner) Stderr() io.ReadCloser { return r.stderr }

// Name is the path of the executable.
func (r *processRunner) Name() string { return r.cmd.Path }

// ID is the process id, or empty before the start.
func (r *processRunner) ID() string {
	if r.cmd.Process == nil {
		return ""
	}
	return strconv.Itoa(r.cmd.Process.Pid)
}

// Diagnose adds nothing to go-plugin's message.
func (r *processRunner) Diagnose(context.Context) string { return "" }

// PluginToHost leaves addresses alone: plugin and host share the machine.
func (r *processRunner) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin leaves addresses alone.
func (r *processRunner) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
