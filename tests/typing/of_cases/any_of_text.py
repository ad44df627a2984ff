"""An Any of what is no message."""

from __future__ import annotations

from well_known_sdk import AnyMessage

packed = AnyMessage.pack("text")  # error
