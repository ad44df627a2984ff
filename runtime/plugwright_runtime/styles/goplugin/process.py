"""How does a program become a go-plugin process?

In: the `PluginSpec`, and `register`, which adds the application's handlers to the server. `serve`
reads the environment, listens, prints the handshake line, serves until it is told to stop, and
returns the exit code; `run` does the same for a whole program. The event loop serves health and
control: what the application does there must not block. Called by `style` for plugins of an SDK,
and by programs that have none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc.aio

from ...exceptions import LaunchError
from ...limits import message_limits, metadata_limits
from ...process.diversion import flush_streams, unread_bytes
from ...process.endpoint import Endpoint
from ...process.guardian import Guardian
from ...process.serving import (
    Close,
    OnStop,
    Options,
    Register,
    ServerProcess,
    UnderWay,
    run_to_exit,
    tell_why,
)
from ...process.serving import server_options as own_options
from ...process.started import keep_grpc_out_of_forks
from .broker import Broker
from .environment import NotStartedByHost, Wishes, read_wishes
from .handshake import handshake_line, reattach_text
from .listener import Listeners
from .logs import configure_logging
from .preparation import Prepared, environ_of_host, prepare
from .services import Controller, Health, Stdio
from .spec import PluginSpec
from .transport import Plain, Transport
from .unserved import serving_begins

_log = logging.getLogger("plugwright.styles")


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What an application gets to register with.

    `server`: the `grpc.aio.Server`, not started yet: add generic handlers. `broker`: further
    connections to and from the host, for use in handlers. `version`: the application protocol
    version that host and plugin agreed on. `stop`: ends the plugin gracefully, from any thread; its
    argument is the reason, for the log. `wait_for`: takes a function that says how many handlers
    are under way; at the end they get half of the grace, whether or not a caller waits for them.
    """

    server: Any
    broker: Broker
    version: int
    stop: Callable[[str], None]
    wait_for: Callable[[UnderWay], None]


@dataclass(frozen=True, slots=True)
class Serving:
    """The arguments of `serve`. `register` runs before the handshake; `on_stop` after the last call
    has ended, if `register` succeeded. `environ`: None = that of the process, as
    its host has made it.
    """

    spec: PluginSpec
    register: Register[PluginContext]
    on_stop: OnStop | None = None
    environ: Mapping[str, str] | None = None
    reattach: bool = False
    server_options: Options = ()


async def serve(
    spec: PluginSpec,
    register: Register[PluginContext],
    *,
    on_stop: OnStop | None = None,
    environ: Mapping[str, str] | None = None,
    reattach: bool = False,
    server_options: Options = (),
) -> int:
    """Be a plugin until the host, a signal or the application ends it; returns the exit code, 0
    after a proper stop.

    `reattach`: started by hand, for a debugger: no cookie, no capture of stdout, no host to watch;
    the address is printed for a host to attach to, and Ctrl-C stops. `server_options`: further
    options of the grpc server. Once stopping has begun, the process ends within
    `spec.grace_seconds` whether or not the application plays along; after this function has
    returned, that is the caller's affair (`run` sees to it). Once per process: descriptor 1 stays
    captured, and what is printed afterwards is lost.
    """
    serving = Serving(spec, register, on_stop, environ, reattach, server_options)
    code, guardian = await serve_guarded(serving)
    if guardian is not None:
        guardian.close()
    return code


def run(
    spec: PluginSpec,
    register: Register[PluginContext],
    *,
    on_stop: OnStop | None = None,
    environ: Mapping[str, str] | None = None,
    reattach: bool = False,
    server_options: Options = (),
) -> NoReturn:
    """`serve` as a whole program: its own event loop, then exit, by force if threads of the
    application go on.
    """
    serving = Serving(spec, register, on_stop, environ, reattach, server_options)
    run_to_exit(lambda: serve_guarded(serving))


