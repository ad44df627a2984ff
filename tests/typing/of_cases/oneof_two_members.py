"""Two members of a oneof at once."""

from __future__ import annotations

from oneofs_sdk.models import Result

result = Result(ok="a", error="b")  # error
