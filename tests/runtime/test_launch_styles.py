"""Does `run_plugin` serve a service in every launch style? As real processes, hosts are played."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from goplugin_host import target_of

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 10.0

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
import asyncio, os, sys, threading, time, warnings
print("printed before run_plugin")
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
        return Text(text=f"{request.text}|{self.plugin_id}|{self.host_address}")

    async def say_later(self, request, context, /):
        await asyncio.sleep(0.01)
        return Text(text=threading.current_thread().name)

    def on_stop(self):
        sys.stderr.write("STOPPED\n")
        sys.stderr.flush()

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

    def begin(
        style: str, *arguments: str, shell: str = "", **env: str
    ) -> subprocess.Popen[str]:
        program = folder / "plugin.py"
        program.write_text(PLUGIN)
        command = [sys.executable, str(program), *arguments]
        if shell:
            command = ["sh", "-c", shell.format(" ".join(command))]
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


def test_go_plugin(start: Start) -> None:
    process = start("go-plugin", ECHO="hello")
    assert process.stdout is not None
    fields = process.stdout.readline().rstrip("\n").split("|")
    target = target_of(*fields[2:4])
    assert say(target) == "hi|mine|"
    assert say(target, rpc="SayLater") == "coroutines"
    with pytest.raises(grpc.RpcError) as failure:
        say(target, rpc="Shout")
    assert failure.value.code() is grpc.StatusCode.UNIMPLEMENTED
    with grpc.insecure_channel(target) as channel:
        channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=SECONDS)
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert stdout == ""
    assert "STOPPED" in stderr


def test_go_plugin_that_requires_mutual_tls(start: Start) -> None:
    process = start("mtls", ECHO="hello")
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert (process.returncode, stdout) == (1, "")
    assert "this plugin requires AutoMTLS" in stderr


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


LEVELS = "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"


def test_socket_argument(start: Start, folder: Path) -> None:
    process, path = socket_process(start, folder)
    assert path.stat().st_mode & 0o777 == 0o600
    assert say(f"unix:{path}") == "hi|mine|"
    assert say(f"unix:{path}", "raise") == "raise|mine|"
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert (process.returncode, stderr) == (0, "STOPPED\n")
    assert not path.exists()
    lines = stdout.splitlines()
    assert all(line.partition(" ")[0] in LEVELS for line in lines), stdout
    assert "INFO made" in lines
    assert "INFO [stdout] printed before run_plugin" in lines
    assert {"INFO [stdout] a print", "INFO [stdout] of two lines"} < set(lines)
    assert any(line.startswith("INFO [stdout] written") for line in lines)
    assert r"WARNING two\nlines \x1b[31m and hi" in lines
    (failure,) = (line for line in lines if line.startswith("ERROR"))
    assert re.fullmatch(
        r"ERROR it failed\\nTraceback .*ValueError: inner\\ntext", failure
    )


class ListensLate:
    """Stands for a grpc server that takes its time between the two steps of listening."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[bool] = []

    def add_insecure_port(self, target: str) -> int:
        self.made = socket.socket(socket.AF_UNIX)
        self.made.bind(target.removeprefix("unix:"))
        self.seen.append(self.path.exists())
        self.made.listen()
        return 1


def test_the_socket_is_there_when_it_listens(folder: Path) -> None:
    """Hosts poll for the file, connect, and some try no second time."""
    from plugwright_runtime.socket_argument import UnixAddress

    server = ListensLate(folder / "s.sock")
    address = UnixAddress(str(server.path))
    asyncio.run(address.listen(server))
    assert server.seen == [False]
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(server.path))
    address.release()
    assert not list(folder.iterdir())
    server.made.close()


def test_the_log_as_json_with_details(start: Start, folder: Path) -> None:
    import json

    process, path = socket_process(start, folder, "--debug", "--json")
    assert say(f"unix:{path}") == "hi|mine|"
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    records = [json.loads(line) for line in stdout.splitlines()]
    assert {"level": "INFO", "message": "made", "logger": "plugin"} in records
    assert any(r["level"] == "DEBUG" and "SIGINT" in r["message"] for r in records)
    assert "two\nlines \x1b[31m and hi" in [r["message"] for r in records]


