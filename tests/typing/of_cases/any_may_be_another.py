"""What may be of another type, used as if it were not."""

from __future__ import annotations

from well_known_sdk import AnyMessage, models


def numbers(packed: AnyMessage) -> list[int]:
    return packed.unpack(models.Collected).numbers  # error
