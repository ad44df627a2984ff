package main

import (
	"context"
	"fmt"
	"time"
)

// exitPoll is how often a process is asked whether it has ended; go-plugin has no event for it.
const exitPoll = 2 * time.Millisecond

type killArgs struct {
	Name      string  `json:"name"`
	TimeoutMS float64 `json:"timeout_ms"`
}

type killResult struct {
	exitReport
	Forced bool `json:"forced"` // go-plugin had to use SIGKILL
}

// killPlugin is go-plugin's Client.Kill: Shutdown, two seconds, SIGKILL.
func (h *host) killPlugin(ctx context.Context, args *killArgs) (any, error) {
	plugin, err := h.plugin(args.Name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := withLimit(ctx, args.TimeoutMS, stopLimit)
	defer cancel()
	report, err := plugin.kill(ctx)
	if err != nil {
		return nil, err
	}
	h.targets.remove(plugin.name)
	forced := !plugin.logs.firstAt("plugin failed to exit gracefully").IsZero()
	return killResult{exitReport: report, Forced: forced}, nil
}

type waitExitArgs struct {
	Name      string  `json:"name"`
	TimeoutMS float64 `json:"timeout_ms"`
}

// waitExit waits until the plugin has ended on its own.
func (h *host) waitExit(ctx context.Context, args *waitExitArgs) (any, error) {
	plugin, err := h.plugin(args.Name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := withLimit(ctx, args.TimeoutMS, 10*time.Second)
	defer cancel()
	started := time.Now()
	for !plugin.client.Exited() {
		if err := pause(ctx, milliseconds(exitPoll)); err != nil {
			return nil, fmt.Errorf("plugin %q (pid %d) still runs: %w", plugin.name, plugin.pid, err)
		}
	}
	return plugin.exitReport(time.Since(started)), nil
}

// plugin finds a plugin by name; the empty name is "plugin".
func (h *host) plugin(name string) (*pluginProcess, error) {
	if name == "" {
		name = "plugin"
	}
	return h.plugins.get(name)
}
