"""Does `run_plugin` serve a service in every launch style? As real processes, hosts are played."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import grpc
import pytest
from kit.echo_styles import (
    SECONDS,
    Start,
    folder,
    port_of,
    say,
    sdk,
    socket_process,
    start,
    until,
    wait_for_line,
)
from kit.goplugin.host import target_of

USED = sdk, folder, start


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
    assert re.fullmatch(r"ERROR it failed\\nTraceback .*ValueError: inner\\ntext", failure)


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
    from plugwright_runtime.styles.socket_address import UnixAddress

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


def test_any_free_port_is_told(start: Start) -> None:
    process = start("socket-argument", "127.0.0.1:0", "--tcp", "--debug")
    assert process.stdout is not None
    told = (re.search(r"listening on (127\.0\.0\.1:\d+)", x) for x in process.stdout)
    found = next(match for match in told if match)
    assert say(found[1]) == "hi|mine|"


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
def test_an_address_that_cannot_be(start: Start, arguments: list[str], text: str) -> None:
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
