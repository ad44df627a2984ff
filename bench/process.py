"""What does a plugin's process cost: CPU per call, and the time until it serves?"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from generation import ROOT
from measure import ENVIRON, Result

SDK = ROOT / "generated" / "mattermost"
HELLO = ROOT / "examples" / "hello" / "plugin.py"
HOOK = "/mattermost.pluginapi.v1.PluginHooks/MessageWillBePosted"
CALLS, AT_ONCE, ROUNDS, STARTS = 800, 16, 13, 11

_ENV = ENVIRON | {"PYTHONPATH": f"{SDK}{os.pathsep}{ROOT / 'runtime'}"}
_COOKIE = {"MATTERMOST_PLUGIN": "Securely message teams, anywhere."}
_IMPORT = "import grpc.aio; print(1, flush=True)"
_PLUGIN = """
from mattermost_plugin import HookName, Plugin, hook, models, run_plugin

class Echo(Plugin):
    @hook(HookName.MessageWillBePosted)
    {function} edit(
        self, context: models.PluginContext, post: models.Post
    ) -> models.Post:
        return post

run_plugin(Echo)
"""
_BARE = """
import asyncio, sys, threading
from concurrent.futures import ThreadPoolExecutor
import grpc, grpc.aio
from mattermost_plugin._package import PACKAGE

message = PACKAGE.codec("mattermost.pluginapi.v1.MessageWillBePostedRequest").message

threads = ThreadPoolExecutor()

async def coroutine(request, context):
    return request

async def elsewhere(request, context):
    answer = asyncio.run_coroutine_threadsafe(coroutine(request, context), loop)
    return await asyncio.wrap_future(answer)

if sys.argv[2] == "elsewhere":
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

async def function(request, context):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, lambda: request)

class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(
            globals()[sys.argv[2]],
            request_deserializer=message.FromString,
            response_serializer=message.SerializeToString,
        )

async def main():
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Echo(),))
    server.add_insecure_port("unix:" + sys.argv[1])
    await server.start()
    print("1|1|unix|" + sys.argv[1] + "|grpc|", flush=True)
    await server.wait_for_termination()

asyncio.run(main())
"""


def results(scratch: Path) -> Iterator[Result]:
    yield from _cpu(scratch)
    yield _start()


def _cpu(scratch: Path) -> Iterator[Result]:
    """CPU of the server's process per call, with `AT_ONCE` calls under way."""
    programs = {
        "coroutine": (_PLUGIN.format(function="async def"), _COOKIE),
        "function": (_PLUGIN.format(function="def"), _COOKIE),
        "bare coroutine": (_BARE, {}),
        "bare elsewhere": (_BARE, {}),
        "bare function": (_BARE, {}),
    }
    with ExitStack() as stack:
        servers = {}
        for name, (code, env) in programs.items():
            path = scratch / f"{name}.py"
            path.write_text(code)
            socket = path.with_suffix(".sock")
            command = [sys.executable, str(path), str(socket), name.split()[-1]]
            servers[name] = stack.enter_context(_server(command, _ENV | env))
        spent = asyncio.run(_rounds(servers))
    for name, bare, place, target in (
        ("coroutine", "coroutine", "", 1.15),
        # As ours do: coroutines of a plugin are kept away from the server's loop.
        ("coroutine", "elsewhere", ", on a loop of its own", None),
        ("function", "function", ", in a thread", 1.15),
    ):
        pairs = zip(spent[name], spent[f"bare {bare}"], strict=True)
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        note = f"{statistics.median(spent[name]) * 1e6:.0f} µs of CPU a call"
        floor = f"echo on a bare grpc.aio server{place}"
        yield Result(f"server CPU of a hook, {name}", floor, ratio, target, note)


@contextmanager
def _server(command: list[str], env: dict[str, str]) -> Iterator[tuple[int, str]]:
    """The process of a server and where to reach it."""
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            fields = process.stdout.readline().split("|")
            prefix = "unix:" if fields[2] == "unix" else ""
            yield process.pid, prefix + fields[3]
        finally:
            process.terminate()


async def _rounds(servers: dict[str, tuple[int, str]]) -> dict[str, list[float]]:
    """name -> CPU seconds per call, a value per round; the servers in turn."""
    import grpc.aio

    sys.path.insert(0, str(SDK))
    from conversion import mattermost_post
    from mattermost_plugin import models
    from plugwright_runtime.codec import encode

    context = models.PluginContext(session_id="s" * 26, request_id="r" * 26)
    post = mattermost_post(models)
    post.metadata = None  # as a post that is being created
    data = encode(models.MessageWillBePostedRequest(plugin_context=context, post=post))
    spent: dict[str, list[float]] = {name: [] for name in servers}
    for turn in range(ROUNDS + 1):
        for name, (pid, target) in servers.items():
            async with grpc.aio.insecure_channel(target) as channel:
                call = channel.unary_unary(HOOK)
                await call(data, timeout=10)
                before = _cpu_of(pid)
                await asyncio.gather(*(_caller(call, data) for _ in range(AT_ONCE)))
                if turn:  # the first warms up
                    per_call = (_cpu_of(pid) - before) / (CALLS // AT_ONCE * AT_ONCE)
                    spent[name].append(per_call)
    return spent


async def _caller(call: Any, data: bytes) -> None:
    for _ in range(CALLS // AT_ONCE):
        await call(data)


def _cpu_of(pid: int) -> float:
    """CPU seconds of all threads of a process, to the microsecond; Linux only."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _start() -> Result:
    """From the start of the process to its first line, which is the handshake."""
    subject, floor = [sys.executable, str(HELLO)], [sys.executable, "-c", _IMPORT]
    ratios, times = [], []
    for turn in range(STARTS + 1):
        ours, theirs = _first_line(subject), _first_line(floor)
        if turn:
            ratios.append(ours / theirs)
            times.append(ours)
    return Result(
        "examples/hello, spawn to handshake",
        "a process that imports grpc.aio and prints",
        statistics.median(ratios),
        None,
        f"{statistics.median(times) * 1e3:.0f} ms",
    )


def _first_line(command: list[str]) -> float:
    start = time.perf_counter()
    env = _ENV | _COOKIE
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"1")
        spent = time.perf_counter() - start
        process.terminate()
    return spent
