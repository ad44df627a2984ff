"""Does a log that nobody reads, or a log handler that never returns, hold up anything?"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from kit.goplugin.host import (
    COOKIE,
    Host,
    end,
    program,
    read_handshake,
    spawn,
    start_plugin,
)
from plugwright_runtime.process import patient_logging
from plugwright_runtime.process.line_writer import LineWriter

CHECK = "/grpc.health.v1.Health/Check"
SERVING = b"\x08\x01"
SECONDS = 20.0  # far beyond what a plugin with a grace of half a second takes

FLOOD = """
log = logging.getLogger("t")
async def rpc_FloodOnTheLoop(request, context):
    for _ in range(3000):
        log.info("x" * 1000)
    return b""
def flood(raw):
    for _ in range(3000):
        log.info("x" * 1000)
        if raw:
            os.write(2, b"y" * 1000 + b"\\n")
async def rpc_FloodInAThread(request, context):
    await asyncio.to_thread(flood, raw=True)
    return b""
async def rpc_Records(request, context):
    await asyncio.to_thread(flood, raw=False)
    return b""
"""


@contextlib.contextmanager
def unread(source: str, path: Path) -> Iterator[Host]:
    """A running plugin whose stderr nobody reads."""
    with spawn(source, path, **COOKIE) as process:
        try:
            host = Host(process, read_handshake(process))
            try:
                yield host
            finally:
                host.channel.close()
        finally:
            end(process)


@pytest.mark.parametrize("how", ["Shutdown", "SIGTERM", "the grace"])
@pytest.mark.parametrize("where", ["OnTheLoop", "InAThread"])
def test_a_plugin_whose_log_nobody_reads_answers_and_stops(
    tmp_path: Path, how: str, where: str
) -> None:
    source = program(
        FLOOD + "async def rpc_Block(request, context): time.sleep(60)",
        "{'grace_seconds': 0.5}",
    )
    with unread(source, tmp_path) as host:
        host.app(f"Flood{where}", timeout=SECONDS)
        assert host.call(CHECK, timeout=SECONDS) == SERVING
        if how == "Shutdown":
            host.call("/plugin.GRPCController/Shutdown", timeout=SECONDS)
        elif how == "the grace":
            call = host.channel.unary_unary("/test.App/Block").future(b"")
            assert not call.done()
            host.process.terminate()
        else:
            host.process.terminate()
        host.process.wait(SECONDS)
        assert not os.path.exists(host.address)


def test_what_was_dropped_is_told_once_somebody_reads(tmp_path: Path) -> None:
    with unread(program(FLOOD), tmp_path) as host:
        host.app("Records", timeout=SECONDS)
        reader = threading.Thread(target=host.read_log, args=(host.process.stderr,), daemon=True)
        reader.start()
        told = host.wait_for_log("lines of the log are missing", SECONDS)
        assert told["@level"] == "warn"
        missing = int(told["@message"].split()[0])
        host.app("Records", timeout=SECONDS)
        assert host.shut_down() == 0
        reader.join(SECONDS)
    records = [json.loads(line) for line in host.log]
    told_later = [r for r in records if "are missing" in r["@message"]][1:]
    missing += sum(int(r["@message"].split()[0]) for r in told_later)
    assert missing + len([r for r in records if r["@message"][0] == "x"]) == 6000


def test_what_waits_is_written_at_a_normal_end(tmp_path: Path) -> None:
    """Half a megabyte waits when the process ends, and the host reads slowly."""
    source = program("""
        async def on_stop():
            for number in range(500):
                logging.info("%d %s", number, "x" * 1000)
            os.write(2, b"without an end")
    """)
    with start_plugin(source, tmp_path) as host:
        host.call("/plugin.GRPCController/Shutdown")
        assert host.process.wait(SECONDS) == 0
        host.wait_for_log("499 x")
        host.wait_for_raw("without an end")


STUCK = """
class Stuck(logging.Handler):
    def emit(self, record):
        os.write(2, b"stuck\\n")
        threading.Event().wait()
