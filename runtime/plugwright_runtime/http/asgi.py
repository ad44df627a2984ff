"""How does an ASGI application (Starlette, FastAPI, Django …) answer an exchange?

`asgi(app)` makes a handler of it. Request and response stream both ways. When the client leaves,
`receive` gives `http.disconnect`, `send` raises `ClientDisconnected`, and the application is
cancelled if it has not ended soon after. Once the response is complete the call ends, while the
application may go on with its background work. WebSockets are answered with 501: a stream of HTTP
messages cannot carry them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from ..failure_log import report
from .errors import ClientDisconnected, caused_by_disconnect
from .exchange import Exchange, HTTPResult, Mount
from .fields import as_bytes, as_text, split_address
from .lifespan import (
    ASGI_VERSION,
    ASGIApp,
    Lifespan,
    Message,
    Scope,
)
from .request import Request
from .responses import Response

CONTEXT_KEY: Final = "plugwright.context"
"""Where a mounted application finds the plugin context, in its ASGI scope or WSGI environ."""

_active: set[ASGIMount] = set()


def asgi(
    app: ASGIApp,
    *,
    root_path: str = "",
    scheme: str = "http",
    cancel_after: float = 1.0,
) -> ASGIMount:
    """Mounts an ASGI 3 application.

    `root_path` is the public prefix that the host cuts off, such as `/plugins/<id>`; the
    application needs it to build links. `scheme` is the public one. `cancel_after` are the seconds
    it gets to react when the client has gone.
    """
    return ASGIMount(app, root_path.rstrip("/"), scheme, cancel_after)


async def close_mounts(grace: float = 1.0) -> None:
    """Ends every ASGI application of the running event loop: up to `grace` seconds each for work
    under way and for shutdown.

    Call it once when the plugin stops. An application that gets a request afterwards starts again.
    """
    await asyncio.gather(*(mount.close(grace) for mount in list(_active)))


class ASGIMount(Mount):
    """An application and what is alive of it: its lifespan and the calls in progress."""

    def __init__(self, app: ASGIApp, root_path: str, scheme: str, cancel_after: float) -> None:
        self.app = app
        self.root_path = root_path
        self.scheme = scheme
        self.cancel_after = cancel_after
        self._lifespan: Lifespan | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, request: Request) -> HTTPResult:
        if "websocket" in request.headers.get("upgrade", "").lower():
            return Response("WebSockets are not supported here", 501)
        return _ASGIResult(self, request)

    async def start(self, logger: logging.Logger) -> dict[str, Any]:
        """Starts the application unless it runs. Returns the state for one request; raises
        `LifespanFailed`.

        A plugin may call it early; the first request does otherwise.
        """
        lifespan = self._lifespan
        # A mount outlives the loop it was started on when tests run several one after the other.
        if lifespan is None or lifespan.loop is not asyncio.get_running_loop():
            lifespan = self._lifespan = Lifespan(self.app, logger)
            self._tasks.clear()
            _active.add(self)
        await lifespan.started()
        return lifespan.state.copy()

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that lives as long as it wants, until `close`."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self, grace: float) -> None:
        """Waits for calls in progress, cancels what is left after `grace` seconds, then shuts the
        application down. What runs on another loop is left to that.
        """
        lifespan = self._lifespan
        if lifespan is None or lifespan.loop is not asyncio.get_running_loop():
            return
        _active.discard(self)
        self._lifespan = None
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=grace)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=grace)
        await lifespan.shutdown(grace)


class _ASGIResult(HTTPResult):
    """The application's answer to one request."""

    def __init__(self, mount: ASGIMount, request: Request) -> None:
        self._mount = mount
        self._request = request

    async def answer(self, exchange: Exchange) -> None:
        mount = self._mount
        scope = http_scope(self._request, mount.root_path, mount.scheme)
        scope["state"] = await mount.start(exchange.logger)
        cycle = _Cycle(exchange)
        task = mount.spawn(_call(mount.app, scope, cycle))
        try:
            await asyncio.wait({task, cycle.completed}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            # The call must end now; the application hears of it and has a moment to put things in
            # order.
            asyncio.get_running_loop().call_later(mount.cancel_after, task.cancel)
            task.add_done_callback(cycle.report)
            raise
        if exchange.writer.completed:
            task.add_done_callback(cycle.report)
            return
        task.result()
        raise RuntimeError("the ASGI application ended before its response was complete")


async def _call(app: ASGIApp, scope: Scope, cycle: _Cycle) -> None:
    try:
        await app(scope, cycle.receive, cycle.send)
    except SystemExit as error:
        # In a task of its own it would stop the event loop, and with it the plugin.
        raise RuntimeError("the ASGI application called sys.exit") from error


class _Cycle:
    """The `receive` and `send` of one request."""

    def __init__(self, exchange: Exchange) -> None:
        self.completed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._exchange = exchange
        self._body_ended = False

    async def receive(self) -> Message:
        body = self._exchange.body
        try:
            if not self._body_ended:
                chunk = await body.receive()
                self._body_ended = body.ended
                return {
                    "type": "http.request",
                    "body": chunk,
                    "more_body": not body.ended,
                }
            await body.wait_gone()
        except ClientDisconnected:
            pass
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        kind, writer = message["type"], self._exchange.writer
        if kind == "http.response.start":
            headers = message.get("headers", ())
            fields = [(as_text(bytes(name)), as_text(bytes(value))) for name, value in headers]
            writer.start(message["status"], fields)
        elif kind == "http.response.body":
            more = bool(message.get("more_body", False))
            # A block of an unfinished body has to reach the client now: think of server-sent
            # events.
            await writer.write(bytes(message.get("body", b"")), flush=more, last=not more)
            if writer.completed and not self.completed.done():
                self.completed.set_result(None)
        else:
            raise RuntimeError(f"ASGI message {kind!r} is not supported: see scope['extensions']")

    def report(self, task: asyncio.Task[None]) -> None:
        """Logs how the application failed when its response was already out, or its client gone."""
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not caused_by_disconnect(error):
            head = self._exchange.request.head
            text = "asgi application failed after its response: %s %s"
            report(self._exchange.logger, error, text, head.method, head.url)


def http_scope(request: Request, root_path: str, scheme: str) -> dict[str, Any]:
    """The connection scope of a request, without `state`."""
    head = request.head
    scheme = request.scheme or scheme
    headers = [(as_bytes(name.lower()), as_bytes(value)) for name, value in head.headers]
    if head.host and "host" not in request.headers:
        headers.insert(0, (b"host", as_bytes(head.host)))
    if head.content_length > 0 and "content-length" not in request.headers:
        headers.append((b"content-length", str(head.content_length).encode()))
    modern = head.proto_major >= 2
    return {
        "type": "http",
        "asgi": dict(ASGI_VERSION),
        "http_version": str(head.proto_major) if modern else f"1.{head.proto_minor}",
        "method": head.method.upper(),
        "scheme": scheme,
        "path": root_path + request.path,
        "raw_path": as_bytes(root_path + request.raw_path),
        "query_string": as_bytes(request.query_string),
        "root_path": root_path,
        "headers": headers,
        "client": split_address(head.remote_addr),
        "server": split_address(head.host) or (head.host, 443 if scheme == "https" else 80),
        "extensions": {},
        CONTEXT_KEY: head.context,
    }
