"""How does a program become a go-plugin process?

In: the `PluginSpec`, and `register`, which adds the application's handlers to the server. `serve`
reads the environment, listens, prints the handshake line, serves until it is told to stop, and
returns the exit code; `run` does the same for a whole program. The event loop serves health and
control: what the application does there must not block.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from .broker import Broker
from .early import Prepared, prepare
from .environment import Launch, LaunchError, NotStartedByHost, read_launch
from .handshake import handshake_line, reattach_text
from .lifecycle import Guardian, keep_grpc_out_of_forks
from .listener import Endpoint, Listeners
from .logs import configure_logging
from .services import Controller, Health, Stdio
from .spec import PluginSpec
from .transport import Plain, Transport
from .untyped import aio

Options = Sequence[tuple[str, Any]]

_log = logging.getLogger("plugwright.goplugin")


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What an application gets to register with.

    `server`: the `grpc.aio.Server`, not started yet: add generic handlers. `broker`: further
    connections to and from the host, for use in handlers. `version`: the application protocol
    version that host and plugin agreed on. `stop`: ends the plugin gracefully, from any thread; its
    argument is the reason, for the log.
    """

    server: Any
    broker: Broker
    version: int
    stop: Callable[[str], None]


Register = Callable[[PluginContext], Awaitable[None] | None]
OnStop = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Application:
    """The arguments of `serve`. `register` runs before the handshake; `on_stop` after the last call
    has ended, if `register` succeeded.
    """

    spec: PluginSpec
    register: Register
    on_stop: OnStop | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    reattach: bool = False
    server_options: Options = ()


