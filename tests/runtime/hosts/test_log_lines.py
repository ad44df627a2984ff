"""Which record becomes of a line that a plugin logs?"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from plugwright_runtime.hosts.lines import MOST, Lines
from plugwright_runtime.hosts.log_lines import LogLines
from plugwright_runtime.process.levels import TRACE

STAMP = '"@timestamp":"2026-01-02T03:04:05.000006Z"'
LEVELS = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "Info": logging.INFO,
    "WARN": logging.WARNING,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "fatal": logging.CRITICAL,
    "critical": logging.CRITICAL,
}


@pytest.mark.parametrize("level", LEVELS)
def test_hclogs_records_keep_level_text_fields_and_time(level: str) -> None:
    line = f'{{"@level":"{level}","@message":"hi","@module":"m","n":3,"s":"x",{STAMP}}}'
    entry = LogLines().read(line.encode())
    assert (entry.level, entry.text) == (LEVELS[level], "hi: n=3 s=x")
    assert entry.fields == {"@module": "m", "n": 3, "s": "x"}
    assert entry.created == datetime(2026, 1, 2, 3, 4, 5, 6, UTC).timestamp()


@pytest.mark.parametrize("level", ["", '"@level":"",', '"@level":"loud",', '"@level":7,'])
def test_an_object_of_no_level_is_debug_as_it_stands(level: str) -> None:
    line = f'{{{level}"@message":"hi"}}'
    entry = LogLines().read(line.encode())
    assert (entry.level, entry.text) == (logging.DEBUG, line)


def test_a_time_that_is_not_hclogs_makes_a_plain_line() -> None:
    line = '{"@level":"error","@message":"hi","@timestamp":"2026-01-02T03:04:05Z"}'
    entry = LogLines().read(line.encode())
    assert (entry.level, entry.text) == (logging.DEBUG, line)


@pytest.mark.parametrize(
    ("message", "text"), [("5", "5"), ("null", "null"), ('{"a": 1}', '{"a": 1}'), ("[]", "[]")]
)
def test_a_message_that_is_no_text_is_shown_as_one(message: str, text: str) -> None:
    line = f'{{"@level":"info","@message":{message},"@timestamp":6}}'
    entry = LogLines().read(line.encode())
    assert (entry.level, entry.text) == (logging.INFO, text)


@pytest.mark.parametrize("line", ["[1]", "{", '"x"', "{" * 5000, '{"n":' + "9" * 5000 + "}", ""])
def test_what_is_no_object_is_a_plain_line(line: str) -> None:
    entry = LogLines().read(line.encode())
    assert (entry.level, entry.text) == (logging.DEBUG, line)


TAGGED = {
    "[TRACE] x": TRACE,
    "[DEBUG] x": logging.DEBUG,
    "[INFO] x": logging.INFO,
    "[WARN] x": logging.WARNING,
    "[ERROR] x": logging.ERROR,
    "[ERR] x": logging.DEBUG,
    " [ERROR] x": logging.DEBUG,
    "12:00 [ERROR] x": logging.DEBUG,
    "[error] x": logging.DEBUG,
}


@pytest.mark.parametrize("line", TAGGED)
def test_a_tag_tells_the_level(line: str) -> None:
    entry = LogLines().read(line.encode())
    assert (entry.level, entry.text) == (TAGGED[line], line)


def test_the_first_word_is_a_level_where_plugins_write_it_so() -> None:
    entry = LogLines(words=True).read(b"WARNING [x] careful")
    assert (entry.level, entry.text) == (logging.WARNING, "[x] careful")
    assert LogLines(words=True).read(b"WARNINGS follow").level == logging.DEBUG
    assert LogLines().read(b"WARNING [x] careful").level == logging.DEBUG


@pytest.mark.parametrize("panic", ["panic: boom", "fatal error: all goroutines are asleep"])
def test_after_a_panic_plain_lines_are_errors(panic: str) -> None:
    lines = LogLines()
    seen = [
        lines.read(line.encode()).level
        for line in ("before", panic, "goroutine 1 [running]:", "[INFO] tagged", "", "main.go:3")
    ]
    error = logging.ERROR
    assert seen == [logging.DEBUG, error, error, logging.INFO, error, error]


def test_a_python_traceback_is_an_error_to_its_last_line() -> None:
    lines = LogLines()
    text = """before
Traceback (most recent call last):
  File "x.py", line 1, in <module>
    boom
ValueError: boom
after"""
    seen = [lines.read(line.encode()).level for line in text.splitlines()]
    assert seen == [logging.DEBUG, *[logging.ERROR] * 4, logging.DEBUG]


def test_control_characters_do_not_reach_the_log() -> None:
    line = r'{"@level":"info","@message":"a\u001b[31m\u0000\u0085\nERROR forged"}'
    text = LogLines().read(line.encode()).text
    assert text == "a\\x1b[31m\\x00\\x85\n    ERROR forged"
    assert LogLines().read(b"\xff\x1b]0;x").text == "\\xff\\x1b]0;x"


def test_a_line_of_any_length_is_one_of_bounded_length() -> None:
    lines = Lines()
    for _ in range(100):
        assert list(lines.feed(b"x" * 10_000)) == []
    cut, second = lines.feed(b"\r\nsecond\n")
    assert cut == b"x" * MOST + b" ...[%d bytes cut]" % (1_000_001 - MOST)
    assert second == b"second"
    assert not lines.unfinished


def test_lines_are_put_together_across_chunks() -> None:
    lines = Lines()
    assert list(lines.feed(b"on")) == []
    assert list(lines.feed(b"e\ntwo\r\n\nthr")) == [b"one", b"two", b""]
    assert lines.unfinished
    assert lines.end() == b"thr"
