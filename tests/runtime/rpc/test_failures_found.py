"""Which answers does a client take for failures? Those of its convention, and no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.rpc.conventions import CodeErrors, DiagnosticErrors, MessageErrors

CODES = CodeErrors(field="error", code="code")
NOTES = DiagnosticErrors(
    field="notes",
    type="p.Note",
    severity="severity",
    summary="summary",
    detail="detail",
    failing=(1, 2),
)
MESSAGES = MessageErrors(field="error", type="p.Error")


def note(severity: int, summary: str, detail: str = "", kind: str = "p.Note") -> Any:
    return SimpleNamespace(__proto__=kind, severity=severity, summary=summary, detail=detail)


def answer(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


@pytest.mark.parametrize(
    ("fields", "message", "number"),
    [
        ({"error": "no"}, "no", 1),
        ({"error": "no", "code": 7}, "no", 7),
        ({"error": "no", "code": True}, "no", 1),
        ({"error": "", "code": 7}, "error 7", 7),
        ({"error": None, "code": 7}, "error 7", 7),
        ({"error": "no", "code": "7"}, "no", 1),
    ],
    ids=str,
)
def test_a_text_or_a_number_is_a_failure(fields: dict[str, Any], message: str, number: int) -> None:
    response = answer(**fields)
    failure = CODES.failure(response, "Get")
    assert failure is not None
    assert (failure.message, failure.error_code, failure.rpc) == (message, number, "Get")
    assert failure.code is grpc.StatusCode.OK
    assert failure.response is response


@pytest.mark.parametrize(
    "fields",
    [{}, {"error": ""}, {"error": "", "code": 0}, {"code": 7}, {"error": 7}, {"error": ["no"]}],
    ids=str,
)
def test_neither_text_nor_number_is_none(fields: dict[str, Any]) -> None:
    assert CODES.failure(answer(**fields), "Get") is None


@pytest.mark.parametrize(
    "notes",
    [None, "text", object(), [], ["text"], [note(1, "no", kind="p.Other")]],
    ids=["none", "text", "object", "empty", "texts", "other messages"],
)
def test_what_is_no_list_of_diagnostics_is_no_failure(
    notes: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert NOTES.failure(answer(notes=notes), "Get") is None
    assert NOTES.failure(answer(), "Get") is None
    assert not caplog.records


def test_failing_diagnostics_alone_make_the_text_and_all_of_them_come_along() -> None:
    notes = [note(1, "first", "a"), note(0, "remark", "b"), note(2, "", "c")]
    failure = NOTES.failure(response := answer(notes=notes), "Get")
    assert failure is not None
    assert (failure.message, failure.detailed_error) == ("first", "a; c")
    assert list(failure.diagnostics) == notes
    assert failure.response is response
    assert (failure.rpc, failure.code) == ("Get", grpc.StatusCode.OK)


def test_remarks_are_logged_and_fail_nothing(caplog: pytest.LogCaptureFixture) -> None:
    notes = [note(0, "old key"), note(3, "slow")]
    assert NOTES.failure(answer(notes=notes), "Get") is None
    [record] = caplog.records
    assert record.getMessage() == "Get: old key; slow"


@pytest.mark.parametrize(
    ("count", "end"),
    [(1, "no 0"), (10, "no 9"), (11, "no 9; and 1 more"), (12, "no 9; and 2 more")],
)
def test_ten_texts_are_told_and_the_rest_counted(count: int, end: str) -> None:
    failure = NOTES.failure(answer(notes=[note(1, f"no {i}") for i in range(count)]), "Get")
    assert failure is not None
    assert failure.message.endswith(end)
    assert failure.message.count("no ") == min(count, 10)


def test_a_message_of_another_type_is_no_failure() -> None:
    assert MESSAGES.failure(answer(error=note(1, "no", kind="p.Error")), "Get") is None
    assert MESSAGES.failure(answer(error="no"), "Get") is None
    assert MESSAGES.failure(answer(), "Get") is None


def test_errors_made_by_hand_keep_what_they_are_given() -> None:
    error = PluginAPIError("no", rpc="Get", code=grpc.StatusCode.ABORTED)
    assert CODES.code(error) is grpc.StatusCode.ABORTED
