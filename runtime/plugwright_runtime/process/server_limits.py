"""What does every launch style fix about its server?

The constants that all styles have; a style has more, and defaults of its own. `serving` and
`application` read them. Loads nothing: a style is known before grpc is imported.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..limits import MAX_MESSAGE_BYTES, STATUS_BYTES, checked_status_bytes

MAX_INT32 = 2**31 - 1  # grpc's message limits are C ints
MAX_STREAMS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """Raises ValueError for what no server can keep to.

    `grace_seconds`: from the request to stop until the process is gone. `max_message_bytes`: limit
    of one gRPC message, both ways. `max_streams`: concurrent calls per connection; calls beyond it
    wait at the peer. `max_status_bytes`: of the details of an error, which a host takes in
    trailers; half of that of its text.
    """

    grace_seconds: float = 4.0
    max_message_bytes: int = MAX_MESSAGE_BYTES
    max_streams: int = MAX_STREAMS
    max_status_bytes: int = STATUS_BYTES

    def __post_init__(self) -> None:
        for name in ("max_message_bytes", "max_streams"):
            value = getattr(self, name)
            if not 0 < value <= MAX_INT32:
                raise ValueError(f"{name} must be 1 to {MAX_INT32}, not {value}")
        checked_status_bytes(self.max_status_bytes)
        if not self.grace_seconds > 0:
            raise ValueError(f"grace_seconds must be greater than 0, not {self.grace_seconds}")
