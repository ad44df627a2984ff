"""What a plugin names to serve has to be a servicer."""

from __future__ import annotations

from sdk import ServicePlugin


class Several(ServicePlugin):
    def servicers(self) -> list[str]:  # error
        return []
