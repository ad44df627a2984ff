package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

// TestReadmeExamples runs every example without a plugin: arguments must be known, and no command
// may be left out.
func TestReadmeExamples(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	shown := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, `{"cmd"`) {
			continue
		}
		example, err := parseCommand([]byte(line))
		if err != nil {
			t.Errorf("%v in %s", err, line)
			continue
		}
		shown[example.name] = true
		if run := handlers[example.name]; run == nil {
			t.Errorf("unknown command in %s", line)
		} else if example.name == "start" {
			err = decodeStrict(example.args, &startArgs{}) // it would run
			if err != nil {
				t.Errorf("%v in %s", err, line)
			}
		} else if _, err := run(s.host, ended, example.args); err != nil && strings.Contains(err.Error(), "bad arguments") {
			t.Errorf("%v in %s", err, line)
		}
	}
	for name := range handlers {
		if !shown[name] {
			t.Errorf("README.md has no example of %s", name)
		}
	}
}
