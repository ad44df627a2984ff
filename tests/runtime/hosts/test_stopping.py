"""Does a plugin end when it shall, whatever it does, in bounded time and with what it started?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from kit.hosting import ECHO, ENV, OPTIONS, SPEC, App, alive, freeze, good
from kit.places import RUNTIME, TESTS
from plugwright_runtime.hosts import Host

QUICK = replace(OPTIONS, grace=0.5)

DEAF = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
async def on_stop():
    time.sleep(60)
"""
NO_CONTROLLER = """
from plugwright_runtime.styles.goplugin import services
services.Controller.handler = lambda self: services.generic_handler("other.Controller")
"""


def test_a_frozen_plugin_is_killed_when_its_grace_is_over(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path), QUICK) as plugin:
        freeze(plugin.pid)
    assert plugin.exit is not None
    assert (plugin.exit.signal, plugin.exit.forced) == ("SIGKILL", True)


def test_a_plugin_that_does_not_want_to_stop_is_killed(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path, DEAF), QUICK) as plugin:
        pass
    assert plugin.exit is not None
    assert plugin.exit.forced


def test_a_plugin_without_a_controller_hears_of_the_stop_by_signal(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path, NO_CONTROLLER), replace(OPTIONS, grace=20.0)) as plugin:
        pass
    assert plugin.exit is not None
    assert (plugin.exit.code, plugin.exit.forced) == (0, False)


def test_a_plugin_that_has_ended_is_stopped_as_often_as_one_likes(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path), OPTIONS) as plugin:
        os.kill(plugin.pid, signal.SIGKILL)
        first = plugin.stop()
        threads = [threading.Thread(target=plugin.stop) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert first == plugin.stop() == plugin.exit
    assert not first.forced


def test_stopping_what_never_began_is_nothing() -> None:
    assert Host(SPEC, ["x"]).stop().code is None


@pytest.mark.parametrize("own_group", [True, False])
def test_what_a_plugin_started_ends_with_it_if_it_has_a_group(
    tmp_path: Path, own_group: bool
) -> None:
    """The grandchild holds the plugin's pipes, which hides nothing."""
    body = ECHO.replace("subprocess.Popen(", "subprocess.Popen(stdout=1, stderr=2, args=")
    with Host(SPEC, good(tmp_path, body), replace(OPTIONS, own_group=own_group)) as plugin:
        grandchild = int(plugin.client(App).call("Child"))
        assert alive(grandchild)
    try:
        assert plugin.exit is not None
        assert plugin.exit.code == 0
        assert wait_gone(grandchild, 5.0 if own_group else 0.2) == own_group
    finally:
        if not own_group:
            os.kill(grandchild, signal.SIGKILL)


def wait_gone(pid: int, seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < ends:
        time.sleep(0.01)
    return not alive(pid)


HOST = """
import os, sys
from kit.hosting import SPEC, OPTIONS
from plugwright_runtime.hosts import Host
plugin = Host(SPEC, sys.argv[2:], OPTIONS).start()
print(plugin.pid, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise ValueError", "sys.stdin.read()"])
def test_a_plugin_ends_with_its_host(tmp_path: Path, end: str) -> None:
    """Whether the host ends by itself, or is killed."""
    source = textwrap.dedent(HOST).format(end=end)
    path = os.pathsep.join((str(TESTS), str(RUNTIME)))
    host = subprocess.Popen(
        [sys.executable, "-c", source, "-", *good(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **ENV, "PYTHONPATH": path, "TMPDIR": str(tmp_path)},
    )
    assert host.stdout is not None
    pid = int(host.stdout.readline())
    if "stdin" in end:
        host.kill()
    _, errors = host.communicate(timeout=30)
    assert wait_gone(pid, 10), errors
    if "stdin" not in end:
        assert [*tmp_path.glob("plugin-*")] == []
        assert host.returncode == {"": 0, "sys.exit(3)": 3}.get(end, 1), errors
