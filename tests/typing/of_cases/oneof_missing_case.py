"""A match that forgets a case."""

from __future__ import annotations

from typing import assert_never

from oneofs_sdk.models import Result


def text(result: Result) -> str:
    match result.result:
        case Result.Result.Ok(ok):
            return ok
        case None:
            return ""
        case rest:
            assert_never(rest)  # error
