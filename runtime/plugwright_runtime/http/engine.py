"""How is one stream of frames served by a handler?

`serve` takes the frames of one call, runs the handler and sends its response:

- the handler returns a result: that response;
- it fails before the first byte left (raises, wrong type, invalid status or header): 500 without
  the text, the traceback is one log record;
- it fails after the first byte: logged, and `ResponseAborted`, so that the call ends with an error;
- `BodyTooLarge` comes out of it: 413;
- the stream ends before the body is complete, and the handler notices: 400;
- the call is cancelled: a coroutine is cancelled, a thread gets `ClientDisconnected` at its next
  read or write;
- a frame cannot be sent, which is how a cancellation may begin: the handler gets
  `ClientDisconnected`, and `serve` raises `ResponseAborted`;
- no first message, or no head in it: `InvalidStream`, so that the call ends with an error.

A head in a later frame and everything after the frame marked complete are ignored.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, TypeAlias

from ..failure_log import FAILED_BADLY, report
from ..loops.calling import ends_the_call
from .body import RequestBody
from .errors import (
    BodyTooLarge,
    ClientDisconnected,
    InvalidStream,
    ResponseAborted,
    caused_by_disconnect,
)
from .exchange import Exchange, HTTPResult, Mount
from .frames import RequestFrame, SendFrame
from .request import Request
from .responses import Response
from .threads import ThreadBridge
from .writer import ResponseWriter

Handler: TypeAlias = Callable[[Request], HTTPResult | Awaitable[HTTPResult]]
"""A handler as the engine calls it: coroutine functions and mounts on the loop, all others in the
pool.
"""

HTTPHandler: TypeAlias = Callable[[Any, Request], HTTPResult | Awaitable[HTTPResult]] | Mount
"""What a plugin class may use as its HTTP hook: a method `(self, request) -> Response`, sync or
async, or a mount.
"""


async def serve(
    handler: Handler,
    frames: AsyncIterator[RequestFrame],
    send: SendFrame,
    *,
    executor: Executor,
    logger: logging.Logger,
) -> None:
    """Serves one exchange; run it in the task of the call, whose cancellation means that the client
    went away.

    `executor` runs blocking handlers. Raises `InvalidStream` and `ResponseAborted`; a failing
    handler is otherwise answered and logged, never raised.
    """
    exchange = await _opened(frames, send, executor, logger)
    try:
        result = await _call(handler, exchange)
        await result.answer(exchange)
    except BaseException as error:
        if ends_the_call(error):
            raise
        await _fail(exchange, error)
    finally:
        exchange.close()


async def _opened(
    frames: AsyncIterator[RequestFrame],
    send: SendFrame,
    executor: Executor,
    logger: logging.Logger,
) -> Exchange:
    first = await anext(frames, None)
    if first is None:
        raise InvalidStream("the HTTP stream ended before its first message")
    if first.head is None:
        raise InvalidStream("the first message of the HTTP stream has no request head")
    threads = ThreadBridge(executor, logger)
    body = RequestBody(first, frames)
    writer = ResponseWriter(send, head_request=first.head.method == "HEAD")
    return Exchange(Request(first.head, body, threads), body, writer, threads, logger)


async def _call(handler: Handler, exchange: Exchange) -> HTTPResult:
    request = exchange.request
    outcome: object
    if isinstance(handler, Mount):
        outcome = handler(request)
    else:
        outcome = await exchange.threads.call(handler, request)
    if not isinstance(outcome, HTTPResult):
        raise TypeError(
            f"http handler {_name(handler)} returned {type(outcome).__name__}: return a Response, "
            "a StreamingResponse (for a generator), or what a mounted application returns"
        )
    return outcome


def _name(handler: object) -> str:
    return getattr(handler, "__qualname__", type(handler).__qualname__)


async def _fail(exchange: Exchange, error: BaseException) -> None:
    writer = exchange.writer
    try:
        answer = _told(exchange, error)
    except BaseException as failure:  # `error` cannot be looked at
        report(exchange.logger, failure, "http: %s", FAILED_BADLY)
        answer = Response("Internal Server Error", 500)
    if writer.completed:
        return
    if writer.started:
        raise ResponseAborted("the HTTP response broke off after its first byte")
    try:
        await answer.answer(exchange)
    except ClientDisconnected:
        raise ResponseAborted("the HTTP response could not be sent") from None


def _told(exchange: Exchange, error: BaseException) -> Response:
    """What the client is told of `error`; the log is told more."""
    request = exchange.request
    what = (request.method, request.raw_path)
    if caused_by_disconnect(error):
        text = "http client went away: %s %s"
        report(exchange.logger, error, text, *what, level=logging.DEBUG)
        return Response("Bad Request", 400)
    if isinstance(error, BodyTooLarge):
        text = "http request refused: %s %s: %s"
        report(exchange.logger, None, text, *what, error, level=logging.WARNING)
        return Response("Content Too Large", 413)
    report(exchange.logger, error, "http handler failed: %s %s", *what)
    return Response("Internal Server Error", 500)