def test_tcp_outlives_its_parent(start: Start, folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    parent = start(
        "socket-argument",
        f"127.0.0.1:{port}",
        "--tcp",
        shell="{} & echo $!; read wait",
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    try:
        parent.kill()
        parent.wait(SECONDS)
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(SECONDS)
        assert say(f"127.0.0.1:{port}") == "hi|mine|"
    finally:
        os.kill(pid, signal.SIGTERM)


def test_it_ends_with_a_parent_that_did_not_exec(start: Start, folder: Path) -> None:
    path = folder / "s.sock"
    shell = start("socket-argument", str(path), shell="{} & echo $!; wait")
    until(path.exists)
    shell.kill()
    shell.wait(SECONDS)
    until(lambda: not path.exists())


def test_a_stale_socket_is_replaced(start: Start, folder: Path) -> None:
    path = folder / "s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    path.chmod(0o755)
    process = start("socket-argument", str(path))
    until(lambda: path.exists() and path.stat().st_mode & 0o777 == 0o600)
    assert say(f"unix:{path}") == "hi|mine|"
    assert process.poll() is None


def refused(process: subprocess.Popen[str]) -> str:
    stdout, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    (line,) = (x for x in stdout.splitlines() if x.startswith("ERROR"))
    return line


def test_a_file_that_is_no_socket_is_kept(start: Start, folder: Path) -> None:
    path = folder / "s.sock"
    path.write_text("precious")
    assert "is there and no socket" in refused(start("socket-argument", str(path)))
    assert path.read_text() == "precious"


def test_a_socket_in_use_is_kept(start: Start, folder: Path) -> None:
    path = folder / "s.sock"
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(str(path))
        alive.listen()
        assert "another process listens" in refused(start("socket-argument", str(path)))
        assert path.exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere", "--tcp"], "no TCP address"),
        (["x" * 120], "longer than"),
        (["/nowhere/s.sock"], "cannot listen on /nowhere/s.sock"),
    ],
)
def test_an_address_that_cannot_be(
    start: Start, arguments: list[str], text: str
) -> None:
    assert text in refused(start("socket-argument", *arguments))


def test_a_second_signal_ends_it_at_once(start: Start, folder: Path) -> None:
    process, path = socket_process(start, folder)
    with grpc.insecure_channel(f"unix:{path}") as channel:
        call = channel.unary_unary("/echo.Echo/Say").future(b"\n\x04hang")
        wait_for_line(process, "and hang")
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 143
        assert not path.exists()
        call.cancel()


def test_a_call_that_hangs_costs_the_grace(start: Start, folder: Path) -> None:
    process, path = socket_process(start, folder)
    with grpc.insecure_channel(f"unix:{path}") as channel:
        call = channel.unary_unary("/echo.Echo/Say").future(b"\n\x04hang")
        wait_for_line(process, "and hang")
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)
        assert 1.0 < time.monotonic() - before < 4.0  # grace-seconds is 2.5
        call.cancel()


def port_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert re.fullmatch(r"\d+\n", line)
    return f"127.0.0.1:{line.strip()}"


def test_port_on_stdout(start: Start) -> None:
    process = start("port-on-stdout", "--verbose", "127.0.0.1:4")
    target = port_of(process)
    assert say(target) == "hi|mine|127.0.0.1:4"
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert (process.returncode, stdout) == (0, "")
    for text in ("printed before run_plugin", "a print", "written", "STOPPED"):
        assert text in stderr
    assert "WARNING plugin: two" in stderr


@pytest.mark.parametrize("end", ["stdin", "SIGINT", "parent"])
def test_port_on_stdout_ends(start: Start, end: str) -> None:
    shell = "{} & echo $! >&2; wait" if end == "parent" else ""
    process = start("port-on-stdout", shell=shell, ECHO_LOG="debug")
    target = port_of(process)
    assert say(target) == "hi|mine|"
    if end == "stdin":
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    elif end == "SIGINT":
        process.send_signal(signal.SIGINT)
    else:
        process.kill()
    # stderr ends when nobody has it open any more
    _, stderr = process.communicate(timeout=SECONDS)
    assert process.returncode == (-signal.SIGKILL if end == "parent" else 0)
    assert "STOPPED" in stderr
