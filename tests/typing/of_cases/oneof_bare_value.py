"""A bare value where a case belongs."""

from __future__ import annotations

from oneofs_sdk.models import Result

result = Result(result="ok")  # error
