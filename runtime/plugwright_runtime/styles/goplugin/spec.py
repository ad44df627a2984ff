"""What does an application fix about its go-plugin processes?

In: literals from the SDK. Out: a frozen `PluginSpec`, checked once, that every other module of the
package reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ...limits import STATUS_BYTES_OF_GO
from ...process.server_limits import ServerLimits

AutoMtls = Literal["host", "require", "never"]
Network = Literal["auto", "unix", "tcp"]


@dataclass(frozen=True, slots=True)
class PluginSpec(ServerLimits):
    """The constants of one plugin system, as its host's `HandshakeConfig` has them.

    `cookie_key`, `cookie_value`: the environment variable by which a plugin knows that a host
    started it; `cookies`: others, any of which will do. `versions`: application protocol versions
    this plugin serves, in any order.
    `auto_mtls`: "host" = mutual TLS when the host asks for it; "require" = refuse to start without;
    "never" = refuse to start with. There is no one-way TLS: it would serve every local process.
    `network`: "auto" = Unix sockets where the platform has them, else TCP on 127.0.0.1, as Go
    plugins do. `log_level_variables`: environment variables that may name the log level; the first
    one that is set wins. `grace_seconds`: hosts kill 2 s after they asked.
    """

    cookie_key: str
    cookie_value: str
    versions: tuple[int, ...] = (1,)
    auto_mtls: AutoMtls = "host"
    network: Network = "auto"
    log_level_variables: tuple[str, ...] = ()
    cookies: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    grace_seconds: float = field(default=1.5, kw_only=True)
    max_status_bytes: int = field(default=STATUS_BYTES_OF_GO, kw_only=True)

    def __post_init__(self) -> None:
        if not self.cookie_key or not self.cookie_value:
            raise ValueError(
                "cookie_key and cookie_value must not be empty: copy them from the host's handshake"
            )
        if not self.versions or min(self.versions) < 0:
            raise ValueError(f"versions must be at least one number >= 0, not {self.versions!r}")
        ServerLimits.__post_init__(self)  # not `super`, which `slots` breaks

    @property
    def every_cookie(self) -> tuple[tuple[str, str], ...]:
        return ((self.cookie_key, self.cookie_value), *self.cookies)
