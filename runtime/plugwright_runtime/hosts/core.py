"""What is the life of a plugin, seen from its host?

Start the process, learn where it listens, connect, serve calls, ask it to stop, end it by force,
clean up. A `Core` lives on the loop of hosts and is bounded in time at every step; `host` gives it
to programs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import grpc

from ..exceptions import LaunchError
from ..loops.crossing import Mailbox, cancelled
from ..process.endpoint import temporary_directory
from ..process.server_limits import ServerLimits
from ..rpc.failures import PluginAPIError, UnavailableError
from ..rpc.servicer import Servicer
from ..styles.goplugin import protos
from ..styles.goplugin.broker import Dialled
from ..styles.goplugin.offers import BrokerError
from ..styles.goplugin.transport import Reached
from .attach import Attached, Running
from .channels import dialled_here
from .child import Child, spawn
from .environment import environment
from .failures import AttachError, Exit, ExitedAtStart, StartError, StartTimeout, plugin_exited
from .loop import HostLoop
from .options import Options
from .plugin_log import PluginLog
from .served import Api, Serving
from .way import Way

KILL_SECONDS = 1.0  # from SIGKILL to the end of a process
GONE_SECONDS = 1.0  # from the end of a connection to that of its process
HEALTH = "/grpc.health.v1.Health/Check"
WITHOUT_HEALTH = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.NOT_FOUND)
LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN)

_log = logging.getLogger("plugwright.hosts")

MakeWay = Callable[[Options, str], Way[Any]]


class Core:
    """One plugin process; once only. All coroutines are for the loop of hosts."""

    def __init__(
        self, style: ServerLimits, make_way: MakeWay, command: Sequence[str], options: Options
    ) -> None:
        self.style = style
        self._make_way = make_way
        self._command = [os.fspath(word) for word in command]
        self.options = replace(options, name=options.name or _name(self._command))
        self._folder = ""
        self._way: Way[Any] | None = None
        self._child: Child | Attached | None = None
        self._reached: Reached | None = None
        self._channel: Any = None
        self._ending: asyncio.Task[Exit] | None = None
        self._lost = False
        self._serving: Serving | None = None
        self.running: Running | None = None
        """The plugin that is attached to, None if one is to be started."""
        self.api: Api | None = None
        self.there: Mailbox | None = None
        """The loop for coroutines of what is served; None = one of their own."""

    @property
    def seconds(self) -> float:
        """That a stop may take."""
        return self.options.grace + KILL_SECONDS + 1

    @property
    def pid(self) -> int:
        return self._child.pid if self._child is not None else 0

    @property
    def version(self) -> int:
        return self._way.version if self._way is not None else 0

    def reattach_config(self) -> str:
        endpoint = self._way.endpoint if self._way is not None else None
        if endpoint is None:
            raise AttachError("only a go-plugin that runs without AutoMTLS can be attached to")
        return Running(endpoint, self.version, self.pid).text()

    @property
    def exit(self) -> Exit | None:
        """How the process ended, None while it runs."""
        child = self._child
        return child.exited.result() if child is not None and child.exited.done() else None

    @property
    def target(self) -> str:
        """Where a channel of gRPC's reaches the plugin, in plaintext: TLS ends in this process."""
        if self._reached is None:
            raise RuntimeError(f"the plugin {self.options.name} has not been started")
        return self._reached.target

    async def start(self, loop: HostLoop) -> None:
        """Raises a `StartError`; then nothing is left of the plugin."""
        loop.running.add(self)
        ready = False
        try:
            async with asyncio.timeout(self.options.start_timeout):
                await self._start(loop)
            ready = True
        except StartError as error:
            await self._end(gracefully=False)
            error.exit = self.exit
            raise
        except TimeoutError:
            await self._end(gracefully=False)
            raise self._too_late() from None
        except (LaunchError, BrokerError) as error:
            raise StartError(str(error)) from error
        finally:
            if not ready:
                await self._end(gracefully=False)
                loop.running.discard(self)

    async def _start(self, loop: HostLoop) -> None:
        self._folder = tempfile.mkdtemp(prefix="plugin-", dir=temporary_directory())
        way = self._way = self._make_way(self.options, self._folder)
        if self.api is not None:
            place = way.api_place(self.api.variable)
            endpoint = await self._served().listen(self.api.servicer, place)
            way.tell_api(self.api.variable, endpoint)
        child: Child | Attached
        if self.running is not None:
            child = self._child = Attached(self.running.pid)
            self._reached = await way.attached(self.running)
        else:
            child = self._child = self._spawned(way)
            self._reached = await way.reached(child)
        self._channel = dialled_here(self.target, self.style)
        await self._connect(child)
        await way.connected(self._channel)
        await self._check_serves(child)
        here = asyncio.get_running_loop()

        def ended(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended first
                here.call_soon_threadsafe(self._on_exit, loop)

        child.exited.add_done_callback(ended)

    def _spawned(self, way: Way[Any]) -> Child:
        own = os.environ if self.options.inherit else {}
        env = environment(own, way.variables, self.options.env)
        log = PluginLog(f"plugin.{self.options.name}", way.level_words)
        return spawn([*self._command, *way.arguments], env, self.options, log)

    async def _connect(self, child: Child | Attached) -> None:
        connecting = asyncio.ensure_future(self._channel.channel_ready())
        exited = asyncio.wrap_future(child.exited)
        try:
            await asyncio.wait({connecting, exited}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            connecting.cancel()
        if exited.done():
            raise ExitedAtStart(f"the plugin {exited.result()} before it took a connection")

    async def _check_serves(self, child: Child | Attached) -> None:
        try:
            await self.ping(self.options.start_timeout)
        except UnavailableError as error:
            if child.exited.done():
                text = f"the plugin {child.exited.result()} when it was asked whether it serves"
                raise ExitedAtStart(text) from None
            raise StartError(error.message) from None

    def _too_late(self) -> StartTimeout:
        awaited = self._way.awaited if self._way is not None else ""
        if self._reached is not None:
            awaited = "taking a connection"
        seconds = self.options.start_timeout
        error = StartTimeout(f"the plugin did not come to {awaited} within {seconds:g} s")
        error.exit = self.exit
        return error

    def _on_exit(self, loop: HostLoop) -> None:
        """The process has ended, for whatever reason."""
        loop.running.discard(self)
        exit = self.exit
        if self._ending is None:
            _log.error("the plugin %s %s, which nobody asked for", self.options.name, exit)
            self._ending = asyncio.create_task(self._end(gracefully=False))

    async def ping(self, timeout: float) -> None:
        """Raises `UnavailableError` if the plugin does not say in time that it serves."""
        if self._channel is None:
            exit = self.exit or Exit()
            raise plugin_exited(self.options.name, exit, "Check")
        check = self._channel.unary_unary(
            HEALTH,
            request_serializer=protos.HealthCheckRequest.SerializeToString,
            response_deserializer=protos.HealthCheckResponse.FromString,
        )
        try:
            answer = await check(protos.HealthCheckRequest(service="plugin"), timeout=timeout)
        except asyncio.CancelledError:
            if cancelled() or self.exit is None:
                raise
            # The channel was closed, since the process had ended.
            raise plugin_exited(self.options.name, self.exit, "Check") from None
        except grpc.RpcError as error:
            if error.code() in WITHOUT_HEALTH:
                return
            known = self.why(error, "Check")
            raise known or UnavailableError(
                f"the plugin {self.options.name} does not answer: {error.details()}"
            ) from None
        if answer.status != protos.SERVING:
            raise UnavailableError(f"the plugin {self.options.name} says that it does not serve")

    async def serve(self, servicer: Servicer) -> int:
        """Serve the plugin by its broker."""
        return await self._running().serve(servicer, self._served())

    async def dial(self, number: int) -> Dialled:
        return await self._running().dial(number)

    def _running(self) -> Way[Any]:
        if self._way is None or self._ending is not None:
            raise BrokerError(f"the plugin {self.options.name} does not run")
        return self._way

    def _served(self) -> Serving:
        if self._serving is None:
            self._serving = Serving(self.style, self.there)
        return self._serving

    def why(self, error: BaseException, rpc: str) -> PluginAPIError | None:
        """What a caller is told of a call that failed because the plugin ended; from any thread.

        A connection ends a moment before its process is seen to: that is waited for, once.
        """
        child = self._child
        if child is None:
            return None
        if isinstance(error, grpc.RpcError):
            told: Any = error
            if told.code() not in LOST or "received from peer" in str(told.debug_error_string()):
                return None
            if not self._lost:
                with contextlib.suppress(TimeoutError):
                    child.exited.result(GONE_SECONDS)
                self._lost = True
        elif "closed" not in str(error):  # a channel of gRPC's
            return None
        exit = self.exit
        return plugin_exited(self.options.name, exit, rpc) if exit is not None else None

    async def stop(self) -> Exit:
        """Ask the plugin to stop, and see to it; any number of times."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(gracefully=True))
        return await asyncio.shield(self._ending)

    async def _end(self, gracefully: bool) -> Exit:
        child, way = self._child, self._way
        exit = Exit()
        if isinstance(child, Attached):
            if self.options.kill_attached and self._reached is not None:
                exit = await self._end_process(child, gracefully)
            child.forget()
        elif child is not None:
            exit = await self._end_process(child, gracefully)
        if way is not None:
            await way.close()
        if self._serving is not None:
            await self._serving.close()
        if self._channel is not None:
            await self._channel.close()
            self._channel = None
        if self._reached is not None:
            await self._reached.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        return exit

    async def _end_process(self, child: Child | Attached, gracefully: bool) -> Exit:
        exited = asyncio.wrap_future(child.exited)
        deadline = asyncio.get_running_loop().time() + self.options.grace
        if gracefully and self._channel is not None and not exited.done() and self._way is not None:
            await self._way.ask_to_stop(child, self._channel, self.options.grace)
            left = max(deadline - asyncio.get_running_loop().time(), 0.0)
            await asyncio.wait({exited}, timeout=left)
        if not exited.done():
            if gracefully:
                _log.warning(
                    "the plugin %s did not stop within %g s, and is killed",
                    self.options.name,
                    self.options.grace,
                )
            child.kill()
            await asyncio.wait({exited}, timeout=KILL_SECONDS)
        if not exited.done():
            _log.error("the plugin %s (pid %d) cannot be killed", self.options.name, child.pid)
            return Exit(forced=True)
        return exited.result()


def _name(command: Sequence[str]) -> str:
    """What a plugin is called: its program, or the script that an interpreter runs."""
    names = [os.path.splitext(os.path.basename(word))[0] for word in command]
    scripts = [name for word, name in zip(command, names, strict=True) if word.endswith(".py")]
    return next(iter(scripts or names), "")
