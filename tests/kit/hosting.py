"""How does a test host a plugin? With scripts that play plugins, good ones and others."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from plugwright_runtime.hosts import Options
from plugwright_runtime.rpc.client import ClientOptions
from plugwright_runtime.rpc.client_async import AsyncClient
from plugwright_runtime.rpc.client_sync import SyncClient
from plugwright_runtime.styles.goplugin import PluginSpec

from kit.goplugin.host import program
from kit.places import RUNTIME

SPEC = PluginSpec("PLUGIN_COOKIE", "sesame")
ENV = {"PYTHONPATH": str(RUNTIME)}
OPTIONS = Options(env=ENV, name="played")

ECHO = """
async def rpc_Echo(request, context):
    return request
async def rpc_Pid(request, context):
    return b"%d" % os.getpid()
async def rpc_Die(request, context):
    os.write(2, b"last words\\n")
    await asyncio.sleep(0.3)  # it gets there through a pipe of the plugin's own
    os._exit(3)
async def rpc_Crash(request, context):
    os.kill(os.getpid(), signal.SIGSEGV)
    await asyncio.sleep(9)
async def rpc_Hang(request, context):
    await asyncio.sleep(60)
async def rpc_Env(request, context):
    return os.environ.get(request.decode(), "").encode()
async def rpc_Write(request, context):
    os.write(int(request[:1]), request[1:])
    return b""
async def rpc_Refuse(request, context):
    await context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
async def rpc_Child(request, context):
    return b"%d" % subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid
"""


class App(SyncClient):
    """A client of the service of such a plugin, of bytes."""

    _options = ClientOptions("test.App")

    def call(self, rpc: str, data: bytes = b"", timeout: float = 20.0) -> bytes:
        try:
            answer: bytes = self._call(rpc, "unary_unary")(data, timeout=timeout)
        except Exception as error:
            raise self._failure(error, rpc) from None
        return answer


class AsyncApp(AsyncClient):
    """The same for coroutines."""

    _options = ClientOptions("test.App")

    async def call(self, rpc: str, data: bytes = b"", timeout: float = 20.0) -> bytes:
        call = self._start(rpc, "unary_unary", data, timeout, None)
        answer: bytes = await self._outcome(rpc, call, None)
        return answer


def good(folder: Path, body: str = ECHO, options: str = "{}") -> list[str]:
    """The command of a plugin that behaves."""
    return script(folder, program(body, options))


def script(folder: Path, source: str) -> list[str]:
    """The command of a program."""
    path = folder / f"played_{len(list(folder.iterdir()))}.py"
    path.write_text("import os, sys, time, signal, subprocess\n" + textwrap.dedent(source))
    return [sys.executable, str(path)]


def says(folder: Path, line: str, then: str = "time.sleep(60)") -> list[str]:
    """The command of a program that prints this first, and then does something."""
    return script(folder, f"sys.stdout.write({line!r}); sys.stdout.flush(); {then}")


def children() -> set[int]:
    """The processes that this one has started and not reaped."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def alive(pid: int) -> bool:
    """Whether a process runs, as no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def freeze(pid: int) -> None:
    """Stop a process in its tracks; when this returns, all its threads have."""
    os.kill(pid, signal.SIGSTOP)
    states = Path(f"/proc/{pid}/task")
    until(
        lambda: all(
            (task / "stat").read_text().rpartition(")")[2].split()[0] == "T"
            for task in states.iterdir()
        )
    )


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def records(caplog: Any, name: str) -> Iterator[tuple[str, str]]:
    """Level and text of what a logger was given."""
    for record in caplog.records:
        if record.name == name:
            yield record.levelname, record.getMessage()


def until(condition: Callable[[], bool]) -> None:
    """Wait for it, not for ever."""
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)
