"""Does a record come into the log whatever it holds, and so what nobody catches?"""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from plugwright_runtime.process import children, levels, uncaught
from plugwright_runtime.process.diversion import Diversion, Lines
from plugwright_runtime.process.line_handler import LineHandler
from plugwright_runtime.process.line_writer import LineWriter
from plugwright_runtime.process.records import MAX_TEXT, cut, missing_as_text, record_text


class Unreadable:
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


def record(text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("t", logging.INFO, "", 0, text, args, None)


def test_what_is_printed_last_needs_no_line_break(tmp_path: Path) -> None:
    number = os.open(tmp_path / "stdout", os.O_WRONLY | os.O_CREAT)
    lines: list[bytes] = []
    cut = Lines(lines.append)
    diverted = Diversion(number, cut.write, cut.flush)
    os.write(number, b"one\ntwo")
    diverted.finish(30.0)
    children.leave_to(diverted.real)
    for descriptor in (number, diverted.real):
        os.close(descriptor)
    assert lines == [b"one\n", b"two"]


def test_the_stack_that_was_asked_for_is_in_the_log() -> None:
    asked = record("here")
    asked.stack_info = "Stack (most recent call last):\n  a line"
    assert record_text(asked) == "here\nStack (most recent call last):\n  a line"


def message(record: logging.LogRecord) -> bytes:
    return f"{record.getMessage()}\n".encode()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        os.close(end)


def test_a_record_without_a_line_is_told_of(pipe: tuple[int, int]) -> None:
    handler = LineHandler(LineWriter(os.dup(pipe[1]), missing_as_text), message)
    handler.handle(record("%d items", "no"))
    handler.handle(record("%d items", 7))
    handler.flush()
    handler.close()
    told = b"ERROR a log record could not be written: TypeError\n7 items\n"
    assert os.read(pipe[0], 1000) == told


def test_a_style_may_have_its_own_line_for_that(pipe: tuple[int, int]) -> None:
    writer = LineWriter(os.dup(pipe[1]), missing_as_text)
    handler = LineHandler(writer, message, lambda r: b"a record of %s\n" % r.name.encode())
    handler.handle(record("%d items", "no"))
    handler.flush()
    handler.close()
    assert os.read(pipe[0], 1000) == b"a record of t\n"


def test_the_text_of_a_record_ends_and_never_raises() -> None:
    assert record_text(record("%d", Unreadable())).endswith(
        "(the arguments do not fit the message)"
    )
    assert "<Unreadable object without a text>" in record_text(record(Unreadable()))  # type: ignore[arg-type]
    long = record_text(record("a" * MAX_TEXT + "b"))
    assert len(long) == MAX_TEXT
    assert long.endswith("ab")
    assert record_text(record("a" * MAX_TEXT)) == "a" * MAX_TEXT


@pytest.mark.parametrize("limit", range(45))
def test_cutting_keeps_to_the_limit(limit: int) -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(200))
    short = cut(text, limit)
    assert len(short) == limit
    assert text.startswith(short.partition(" ...[")[0])


def test_libraries_are_quiet_at_debug() -> None:
    loggers = [logging.getLogger(name) for name in ("asyncio", "grpc")]
    before = [logger.level for logger in loggers]
    try:
        levels.quiet_libraries()
        assert [logger.isEnabledFor(logging.DEBUG) for logger in loggers] == [False, False]
        assert [logger.isEnabledFor(logging.INFO) for logger in loggers] == [True, True]
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@pytest.fixture
def logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> pytest.LogCaptureFixture:
    for owner, name in (
        (sys, "excepthook"),
        (threading, "excepthook"),
        (sys, "unraisablehook"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # put back at the end
    uncaught.log_uncaught()
    return caplog


def test_an_uncaught_exception_is_one_critical_record(logged: pytest.LogCaptureFixture) -> None:
    error = ValueError("lost")
    sys.excepthook(ValueError, error, None)
    (found,) = logged.records
    assert (found.name, found.levelname) == ("plugwright.process", "CRITICAL")
    assert found.exc_info is not None
    assert found.exc_info[1] is error


def test_a_thread_that_fails_is_named(logged: pytest.LogCaptureFixture) -> None:
    def fail(error: BaseException) -> None:
        raise error

    for error in (ValueError("lost"), SystemExit(3)):
        thread = threading.Thread(target=fail, args=(error,), name="worker-7")
        thread.start()
        thread.join(60)
    assert [r.getMessage() for r in logged.records] == ["uncaught exception in thread worker-7"]


def test_what_python_must_ignore_is_told(logged: pytest.LogCaptureFixture) -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError("lost")

    Failing()
    gc.collect()
    (found,) = logged.records
    assert "Failing.__del__" in found.getMessage()
    assert found.levelname == "ERROR"
