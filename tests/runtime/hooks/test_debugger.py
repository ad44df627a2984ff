"""Does a hook wait for somebody who looks at it with a debugger?"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mattermost_plugin import HookName, Plugin, UnavailableError, hook, models
from mattermost_plugin.testing import PluginHarness
from plugwright_runtime.loops import debugger

SDK = Path(models.__file__ or "").parents[2]
PROGRAM = """
from mattermost_plugin import HookName, Plugin, Reject, hook, models
from mattermost_plugin.testing import PluginHarness

class P(Plugin):
    @hook(HookName.MessageWillBePosted, timeout=0.2)
    def f(self, context: models.PluginContext, post: models.Post) -> Reject:
        breakpoint()
        self.api.log_info("still there")
        return Reject("seen")

with PluginHarness(P) as harness:
    harness.api.on("LogInfo", models.LogInfoResponse())
    print("answer", harness.hooks.message_will_be_posted(post=models.Post(message="m")))
"""


def test_a_breakpoint_has_no_time_limit(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, "-u", str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PYTHONPATH": str(SDK)},
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        seen = ""
        while not seen.endswith("(Pdb) "):
            character = process.stdout.read(1)
            assert character, seen
            seen += character
        time.sleep(0.6)  # three times as long as the hook may take
        process.stdin.write("continue\n")
        process.stdin.close()
        rest = process.stdout.read()
        assert "rejection_reason='seen'" in rest
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def waiting(module: str) -> Any:
    """A function of that module, which waits for an event."""
    names: dict[str, Any] = {"__name__": module}
    exec("def wait(event): return event.wait(20)", names)
    return names["wait"]


@pytest.mark.parametrize("module", ["pdb", "ipdb", "IPython.core.debugger", "pudb"])
def test_debuggers_are_known_by_their_frames(module: str) -> None:
    event = threading.Event()
    thread = threading.Thread(target=waiting(module), args=(event,))
    thread.start()
    try:
        assert debugger.attached()
    finally:
        event.set()
        thread.join()
    assert not debugger.attached()


def test_one_of_an_editor_is_known_by_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    editor: Any = type(sys)("debugpy")
    monkeypatch.setitem(sys.modules, "debugpy", editor)
    assert not debugger.attached()  # half imported
    editor.is_client_connected = lambda: False
    assert not debugger.attached()
    editor.is_client_connected = lambda: True
    assert debugger.attached()


def test_one_that_monitors_is_known_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sys.monitoring` is there from Python 3.12 on."""
    tools: dict[int, str] = {}
    monitoring = SimpleNamespace(DEBUGGER_ID=0, COVERAGE_ID=1, get_tool=tools.get)
    monkeypatch.setattr(sys, "monitoring", monitoring, raising=False)
    tools[monitoring.COVERAGE_ID] = "coverage"
    assert not debugger.attached()
    tools[monitoring.DEBUGGER_ID] = "a debugger"
    assert debugger.attached()


def test_a_trace_function_alone_is_no_debugger() -> None:
    """Such as that of a tool that measures coverage."""

    def trace(*_: Any) -> Any:
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert not debugger.attached()
    finally:
        sys.settrace(before)


def test_without_one_the_limit_holds() -> None:
    release = threading.Event()

    class Slow(Plugin):
        @hook(HookName.UserHasBeenCreated, timeout=0.05)
        def f(self, context: models.PluginContext, user: models.User) -> None:
            release.wait(20)

    with PluginHarness(Slow) as harness:
        with pytest.raises(UnavailableError, match=r"took longer than 0\.05 s"):
            harness.hooks.user_has_been_created(user=models.User())
        release.set()
