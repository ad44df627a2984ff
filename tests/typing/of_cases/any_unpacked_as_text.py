"""An Any taken for what no Any holds."""

from __future__ import annotations

from well_known_sdk import AnyMessage

text = AnyMessage().unpack(str)  # error
