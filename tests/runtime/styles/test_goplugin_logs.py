"""Is every log record one line that a Go host parses, whatever the program logs?"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.goplugin import host as goplugin_host
from kit.goplugin.host import COOKIE, program, spawn, start_plugin
from plugwright_runtime.process.levels import level_from
from plugwright_runtime.styles.goplugin.hclog import encode
from plugwright_runtime.styles.goplugin.logs import HclogHandler, missing_records

HOST_BUFFER = 64 * 1024  # a host's line reader gives up beyond this, line break included
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")
assert goplugin_host


def parse(line: bytes) -> dict[str, Any]:
    """Parse as go-plugin does: one object per line, numbers within float64, three strings."""
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) < HOST_BUFFER

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    def number(text: str) -> int:
        assert abs(int(text)) <= 2**53
        return int(text)

    record: dict[str, Any] = json.loads(
        line.decode("utf-8"), parse_constant=refuse, parse_int=number
    )
    for key in ("@message", "@level", "@timestamp"):
        assert type(record[key]) is str
    assert TIMESTAMP.fullmatch(record["@timestamp"])
    assert record["@level"] in ("trace", "debug", "info", "warn", "error")
    return record


class Log:
    """A logger whose records are encoded and parsed."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.logger = logging.Logger("app.part", 1)
        log = self

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                log.records.append(parse(encode(record)))

        self.logger.addHandler(Handler())

    @property
    def last(self) -> dict[str, Any]:
        return self.records[-1]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "trace"),
        (5, "trace"),
        (9, "trace"),
        (10, "debug"),
        (19, "debug"),
        (20, "info"),
        (30, "warn"),
        (40, "error"),
        (50, "error"),
        (99, "error"),
    ],
)
def test_levels(log: Log, number: int, name: str) -> None:
    log.logger.log(number, "hello %s", "you")
    assert log.last["@level"] == name
    assert log.last["@message"] == "hello you"
    assert log.last["@module"] == "app.part"


def test_whole_seconds_have_six_digits(log: Log) -> None:
    record = logging.makeLogRecord({"msg": "x", "levelno": 20, "created": 1700000000.0})
    assert ".000000" in parse(encode(record))["@timestamp"]


def test_extra_fields(log: Log) -> None:
    extra = {
        "user": "ann",
        "count": 3,
        "nested": {"a": [1, 2.5, None, True]},
        "@level": 7,
    }
    log.logger.info("hi", extra=extra)
    assert log.last["user"] == "ann"
    assert log.last["count"] == 3
    assert log.last["nested"] == {"a": [1, 2.5, None, True]}
    assert (log.last["@level"], log.last["level"]) == ("info", 7)


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no str")

    __repr__ = __str__


class HostileList(list[int]):
    def __iter__(self) -> Iterator[int]:
        raise RuntimeError("no iteration")

    __len__ = __repr__ = __str__ = __iter__  # type: ignore[assignment]


class NotText(str):
    def __str__(self) -> str:
        return 5  # type: ignore[return-value]


def billion_laughs() -> list[Any]:
    laughs: list[Any] = ["ha"]
    for _ in range(40):
        laughs = [laughs] * 50
    return laughs


def cyclic() -> dict[str, Any]:
    loop: dict[str, Any] = {"list": []}
    loop["list"].append(loop)
    return loop


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Hostile(),
        HostileList(),
        NotText("x"),
        float("nan"),
        float("inf"),
        2**53 + 1,
        -(10**5000),
        1e308,
        b"\xff\x00",
        "\ud800",
        "a\nb\r\0\u2028\x1b",
        {1: 2, None: 3, (1, 2): Hostile()},
        {"\ud800": 1, "x" * 9999: 2},
        cyclic(),
        {1, 2},
        range(10**12),
        memoryview(b"abc"),
        "x" * 10**6,
        "\x01" * 10**5,
        "🐍" * 10**5,
        ["🐍" * 10**4] * 100,
        ValueError(1),
        lambda: None,
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_anywhere(log: Log, value: object) -> None:
    log.logger.info("as extra", extra={"value": value, "after": 1})
    assert log.last["@message"] == "as extra"
    assert "value" in log.last
    assert log.last["after"] == 1
    log.logger.warning(value)
    assert log.last["@level"] == "warn"
    log.logger.error("as argument %s", value)
    assert log.last["@message"].startswith("as argument")
    try:
        raise ValueError(value, 5)
    except ValueError:
        log.logger.exception("as exception")
    assert "ValueError" in log.last["exception"]
    assert log.last["@message"] == "as exception"


def test_an_extra_field_that_would_be_huge(log: Log) -> None:
    """A small object whose text would fill the memory, since its parts are shared."""
    log.logger.info("x", extra={"value": billion_laughs(), "after": 1})
    assert log.last["after"] == 1


def test_arguments_that_do_not_fit(log: Log) -> None:
    log.logger.info("%d of %d", "many")
    assert "%d of %d" in log.last["@message"]
    assert "many" in log.last["@message"]


