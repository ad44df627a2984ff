"""Is an exception told to the log soon and whole, whatever it came of?"""

from __future__ import annotations

import logging
from typing import Any

import pytest
from plugwright_runtime.failure_log import MOST, causes, exception_text, report
from plugwright_runtime.http.errors import ClientDisconnected, caused_by_disconnect


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def text_of(error: BaseException) -> str:
    return exception_text((type(error), error, error.__traceback__))


def chain(length: int) -> BaseException:
    error: BaseException = ValueError("the root")
    for number in range(length):
        outer = RuntimeError(number)
        outer.__cause__ = error
        error = outer
    return error


def test_a_usual_chain_is_shown_as_python_shows_it() -> None:
    try:
        try:
            raise ValueError("inner")
        except ValueError as inner:
            inner.add_note("a note")
            raise RuntimeError("outer") from inner
    except RuntimeError as outer:
        text = text_of(outer)
    assert text.startswith("Traceback (most recent call last):")
    assert "ValueError: inner\na note" in text
    assert "The above exception was the direct cause" in text
    assert text.endswith("RuntimeError: outer")


def test_a_cycle_is_walked_once() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__context__ = second, first
    assert list(causes(first)) == [first, second]
    assert not caused_by_disconnect(first)
    assert text_of(first).count("ValueError: first") == 1


def test_the_end_of_a_chain_is_found() -> None:
    error = RuntimeError("outer")
    error.__context__ = ClientDisconnected()
    assert caused_by_disconnect(error)
    assert not caused_by_disconnect(None)


def test_a_long_chain_is_cut() -> None:
    assert len(list(causes(chain(10 * MOST)))) == MOST
    text = text_of(raised(chain(10 * MOST)))
    assert "in raised" in text
    assert text.endswith("RuntimeError: 1999 (it came of more than can be shown)")


@pytest.mark.timeout(20)
def test_groups_that_share_members_are_cut() -> None:
    group: Exception = ValueError("one of many")
    for _ in range(60):
        group = ExceptionGroup("twice", [group, group])
    assert "more than can be shown" in text_of(raised(group))


def test_groups_nested_too_deeply_are_cut() -> None:
    group: Exception = ValueError("deep")
    for _ in range(5000):
        group = ExceptionGroup("level", [group])
    assert "ExceptionGroup: level" in text_of(raised(group))


def test_notes_of_any_kind() -> None:
    error = ValueError("noted")
    error.__notes__ = Endless()  # type: ignore[assignment]
    assert text_of(error) == "ValueError: noted (it came of more than can be shown)"
    error.__notes__ = ["note"] * 10 * MOST
    assert "note\nnote" not in text_of(error)


class Endless:
    def __iter__(self) -> Any:
        while True:
            yield "note"


def test_what_is_no_exception() -> None:
    assert exception_text((None, None, None)) == ""
    assert exception_text(7) == "int (no whole traceback: TypeError)"
    assert "no whole traceback" in exception_text((int, 7, None))


def test_a_report_is_one_record_of_its_caller(caplog: Any) -> None:
    log = logging.getLogger("told")
    report(log, ValueError("why"), "%s: %d", "what", 7)
    report(log, None, "beneath the level", level=logging.DEBUG)
    (record,) = caplog.records
    assert record.getMessage() == "what: 7"
    assert record.filename == "test_failure_log.py"
    assert record.exc_info[0] is ValueError
    assert "ValueError: why" in caplog.text


def test_a_record_that_cannot_be_written_is_told_without_its_exception() -> None:
    class Picky(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[str] = []

        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info:
                raise SystemExit(1)
            self.seen.append(record.getMessage())

    log = logging.Logger("picky")
    log.addHandler(handler := Picky())
    report(log, ValueError("why"), "%s failed", "it")
    assert handler.seen == ["it failed (its record could not be written: SystemExit)"]
