"""What does an application fix about its go-plugin processes?

In: literals from the SDK. Out: a frozen `PluginSpec`, checked once, that every other module of the
package reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...limits import MAX_MESSAGE_BYTES, STATUS_BYTES_OF_GO, checked_status_bytes

AutoMtls = Literal["host", "require", "never"]
Network = Literal["auto", "unix", "tcp"]

MAX_INT32 = 2**31 - 1  # grpc's message limits are C ints


@dataclass(frozen=True, slots=True)
class PluginSpec:
    """The constants of one plugin system, as its host's `HandshakeConfig` has them.

    `cookie_key`, `cookie_value`: the environment variable by which a plugin knows that a host
    started it. `versions`: application protocol versions this plugin serves, in any order.
    `auto_mtls`: "host" = mutual TLS when the host asks for it; "require" = refuse to start without;
    "never" = refuse to start with. There is no one-way TLS: it would serve every local process.
    `network`: "auto" = Unix sockets where the platform has them, else TCP on 127.0.0.1, as Go
    plugins do. `max_message_bytes`: limit of one gRPC message, both ways. `max_streams`: concurrent
    calls per connection; calls beyond it wait at the peer. `log_level_variables`: environment
    variables that may name the log level; the first one that is set wins. `grace_seconds`: from the
    request to stop until the process is gone. Hosts kill 2 s after they asked. `max_status_bytes`:
    of the details of an error, which a host takes in trailers; half of that of its text.
    """

    cookie_key: str
    cookie_value: str
    versions: tuple[int, ...] = (1,)
    auto_mtls: AutoMtls = "host"
    network: Network = "auto"
    max_message_bytes: int = MAX_MESSAGE_BYTES
    max_streams: int = 2000
    log_level_variables: tuple[str, ...] = ()
    grace_seconds: float = 1.5
    max_status_bytes: int = STATUS_BYTES_OF_GO

    def __post_init__(self) -> None:
        if not self.cookie_key or not self.cookie_value:
            raise ValueError(
                "cookie_key and cookie_value must not be empty: copy them from the host's handshake"
            )
        if not self.versions or min(self.versions) < 0:
            raise ValueError(f"versions must be at least one number >= 0, not {self.versions!r}")
        if not 0 < self.max_message_bytes <= MAX_INT32:
            raise ValueError(
                f"max_message_bytes must be 1 to {MAX_INT32}, not {self.max_message_bytes}"
            )
        if not 0 < self.max_streams <= MAX_INT32:
            raise ValueError(f"max_streams must be 1 to {MAX_INT32}, not {self.max_streams}")
        checked_status_bytes(self.max_status_bytes)
        if not self.grace_seconds > 0:
            raise ValueError(f"grace_seconds must be greater than 0, not {self.grace_seconds}")