def test_a_traceback_is_inside_the_record(log: Log) -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        log.logger.exception("failed", stack_info=True)
    text = log.last["exception"]
    assert text.startswith("Traceback (most recent call last):\n")
    assert "KeyError: 'inner'" in text
    assert text.endswith("RuntimeError: outer")
    assert "test_goplugin_logs" in log.last["stack"]


def test_exception_without_one(log: Log) -> None:
    log.logger.exception("nothing is being handled")
    assert "exception" not in log.last


def test_long_texts_keep_beginning_and_end(log: Log) -> None:
    try:
        raise ValueError("first " + "e" * 200_000 + " last")
    except ValueError:
        message = "begin " + "m" * 200_000 + " end"
        log.logger.exception(message, extra={f"k{i}": "v" * 9000 for i in range(20)})
    assert log.last["@message"].startswith("begin m")
    assert log.last["@message"].endswith("m end")
    assert "characters cut]" in log.last["@message"]
    assert log.last["exception"].startswith("Traceback")
    assert log.last["exception"].endswith(" last")
    assert log.last["k0"].startswith("v")


def test_a_record_that_defeats_the_encoder_is_still_a_line() -> None:
    reading, writing = os.pipe()
    handler = HclogHandler(writing)
    record = logging.makeLogRecord({"msg": "x", "created": "yesterday"})
    handler.handle(record)
    with open(reading, "rb") as pipe:
        assert parse(pipe.readline())["@level"] == "error"
    os.close(writing)


def test_records_that_nobody_read_are_counted_in_one() -> None:
    told = json.loads(missing_records(3))
    assert told["@level"] == "warn"
    assert told["@message"].startswith("3 lines of the log are missing")


def test_lines_of_many_threads_do_not_mix() -> None:
    reading, writing = os.pipe()
    logger = logging.Logger("many", 1)
    logger.addHandler(HclogHandler(writing))
    text = "x" * 20_000  # more than a pipe takes at once

    def write(name: int) -> None:
        for _ in range(10):
            logger.info("%d %s", name, text)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    with open(reading, "rb") as pipe:
        lines = [parse(pipe.readline()) for _ in range(40)]
    for thread in threads:
        thread.join()
    os.close(writing)
    assert sorted(line["@message"][0] for line in lines) == sorted("0123" * 10)


def test_a_reader_that_is_gone_harms_nobody() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    logger = logging.Logger("gone", 1)
    logger.addHandler(HclogHandler(writing))
    logger.info("nobody reads this")
    os.close(writing)


@pytest.mark.parametrize(
    ("environ", "level", "complains"),
    [
        ({}, 20, False),
        ({"A": "debug"}, 10, False),
        ({"B": "ERROR "}, 40, False),
        ({"A": "", "B": "trace"}, 5, False),
        ({"A": "warn", "B": "debug"}, 30, False),
        ({"A": "off"}, 51, False),
        ({"A": "loud"}, 20, True),
    ],
)
def test_level_from_the_environment(environ: dict[str, str], level: int, complains: bool) -> None:
    found, complaint = level_from(environ, ("A", "B"))
    assert found == level
    assert bool(complaint) == complains


def test_what_a_plugin_process_writes_to_stderr(tmp_path: Path) -> None:
    source = program("""
        import warnings
        async def rpc_Log(request, context):
            log = logging.getLogger("app")
            log.debug("at debug")
            log.log(5, "at trace")
            log.info("x" * 200_000 + "200 KiB")
            warnings.warn("old thing", DeprecationWarning)
            warnings.warn("take care")
            threading.Thread(target=lambda: 1 / 0, name="mine").start()
            asyncio.get_running_loop().create_task(fail())
            log.info("done")
            return b""
        async def rpc_Raise(request, context):
            raise ValueError(3, object())
        async def fail():
            raise KeyError("in a task")
    """)
    with start_plugin(source, tmp_path, LOG_LEVEL="debug") as host:
        host.app("Log")
        with pytest.raises(Exception, match="ValueError"):
            host.app("Raise")
        assert host.wait_for_log("at debug")["@level"] == "debug"
        assert host.wait_for_log("200 KiB")["@level"] == "info"
        assert host.wait_for_log("take care")["@level"] == "warn"
        assert "ZeroDivisionError" in host.wait_for_log("in thread mine")["exception"]
        assert "ValueError: (3," in host.wait_for_log("ValueError")["exception"]
        assert host.wait_for_log("in a task")["@level"] == "error"
        host.wait_for_log("done")
        assert host.shut_down() == 0
        assert not any("at trace" in line for line in host.log)
        for line in host.log:
            parse(line.encode())


def test_an_unknown_level_is_reported_and_info_used(tmp_path: Path) -> None:
    source = program("logging.info('shown'); logging.debug('hidden'); raise SystemExit(0)")
    with spawn(source, tmp_path, LOG_LEVEL="loud", **COOKIE) as process:
        _, err = process.communicate(timeout=10)
    lines = [parse(line) for line in err.splitlines(keepends=True)]
    assert [line["@level"] for line in lines] == ["warn", "info", "error"]
    assert "LOG_LEVEL='loud' is no log level" in lines[0]["@message"]
