"""What holds of logs, children and signals, in the styles that are not go-plugin's."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

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
    wait_for_line,
)

USED = sdk, folder, start
STYLES = ["socket-argument", "port-on-stdout"]


def begin(start: Start, folder: Path, style: str, **env: str) -> tuple[subprocess.Popen[str], str]:
    """A running plugin and its target."""
    if style == "socket-argument":
        process, path = socket_process(start, folder, **env)
        return process, f"unix:{path}"
    process = start(style, **env)
    return process, port_of(process)


@pytest.mark.parametrize("style", STYLES)
def test_a_log_that_nobody_reads_holds_up_nothing(start: Start, folder: Path, style: str) -> None:
    process, target = begin(start, folder, style)
    assert say(target, "flood") == "flood|mine|"
    assert say(target) == "hi|mine|"
    process.terminate()
    assert process.wait(SECONDS) in (0, 1)
    log = process.stdout if style == "socket-argument" else process.stderr
    assert log is not None
    assert "flood" in log.read()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("child", ["program", "fork"])
def test_a_child_that_outlives_the_plugin_keeps_nothing_of_it(
    start: Start, folder: Path, style: str, child: str
) -> None:
    process, target = begin(start, folder, style)
    pid = int(say(target, child).partition("|")[0])
    try:
        process.terminate()
        process.communicate(timeout=SECONDS)  # ends when nobody has the pipes open
        assert process.returncode == 0
        os.kill(pid, 0)
        assert process.stdin is not None
    finally:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("style", STYLES)
def test_two_signals_at_once_are_one(start: Start, folder: Path, style: str) -> None:
    process, target = begin(start, folder, style)
    assert say(target) == "hi|mine|"
    process.send_signal(signal.SIGINT)
    process.terminate()
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0


@pytest.mark.parametrize("style", STYLES)
def test_streams_of_the_programs_own(start: Start, folder: Path, style: str) -> None:
    process, target = begin(start, folder, style, ECHO_STREAMS="object")
    assert say(target) == "hi|mine|"
    process.terminate()
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert "two" in (stdout if style == "socket-argument" else stderr)


def test_a_handler_of_the_programs_own_that_prints(start: Start, folder: Path) -> None:
    """What is printed becomes a record, which must not be printed again."""
    process, path = socket_process(start, folder, ECHO_STREAMS="basic")
    assert say(f"unix:{path}", "once") == "once|mine|"
    process.terminate()
    stdout, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert stdout.count("and once") <= 3


@pytest.mark.parametrize(
    ("words", "host", "others"),
    [
        (["127.0.0.1:4"], "127.0.0.1:4", ""),
        (["--tracing", "tcp://127.0.0.1:7", "127.0.0.1:4", "-v=9", "pack"], "127.0.0.1:4",
         "--tracing tcp://127.0.0.1:7 -v=9 pack"),
        (["--address=127.0.0.1:7", "[::1]:4"], "[::1]:4", "--address=127.0.0.1:7"),
        (["http://127.0.0.1:7/", "a:99999"], "", "http://127.0.0.1:7/ a:99999"),
        ([], "", ""),
    ],
)  # fmt: skip
def test_the_hosts_address_among_other_arguments(
    start: Start, words: list[str], host: str, others: str
) -> None:
    target = port_of(start("port-on-stdout", *words))
    assert say(target) == f"hi|mine|{host}"
    assert say(target, "arguments").partition("|")[0] == others


def test_what_was_printed_before_the_port(start: Start) -> None:
    process = start("port-on-stdout", ECHO_EARLY="print", ECHO_STREAMS="")
    assert process.wait(SECONDS) == 1
    stdout, stderr = process.communicate()
    assert stdout == "too early"
    (line,) = (line for line in stderr.splitlines() if line.startswith("ERROR"))
    assert "9 bytes were printed on stdout before run_plugin" in line
    assert "Traceback" not in stderr


@pytest.mark.parametrize("style", STYLES)
def test_an_interrupt_while_importing(start: Start, folder: Path, style: str) -> None:
    process = start(style, str(folder / "s.sock"), ECHO_EARLY="wait")
    marker = folder / "importing"
    end = time.monotonic() + SECONDS
    while not marker.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert process.returncode == -signal.SIGINT
    assert stderr == "interrupted while importing: the plugin has not served\n"
    assert stdout == "printed before run_plugin\n"


def test_the_log_goes_on_after_a_burst(start: Start, folder: Path) -> None:
    process, path = socket_process(start, folder)
    assert say(f"unix:{path}", "flood") == "flood|mine|"
    wait_for_line(process, "lines of the log are missing")
    assert say(f"unix:{path}", "later") == "later|mine|"
    wait_for_line(process, "and later")
