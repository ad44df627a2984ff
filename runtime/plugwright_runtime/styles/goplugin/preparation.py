"""What must happen before user code is imported?

The host takes the first line on stdout for the handshake and everything on stderr for the log, and
Ctrl-C in its terminal reaches this process too. In: the spec and the environment. Out: a `Prepared`
process. Called by `style` when the SDK is imported, and again by `process`. Imports neither grpc
nor protobuf.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType

from ...process.diversion import put_stdin_aside
from ...process.started import keep_grpc_out_of_forks
from ...process.stderr_log import stderr_log
from .environment import started_by_host
from .logs import configure_logging, missing_records
from .output import Capture, capture_stdout
from .spec import PluginSpec
from .unserved import expect_serving


@dataclass(frozen=True, slots=True)
class Prepared:
    """`host_pid`: the parent process at the time, whose end is the plugin's end."""

    capture: Capture
    host_pid: int


_prepared: Prepared | None = None
_environ: Mapping[str, str] | None = None


def environ_of_host() -> Mapping[str, str]:
    """The variables that the host has set, of which `hide_cookie` has taken one away."""
    return os.environ if _environ is None else _environ


def hide_cookie(key: str) -> None:
    """See that a program which the plugin starts is no plugin, even if it imports the SDK."""
    global _environ
    if _environ is None:
        _environ = dict(os.environ)
    os.environ.pop(key, None)


def prepare(spec: PluginSpec, environ: Mapping[str, str] | None = None) -> Prepared | None:
    """Capture stdout, send logs and uncaught exceptions to the host as hclog JSON, and ignore
    SIGINT.

    None, and nothing touched, if no host started this process. Later calls return the result of the
    first.
    """
    global _prepared
    environ = environ_of_host() if environ is None else environ
    if _prepared is None and started_by_host(spec, environ):
        host_pid = os.getppid()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, ignore)
        keep_grpc_out_of_forks()
        put_stdin_aside()
        configure_logging(spec.log_level_variables, environ)
        _prepared = Prepared(capture_stdout(), host_pid)
        expect_serving(_prepared.capture, stderr_log(missing_records))
    return _prepared


def ignore(number: int, frame: FrameType | None) -> None:
    """A handler that does nothing; unlike SIG_IGN it is not inherited by the programs a plugin
    starts.
    """
