// Command plugwright-host is a go-plugin host for tests: it starts plugins with the real
// go-plugin client, drives any gRPC protocol that a descriptor set describes, and is steered by
// JSON lines. README.md lists the commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// pathList is a flag that may be given several times.
type pathList []string

func (p *pathList) String() string { return strings.Join(*p, ",") }

func (p *pathList) Set(value string) error {
	*p = append(*p, value)
	return nil
}

func main() {
	var descriptors pathList
	flag.Var(&descriptors, "descriptors", "serialized FileDescriptorSet with its imports (repeatable)")
	script := flag.String("script", "", "run the commands of this file one after the other instead of reading stdin")
	flag.Parse()
	if err := run(descriptors, *script); err != nil {
		fmt.Fprintln(os.Stderr, "plugwright-host:", err)
		os.Exit(1)
	}
}

// run serves commands until they end, "exit" comes, or the process is asked to stop.
func run(descriptors []string, script string) error {
	schema, err := loadSchema(descriptors)
	if err != nil {
		return err
	}
	commands, err := openCommands(script)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	host := newHost(ctx, schema, os.Stdout)
	defer host.shutdown()
	host.announce()
	read := make(chan error, 1)
	go func() { read <- host.serve(commands, script != "") }()
	select {
	case err := <-read:
		if !errors.Is(err, io.EOF) {
			return err
		}
	case <-host.quit:
	case <-ctx.Done():
	}
	return nil
}

// openCommands returns the stream of commands. Standard input is replaced by /dev/null before any
// plugin starts: go-plugin hands os.Stdin to the plugin, which could otherwise read our commands.
func openCommands(script string) (io.Reader, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	stdin := os.Stdin
	os.Stdin = null
	if script == "" {
		return stdin, nil
	}
	return os.Open(script)
}
