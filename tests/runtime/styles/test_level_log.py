"""Is every record one line that begins with its level, whatever the record holds?"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugwright_runtime.process.line_writer import LineWriter
from plugwright_runtime.process.records import missing_as_text
from plugwright_runtime.styles.level_log import (
    LevelHandler,
    PrintedLines,
    json_line,
    level_line,
    level_word,
)

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def record(text: str, level: int = logging.INFO, name: str = "plugin") -> logging.LogRecord:
    return logging.LogRecord(name, level, "", 0, text, (), None)


@given(st.text(st.characters()), st.integers(0, 70), st.text())
def test_a_line_and_its_first_word(text: str, level: int, name: str) -> None:
    line = level_line(record(text, level, name))
    assert line.splitlines() in ([line], [])
    assert line.partition(" ")[0] in LEVELS
    assert "\x1b" not in line


@given(st.text(st.characters(), max_size=2000), st.integers(0, 70))
def test_json_holds_the_text_as_it_was(text: str, level: int) -> None:
    line = json_line(record(text, level))
    assert line.splitlines() == [line]
    assert json.loads(line) == {
        "level": level_word(level),
        "message": text,
        "logger": "plugin",
    }


def test_long_texts_lose_their_middle() -> None:
    line = level_line(record("a" * 10_000_000 + "end"))
    assert len(line) < 20_000
    assert line.endswith("end")


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


class Broken:
    def __str__(self) -> str:
        raise ValueError

    __repr__ = __str__


def test_a_record_that_cannot_be_read(pipe: tuple[int, int]) -> None:
    handler = LevelHandler(LineWriter(pipe[1], missing_as_text), as_json=False)
    broken = record("%s and %s")
    broken.args = (Broken(),)
    handler.handle(broken)
    (line,) = os.read(pipe[0], 65536).decode().splitlines()
    assert line.startswith("INFO %s and %s")


def test_prints_become_records(caplog: pytest.LogCaptureFixture) -> None:
    printed = PrintedLines()
    with caplog.at_level(logging.INFO):
        printed.write(b"one\ntw")
        printed.write(b"o\n\n\xff\nlast")
        assert caplog.messages == ["one", "two", "\\xff"]
        printed.flush()
        printed.flush()
    assert caplog.messages[3:] == ["last"]


def test_what_has_no_end_is_not_kept_forever(caplog: pytest.LogCaptureFixture) -> None:
    printed = PrintedLines()
    with caplog.at_level(logging.INFO):
        for _ in range(40):
            printed.write(b"x" * 4096)
    assert len(caplog.messages) == 2
