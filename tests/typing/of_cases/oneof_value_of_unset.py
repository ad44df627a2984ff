"""The value of a oneof that may be unset."""

from __future__ import annotations

from oneofs_sdk.models import Result


def text(result: Result) -> str:
    return result.result.value  # error