async def serve(
    spec: PluginSpec,
    register: Register,
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
    application = Application(
        spec,
        register,
        on_stop,
        os.environ if environ is None else environ,
        reattach,
        server_options,
    )
    code, guardian = await serve_guarded(application)
    if guardian is not None:
        guardian.close()
    return code


def run(
    spec: PluginSpec,
    register: Register,
    *,
    on_stop: OnStop | None = None,
    environ: Mapping[str, str] | None = None,
    reattach: bool = False,
    server_options: Options = (),
) -> NoReturn:
    """`serve` as a whole program: its own event loop, then exit, by force if threads of the
    application go on.
    """
    application = Application(
        spec,
        register,
        on_stop,
        os.environ if environ is None else environ,
        reattach,
        server_options,
    )

    async def main() -> int:
        code, guardian = await serve_guarded(application)
        if guardian is not None:
            guardian.exit_code = code
            guardian.stop("serving has ended")
        return code

    sys.exit(asyncio.run(main()))


async def serve_guarded(application: Application) -> tuple[int, Guardian | None]:
    """Serve to the end. The exit code, and the guardian if there was anything to guard: it is still
    on duty.
    """
    spec, environ = application.spec, application.environ
    guardian = None
    keep_grpc_out_of_forks()
    try:
        prepared = None if application.reattach else prepare(spec, environ)
        launch = read_launch(spec, environ, reattach=application.reattach)
        configure_logging(
            spec.log_level_variables, environ, for_humans=application.reattach
        )
        listeners = Listeners(launch)
        host_pid = prepared.host_pid if prepared else None
        guardian = Guardian(spec.grace_seconds, host_pid, listeners.close)
        guardian.start()
        try:
            process = Process(application, launch, listeners, guardian, prepared)
            return await process.live(), guardian
        finally:
            listeners.close()
    except NotStartedByHost as error:
        print(error, file=sys.stderr)
    except LaunchError as error:
        _log.error("the plugin cannot start: %s", error)
    except Exception:
        _log.exception("the plugin cannot start")
    except BaseException:
        if guardian is not None:
            guardian.close()
        raise
    return 1, guardian


class Process:
    """One plugin process from the first socket to the last byte."""

    def __init__(
        self,
        application: Application,
        launch: Launch,
        listeners: Listeners,
        guardian: Guardian,
        prepared: Prepared | None,
    ) -> None:
        self._application = application
        self._launch = launch
        self._guardian = guardian
        self._capture = prepared.capture if prepared else None
        spec = application.spec
        options = [*server_options(spec), *application.server_options]
        self._transport = make_transport(launch, listeners)
        self._server: Any = aio.server(options=options)
        self._broker = Broker(self._transport, options, channel_options(spec))
        self._health = Health()
        self._stdio = Stdio(self._capture.buffer if self._capture else None)
        controller = Controller(lambda: guardian.stop("the host asked for it"))
        handlers = (self._health, controller, self._stdio, self._broker)
        self._server.add_generic_rpc_handlers(
            tuple(each.handler() for each in handlers)
        )

    async def live(self) -> int:
        """Start, serve, stop; the exit code."""
        context = PluginContext(
            self._server, self._broker, self._launch.version, self._guardian.stop
        )
        registered = self._application.register(context)
        stopping = self._guardian.stopping
        if inspect.isawaitable(registered) and not await unless_set(
            stopping, registered
        ):
            return 0
        try:
            await self._serve_calls()
        finally:
            code = await self._tell_application()
        return code

    async def _serve_calls(self) -> None:
        exposed = await self._transport.expose(self._server)
        try:
            await self._server.start()
            self._announce(exposed.endpoint)
            await self._guardian.stopping.wait()
        finally:
            await self._finish_calls()
            await exposed.close()

    def _announce(self, endpoint: Endpoint) -> None:
        if self._capture is None:
            sys.stdout.write(reattach_text(self._launch, endpoint, os.getpid()))
            sys.stdout.flush()
            return
        try:
            self._capture.write_real(
                handshake_line(self._launch, endpoint, self._transport.certificate)
            )
        except OSError as error:
            raise LaunchError(
                f"the host does not read the handshake: {error.strerror}"
            ) from error

    async def _finish_calls(self) -> None:
        """Refuse new calls, give those that run half of the grace, deliver what was printed."""
        self._health.stop()
        if self._capture is not None:
            self._capture.finish(0.1)
        self._stdio.stop()
        await asyncio.gather(
            self._server.stop(self._guardian.remaining() / 2), self._broker.close()
        )

    async def _tell_application(self) -> int:
        if self._application.on_stop is None:
            return 0
        try:
            await asyncio.wait_for(
                self._application.on_stop(), max(self._guardian.remaining() - 0.1, 0.1)
            )
        except TimeoutError:
            _log.error("stopping the application took too long")
            return 1
        except Exception:
            _log.exception("stopping the application failed")
            return 1
        return 0


def make_transport(launch: Launch, listeners: Listeners) -> Transport:
    if launch.client_certificate is None:
        return Plain(listeners)
    from .tls import MutualTls  # most hosts do not ask for it

    return MutualTls(launch.client_certificate, listeners)


def server_options(spec: PluginSpec) -> list[tuple[str, Any]]:
    """grpc's defaults would refuse messages over 4 MiB, and share our port with another plugin."""
    return [
        *message_limits(spec),
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", spec.max_streams),
        ("grpc.server_handshake_timeout_ms", 10_000),
    ]


def channel_options(spec: PluginSpec) -> list[tuple[str, Any]]:
    """For channels to the host, which no proxy of the environment may catch."""
    return [*message_limits(spec), ("grpc.enable_http_proxy", 0)]


def message_limits(spec: PluginSpec) -> list[tuple[str, Any]]:
    names = ("grpc.max_receive_message_length", "grpc.max_send_message_length")
    return [(name, spec.max_message_bytes) for name in names]


async def unless_set(event: asyncio.Event, work: Awaitable[None]) -> bool:
    """Await `work`, but cancel it when `event` is set; whether it was completed."""
    working = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if working.done():
        working.result()
        return True
    working.cancel()
    await asyncio.wait({working})
    return False
