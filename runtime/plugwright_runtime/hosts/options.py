"""What may an application fix about one plugin process? `Options`, which everything here reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How one plugin is started and stopped.

    `env`: variables for it, which win over all others. `inherit`: whether it gets this process's
    environment too, without the `PLUGIN_*` that a host of this process may have set. `cwd`: its
    working directory, that of this process if empty. `name`: of its loggers, `plugin.<name>`; that
    of the program if empty. `start_timeout`: seconds until it must be ready. `grace`: seconds from
    the request to stop until it is killed. `auto_mtls`: whether both sides must prove who they are
    over go-plugin; None = if the plugin system requires it. `sha256`: of the program's file, or of
    several files by path; nothing is started that differs. `own_group`: give it a process group, so
    that Ctrl-C does not reach it, and what it started ends with it. `inherit_stdin`: let it read
    the terminal. `allow_remote`: take an address that is not on this machine. `kill_attached`: stop
    a plugin at the end that was attached to, not started.
    """

    env: Mapping[str, str] = field(default_factory=dict[str, str])
    inherit: bool = True
    cwd: str = ""
    name: str = ""
    start_timeout: float = 60.0
    grace: float = 2.0
    auto_mtls: bool | None = None
    sha256: str | Mapping[str, str] | None = None
    own_group: bool = True
    inherit_stdin: bool = False
    allow_remote: bool = False
    kill_attached: bool = False

    def __post_init__(self) -> None:
        for name in ("start_timeout", "grace"):
            if not 0 < getattr(self, name) < float("inf"):
                text = f"{name} must be a number of seconds above 0, not {getattr(self, name)}"
                raise ValueError(text)
