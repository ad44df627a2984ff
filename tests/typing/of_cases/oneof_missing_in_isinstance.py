"""A chain of isinstance that forgets a case."""

from __future__ import annotations

from typing import assert_never

from oneofs_sdk.models import Result, ResultResult


def text(result: ResultResult) -> str:
    if isinstance(result, Result.Result.Ok):
        return result.value
    assert_never(result)  # error
