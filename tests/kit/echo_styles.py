"""How does a test start a plugin of the service Echo in every launch style?

The fixture `start` spawns it; import `sdk` and `folder` beside it. `say` calls it as a host does.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from kit.places import ROOT

SECONDS = 40.0

SLOW = """
import os, pathlib, time
pathlib.Path(os.environ["TMPDIR"], "importing").touch()
time.sleep(100)
"""

PROTO = """
syntax = "proto3";
package echo;
service Echo {
  rpc Say(Text) returns (Text);
  rpc SayLater(Text) returns (Text);
  rpc Shout(Text) returns (Text);
}
message Text { string text = 1; }
"""
STYLES = {
    "go-plugin": 'style = "go-plugin"\ncookie-key = "ECHO"\ncookie-value = "hello"',
    "mtls": (
        'style = "go-plugin"\ncookie-key = "ECHO"\ncookie-value = "hello"\n'
        'auto-mtls = "require"\nmax-message-bytes = 67108864'
    ),
    "socket-argument": 'style = "socket-argument"\ngrace-seconds = 2.5',
    "port-on-stdout": 'style = "port-on-stdout"\nlog-level-envs = ["ECHO_LOG"]',
}
PLUGIN = r"""
import asyncio, contextlib, logging, os, pathlib, subprocess, sys, threading, time, warnings
print("printed before run_plugin")
if os.environ.get("ECHO_EARLY") == "print":
    os.write(1, b"too early")
from echo_sdk import ServicePlugin, run_plugin
from echo_sdk.models import Text
from echo_sdk.servicers import EchoServicer

class Mine(EchoServicer, ServicePlugin):
    def __init__(self):
        assert threading.current_thread() is not threading.main_thread()
        self.logger.info("made")

    def say(self, request, context, /):
        print("a print\nof two lines")
        os.write(1, b"written")
        self.logger.warning("two\nlines \x1b[31m and %s", request.text)
        if request.text == "raise":
            try:
                raise ValueError("inner\ntext")
            except ValueError:
                self.logger.exception("it failed")
        if request.text == "hang":
            time.sleep(60)
        if request.text == "flood":
            for _ in range(3000):
                self.logger.info("flood " + "x" * 1000)
        if request.text == "program":
            code = "import time; time.sleep(100)"
            request.text = str(subprocess.Popen([sys.executable, "-c", code]).pid)
        if request.text == "fork":
            request.text = str(os.fork())
            if request.text == "0":
                time.sleep(100)
                os._exit(0)
        if request.text == "arguments":
            request.text = " ".join(self.host_arguments)
        return Text(text=f"{request.text}|{self.plugin_id}|{self.host_address}")

    async def say_later(self, request, context, /):
        await asyncio.sleep(0.01)
        return Text(text=threading.current_thread().name)

    def on_stop(self):
        with contextlib.suppress(OSError):
            os.write(2, b"STOPPED\n")

if os.environ.get("ECHO_EARLY") == "wait":
    import slow
if os.environ.get("ECHO_STREAMS") == "object":
    sys.stdout = sys.stderr = object()
    Mine.say = lambda self, request, context: (
        self.logger.warning("two") or Text(text=f"{request.text}|mine|")
    )
if os.environ.get("ECHO_STREAMS") == "basic":
    logging.basicConfig(stream=sys.stdout)
run_plugin(Mine)
"""


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder that holds the SDK of a style, generated when it is first asked for."""
    made: dict[str, Path] = {}

    def generate(style: str) -> Path:
        if style not in made:
            folder = made[style] = tmp_path_factory.mktemp("sdk")
            (folder / "echo.proto").write_text(PROTO)
            (folder / "plugwright.toml").write_text(
                '[sdk]\npackage = "echo_sdk"\n[launch]\nservice = "Echo"\nid-env = "ECHO_ID"\n'
                + STYLES[style]
            )
            command = [
                sys.executable,
                "-m",
                "plugwright",
                "generate",
                "plugwright.toml",
            ]
            subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": f"{ROOT}/codegen:{ROOT}/runtime"},
                check=True,
                capture_output=True,
            )
        return made[style]

    return generate


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's: a socket's path has little room."""
    with tempfile.TemporaryDirectory(prefix="styles") as path:
        yield Path(path)


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(sdk: Callable[[str], Path], folder: Path) -> Iterator[Start]:
    """Starts the plugin in a style, with arguments and variables; killed at the end."""
    running: list[subprocess.Popen[str]] = []

    def begin(style: str, *arguments: str, shell: str = "", **env: str) -> subprocess.Popen[str]:
        program = folder / "plugin.py"
        program.write_text(PLUGIN)
        (folder / "slow.py").write_text(SLOW)
        command = [sys.executable, str(program), *arguments]
        if shell:
            command = ["sh", "-c", shell.format(" ".join(command))]
        # A background job of a shell ignores it, and what it starts inherits that.
        usual = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(
            command,
            env={
                **os.environ,
                "PYTHONPATH": f"{sdk(style)}:{ROOT}/runtime",
                "TMPDIR": str(folder),
                "ECHO_ID": "mine",
                "PYTHONUNBUFFERED": "",  # what is printed too early is held back
                **env,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        signal.signal(signal.SIGINT, usual)
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def say(target: str, text: str = "hi", rpc: str = "Say") -> str:
    with grpc.insecure_channel(target) as channel:
        call = channel.unary_unary(f"/echo.Echo/{rpc}")
        answer = call(b"\n" + bytes([len(text)]) + text.encode(), timeout=SECONDS)
    return str(answer[2:].decode())


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def socket_process(
    start: Start, folder: Path, *options: str, **more: str
) -> tuple[subprocess.Popen[str], Path]:
    path = folder / "s.sock"
    process = start("socket-argument", str(path), *options, **more)
    until(lambda: path.exists() or process.poll() is not None)
    return process, path


def wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    """Read the log until a line has `text`; fails if the process ends before."""
    assert process.stdout is not None
    assert any(text in line for line in process.stdout), process.communicate()


def port_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert re.fullmatch(r"\d+\n", line)
    return f"127.0.0.1:{line.strip()}"
