package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/hashicorp/go-hclog"
)

type startArgs struct {
	Name     string             `json:"name"` // of the plugin and its connection, default "plugin"
	Argv     []string           `json:"argv"`
	Cwd      string             `json:"cwd"`
	Env      map[string]*string `json:"env"` // over the host's own; null removes a variable
	ClearEnv bool               `json:"clear_env"`
	Cookie   struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"cookie"`
	Versions       []int         `json:"versions"` // application protocol versions, default [1]
	AutoMTLS       bool          `json:"auto_mtls"`
	ClientCert     *certSpec     `json:"client_cert"` // in place of auto_mtls: TLS with this certificate
	MinPort        uint          `json:"min_port"`
	MaxPort        uint          `json:"max_port"`
	UnixSocket     *socketSpec   `json:"unix_socket"`
	Multiplex      bool          `json:"multiplex"`
	StartTimeoutMS float64       `json:"start_timeout_ms"` // default 60 s, as go-plugin has it
	Reattach       *reattachSpec `json:"reattach"`         // in place of argv
}

// failedStartLimit bounds the wait for a process that go-plugin has just killed.
const failedStartLimit = 2 * time.Second

// socketSpec makes go-plugin give the plugin a private directory for its sockets.
type socketSpec struct {
	TempDir string `json:"temp_dir"` // where that directory is made
	Group   string `json:"group"`    // name or number of the group that owns the sockets
}

type reattachSpec struct {
	Address         string `json:"address"`
	PID             int    `json:"pid"`
	ProtocolVersion int    `json:"protocol_version"`
	Test            bool   `json:"test"` // kill leaves the process alone
}

type startResult struct {
	Name        string  `json:"name"`
	PID         int     `json:"pid"`
	Network     string  `json:"network"`
	Address     string  `json:"address"`
	Version     int     `json:"version"`
	HandshakeMS float64 `json:"handshake_ms"` // from the spawn to the handshake line
	ConnectMS   float64 `json:"connect_ms"`   // go-plugin's own connection: stdio, broker, dispense
	TLS         bool    `json:"tls"`
	SocketDir   string  `json:"socket_dir,omitempty"`
}

// start launches a plugin, or attaches to one, and makes its connection known under its name. A
// plugin that does not come up stays known too, so that its logs and exit status can be read.
func (h *host) start(_ context.Context, args *startArgs) (any, error) {
	if args.Name == "" {
		args.Name = "plugin"
	}
	if old, err := h.plugins.get(args.Name); err == nil && old.pid != 0 && !old.client.Exited() {
		return nil, fmt.Errorf("plugin %q still runs: kill it first or choose another name", args.Name)
	}
	plugin := newPluginProcess(args.Name)
	config, err := args.config(plugin)
	if err != nil {
		return nil, err
	}
	plugin.client = goplugin.NewClient(config)
	h.plugins.put(args.Name, plugin)
	h.targets.remove(args.Name)
	started := time.Now()
	plugin.address, err = plugin.client.Start()
	ready := time.Now()
	plugin.pid, _ = strconv.Atoi(plugin.client.ID())
	if err != nil {
		_, _ = plugin.kill(h.cancelledAfter(failedStartLimit)) // until its end is on record
		return nil, fmt.Errorf("plugin did not start: %w", err)
	}
	if plugin.tls = config.TLSConfig; args.Reattach != nil {
		plugin.pid = args.Reattach.PID
	}
	if spawned := plugin.logs.firstAt("starting plugin"); !spawned.IsZero() {
		started = spawned
	}
	if err := plugin.connect(); err != nil {
		return nil, err
	}
	h.targets.put(args.Name, plugin.link.conn)
	return startResult{
		Name: args.Name, PID: plugin.pid, Network: plugin.address.Network(), Address: plugin.address.String(),
		Version: plugin.client.NegotiatedVersion(), HandshakeMS: milliseconds(ready.Sub(started)),
		ConnectMS: milliseconds(time.Since(ready)), TLS: plugin.tls != nil, SocketDir: plugin.socketDir,
	}, nil
}

// config translates the arguments for go-plugin.
func (args *startArgs) config(plugin *pluginProcess) (*goplugin.ClientConfig, error) {
	config := &goplugin.ClientConfig{
		HandshakeConfig:     goplugin.HandshakeConfig{MagicCookieKey: args.Cookie.Key, MagicCookieValue: args.Cookie.Value},
		VersionedPlugins:    map[int]goplugin.PluginSet{},
		AllowedProtocols:    []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:            args.AutoMTLS,
		MinPort:             args.MinPort,
		MaxPort:             args.MaxPort,
		GRPCBrokerMultiplex: args.Multiplex,
		StartTimeout:        duration(args.StartTimeoutMS),
		SkipHostEnv:         true, // the environment is built here: go-plugin lets the host's win
		Logger:              plugin.logger(),
		Stderr:              &plugin.rawStderr,
		SyncStdout:          &plugin.stdout,
		SyncStderr:          &plugin.stderr,
	}
	if len(args.Versions) == 0 {
		args.Versions = []int{1}
	}
	for _, version := range args.Versions {
		config.VersionedPlugins[version] = goplugin.PluginSet{dispensed: &anyPlugin{}}
	}
	if args.Reattach != nil {
		return config, args.reattach(config)
	}
	if len(args.Argv) == 0 {
		return nil, errors.New("start needs argv")
	}
	cmd := exec.Command(args.Argv[0], args.Argv[1:]...)
	cmd.Dir = args.Cwd
	cmd.Env = args.environment()
	plugin.cmd = cmd
	if args.ClientCert != nil {
		if args.AutoMTLS {
			return nil, errors.New("client_cert excludes auto_mtls")
		}
		if err := args.ClientCert.asHost(config, cmd); err != nil {
			return nil, err
		}
	}
	if args.UnixSocket == nil {
		config.Cmd = cmd
		return config, nil
	}
	config.UnixSocketConfig = &goplugin.UnixSocketConfig{TempDir: args.UnixSocket.TempDir, Group: args.UnixSocket.Group}
	config.RunnerFunc = func(logger hclog.Logger, spec *exec.Cmd, dir string) (runner.Runner, error) {
		cmd.Env = append(cmd.Env, spec.Env...)
		plugin.socketDir = dir
		return newProcessRunner(logger, cmd)
	}
	return config, nil
}

func (args *startArgs) reattach(config *goplugin.ClientConfig) error {
	if len(args.Argv) > 0 || args.AutoMTLS {
		return errors.New("reattach excludes argv and auto_mtls")
	}
	address, err := parseAddress(args.Reattach.Address)
	if err != nil {
		return err
	}
	version := args.Reattach.ProtocolVersion
	config.Plugins = config.VersionedPlugins[args.Versions[0]]
	config.Reattach = &goplugin.ReattachConfig{
		Protocol: goplugin.ProtocolGRPC, ProtocolVersion: version, Addr: address,
		Pid: args.Reattach.PID, Test: args.Reattach.Test,
	}
	return nil
}

// environment is the host's own with the changes of the command.
func (args *startArgs) environment() []string {
	var result []string
	if !args.ClearEnv {
		for _, pair := range os.Environ() {
			name, _, _ := strings.Cut(pair, "=")
			if _, changed := args.Env[name]; !changed {
				result = append(result, pair)
			}
		}
	}
	for name, value := range args.Env {
		if value != nil {
			result = append(result, name+"="+*value)
		}
	}
	return result
}

// parseAddress reads "127.0.0.1:5000", "tcp:127.0.0.1:5000", "unix:/path" and "unix:///path".
func parseAddress(text string) (net.Addr, error) {
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		return net.ResolveUnixAddr("unix", strings.TrimPrefix(path, "//"))
	}
	return net.ResolveTCPAddr("tcp", strings.TrimPrefix(text, "tcp:"))
}