logging.getLogger().addHandler(Stuck())
log = logging.getLogger("t")
async def rpc_Fail(request, context):
    raise ValueError("logged by grpc on the transport's loop")
async def rpc_Sleep(request, context):
    os.write(2, b"sleeps\\n")
    time.sleep(60)
"""


def test_a_log_handler_that_never_returns_holds_up_its_own_thread_alone(
    tmp_path: Path,
) -> None:
    with start_plugin(program(STUCK, "{'grace_seconds': 0.5}"), tmp_path) as host:
        for _ in range(3):
            with pytest.raises(Exception, match="ValueError"):
                host.app("Fail", timeout=SECONDS)
        host.wait_for_raw("stuck")
        assert host.call(CHECK, timeout=SECONDS) == SERVING
        call = host.channel.unary_unary("/test.App/Sleep").future(b"")
        host.wait_for_raw("sleeps")
        assert not call.done()
        host.process.terminate()
        assert host.process.wait(SECONDS) == 1, "ended by the guardian"
        assert not os.path.exists(host.address)


def test_a_log_that_gets_no_thread_goes_on_with_a_later_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    seen: SimpleQueue[str] = SimpleQueue()
    courier = patient_logging._Courier()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuses)
        courier.take(seen.put, "first")
    courier.take(seen.put, "second")
    assert [seen.get(timeout=SECONDS) for _ in range(2)] == ["first", "second"]


def test_a_thread_that_must_go_on_waits_for_no_handler() -> None:
    class Slow(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            done.wait(SECONDS)
            wrote.append(threading.get_ident())

    done, wrote, ours = threading.Event(), list[int](), threading.get_ident()
    log = logging.Logger("slow")
    log.addHandler(Slow())
    patient_logging.keep_going(ours)
    try:
        log.warning("while the handler is stuck")
        assert wrote == []
        done.set()
        patient_logging.flush(SECONDS)
    finally:
        patient_logging.may_wait(ours)
    assert len(wrote) == 1
    assert ours not in wrote
    log.warning("and after that")
    assert wrote[1:] == [ours]


def notice(number: int) -> bytes:
    return f"{number} missing\n".encode()


@pytest.mark.parametrize("kind", ["pipe", "socket", "file"])
def test_lines_come_whole_and_in_order(tmp_path: Path, kind: str) -> None:
    """A pipe that is opened once more, one that cannot be, and what is never full."""
    import socket

    if kind == "socket":
        near, far = socket.socketpair()
        reading, writing = far.detach(), near.detach()
    elif kind == "pipe":
        reading, writing = os.pipe()
    else:
        file = tmp_path / "log"
        writing = os.open(file, os.O_WRONLY | os.O_CREAT)
        reading = os.open(file, os.O_RDONLY)
    writer = LineWriter(writing, notice)
    lines = [b"%d " % number + b"z" * 5000 + b"\n" for number in range(150)]
    for line in lines:
        writer.write(line)
    found = b""
    while len(found) < sum(map(len, lines)):
        found += os.read(reading, 65536)
    assert found == b"".join(lines)
    writer.close(1)
    os.close(reading)
    writer.write(b"nobody reads\n")
    os.close(writing)


def test_a_log_call_in_a_signal_handler_of_the_same_thread() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(writing, notice)
    former = signal.signal(signal.SIGUSR1, lambda *_: writer.write(b"signal\n"))
    try:
        with writer._changed:  # as if the signal came in the middle of a write
            signal.raise_signal(signal.SIGUSR1)
        writer.write(b"later\n")
    finally:
        signal.signal(signal.SIGUSR1, former)
    assert os.read(reading, 100) == b"signal\nlater\n"
    writer.close(1)
    os.close(reading)
    os.close(writing)


def test_threads_that_are_not_ours_log_where_they_are() -> None:
    """What a test or another program logs is handled before the call returns."""
    seen: list[int] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(threading.get_ident())

    logger = logging.Logger("alone")
    logger.addHandler(Handler())
    logger.warning("x")
    assert seen == [threading.get_ident()]