async def serve_guarded(serving: Serving) -> tuple[int, Guardian | None]:
    """Serve to the end. The exit code, and the guardian if there was anything to guard: it is still
    on duty.
    """
    spec, guardian = serving.spec, None
    environ = environ_of_host() if serving.environ is None else serving.environ
    keep_grpc_out_of_forks()
    serving_begins()
    try:
        prepared = None if serving.reattach else prepare(spec, environ)
        wishes = read_wishes(spec, environ, reattach=serving.reattach)
        configure_logging(spec.log_level_variables, environ, for_humans=serving.reattach)
        if wishes.multiplex_field:
            _log.warning(
                "the host wants broker connections multiplexed (GRPCBrokerMultiplex), which "
                "plugins in Python do not do: it may refuse this one"
            )
        listeners = Listeners(wishes)
        host_pid = prepared.host_pid if prepared else None
        guardian = Guardian(spec.grace_seconds, host_pid, listeners.close)
        guardian.start()
        try:
            process = GoPluginProcess(serving, wishes, listeners, guardian, prepared)
            return await process.live(), guardian
        finally:
            listeners.close()
    except NotStartedByHost as error:
        flush_streams()
        with contextlib.suppress(OSError):  # not print: stdout and stderr may be anything
            os.write(2, f"{error}\n".encode())
    except Exception as error:
        tell_why(error)
    except BaseException:
        if guardian is not None:
            guardian.close()
        raise
    return 1, guardian


class GoPluginProcess(ServerProcess):
    """The server of the application, with the host's own services beside it."""

    def __init__(
        self,
        serving: Serving,
        wishes: Wishes,
        listeners: Listeners,
        guardian: Guardian,
        prepared: Prepared | None,
    ) -> None:
        self._serving = serving
        self._wishes = wishes
        self._capture = prepared.capture if prepared else None
        self._endpoint: Endpoint | None = None
        spec = serving.spec
        limits = [*message_limits(spec.max_message_bytes), *metadata_limits()]
        options = [*own_options(spec), *serving.server_options]
        self._transport = make_transport(wishes, listeners)
        self._broker = Broker(self._transport, options, limits)
        self._health = Health()
        self._stdio = Stdio(self._capture.buffer if self._capture else None)
        controller = Controller(lambda: guardian.stop("the host asked for it"))
        handlers = (self._health, controller, self._stdio, self._broker)
        super().__init__(grpc.aio.server(options=options), guardian, serving.on_stop)
        self.server.add_generic_rpc_handlers(tuple(each.handler() for each in handlers))

    def register(self) -> Awaitable[None] | None:
        context = PluginContext(
            self.server,
            self._broker,
            self._wishes.version,
            self.guardian.stop,
            self.counts.append,
        )
        return self._serving.register(context)

    async def listen(self) -> Close:
        exposed = await self._transport.expose(self.server)
        self._endpoint = exposed.endpoint
        return exposed.close

    def announce(self) -> None:
        assert self._endpoint is not None
        if self._capture is None:
            flush_streams()
            text = reattach_text(self._wishes, self._endpoint, os.getpid())
            os.write(1, text.encode("utf-8", "surrogateescape"))
            return
        certificate = self._transport.certificate
        diversion = self._capture.diversion
        if size := unread_bytes(diversion.real):
            raise LaunchError(
                f"{size} bytes were printed on stdout before the SDK was imported, where the host "
                "looks for the handshake: print later, or to stderr"
            )
        try:
            diversion.write_real(handshake_line(self._wishes, self._endpoint, certificate))
        except OSError as error:
            raise LaunchError(f"the host does not read the handshake: {error.strerror}") from error

    async def finish_calls(self) -> None:
        """Refuse new calls, give those that run half of the grace, deliver what was printed."""
        self._health.stop()
        if self._capture is not None:
            self._capture.diversion.finish(0.1)
        self._stdio.stop()
        await asyncio.gather(super().finish_calls(), self._broker.close())


def make_transport(wishes: Wishes, listeners: Listeners) -> Transport:
    if wishes.client_certificate is None:
        return Plain(listeners)
    from .tls import as_plugin  # most hosts do not ask for it

    return as_plugin(wishes.client_certificate, listeners)
