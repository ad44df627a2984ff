"""A match that forgets that nothing may be set."""

from __future__ import annotations

from typing import assert_never

from oneofs_sdk.models import Result


def text(result: Result) -> str:
    match result.result:
        case Result.Result.Ok(ok):
            return ok
        case Result.Result.Error(error):
            return error
        case rest:
            assert_never(rest)  # error
