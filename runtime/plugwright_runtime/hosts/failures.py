"""Why did a plugin not start, and how did it end? The exceptions of hosts, below the root of all.

A `StartError` says what a person needs to put it right: what happened, how the process ended, the
last lines it wrote to stderr. A `PluginExited` is a call that the plugin did not live to answer.
Programs find them in `errors`.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

import grpc

from ..exceptions import PlugwrightError
from ..rpc.failures import UnavailableError


@dataclass(frozen=True, slots=True)
class Exit:
    """How a plugin's process ended.

    `code`: its exit code, None if a signal killed it. `signal`: the name of that, as "SIGSEGV".
    `forced`: whether the host killed it, since it did not stop when asked. `stderr`: its last
    lines. Of a plugin that this process did not start, neither code nor signal is known.
    """

    code: int | None = None
    signal: str = ""
    forced: bool = False
    stderr: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.signal:
            return f"killed by {self.signal}"
        return "ended" if self.code is None else f"exited with code {self.code}"


def exit_of(status: int, forced: bool, stderr: tuple[str, ...]) -> Exit:
    """Of a return code as `subprocess` has it: a signal is a negative number."""
    if status >= 0:
        return Exit(status, "", forced, stderr)
    try:
        name = signal.Signals(-status).name
    except ValueError:  # a real-time signal
        name = f"signal {-status}"
    return Exit(None, name, forced, stderr)


class StartError(PlugwrightError):
    """A plugin could not be started; its process is gone. The subclasses say why.

    `exit`: how the process ended, None if it never began. `stderr`: its last lines.
    """

    def __init__(self, message: str = "") -> None:
        self.message = message
        self.exit: Exit | None = None
        super().__init__(message)

    @property
    def stderr(self) -> tuple[str, ...]:
        return self.exit.stderr if self.exit is not None else ()

    def __str__(self) -> str:
        if not self.stderr:
            return self.message
        return "\n  ".join((f"{self.message}; the last lines of its stderr:", *self.stderr))


class ProgramError(StartError):
    """The program cannot be run: it is not there, not executable, or made for another machine."""


class ChecksumError(StartError):
    """A file of the program is not the one that was expected."""


class StartTimeout(StartError):
    """The plugin did not say in time where it listens."""


class ExitedAtStart(StartError):
    """The process ended before it had said where it listens."""


class HandshakeError(StartError):
    """What the process printed first is no handshake, or tells an address that cannot be."""


class VersionMismatch(StartError):
    """Plugin and host have no protocol version in common: `theirs` is not among `ours`."""

    theirs: int = 0
    ours: tuple[int, ...] = ()


class ProtocolRefused(StartError):
    """The plugin speaks another protocol than gRPC."""


class TlsRefused(StartError):
    """The plugin did not prove who it is, or AutoMTLS is used by one side alone."""


class AttachError(StartError):
    """There is no plugin where one was said to run."""


class PluginExited(UnavailableError):
    """The plugin's process ended before it had answered. `exit`: how."""

    exit: Exit = Exit()


def plugin_exited(name: str, exit: Exit, rpc: str = "") -> PluginExited:
    """What a caller gets whose plugin is gone."""
    text = (
        f"the plugin {name} has ended ({exit})" if exit.code == 0 else f"the plugin {name} {exit}"
    )
    made: Any = PluginExited(text, rpc=rpc, status_code=503, code=grpc.StatusCode.UNAVAILABLE)
    made.exit = exit
    made.detailed_error = "\n".join(exit.stderr)
    return made  # type: ignore[no-any-return]
