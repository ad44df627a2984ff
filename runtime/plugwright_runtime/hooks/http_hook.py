"""How does an HTTP hook of a plugin meet the HTTP engine? Messages become frames and back.

The messages are recognised by the fields that `HookPlanner` requires: `init`, `body_chunk`,
`body_complete`, and `flush` in the response.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from typing import Any

import grpc

from .. import http
from ..failure_log import FAILED_BADLY, report
from ..loops.calling import ends_the_call
from ..message.codec import Codec
from ..message.package import Package
from .spec import HookSpec


class HTTPHook:
    """Serves the HTTP hook of one plugin on a bidirectional stream.

    `executor`: where plain functions run. `log` gets a record of every failure.
    """

    def __init__(
        self,
        package: Package,
        spec: HookSpec,
        handler: http.Handler,
        executor: Executor,
        log: logging.Logger,
    ) -> None:
        self.handler = handler
        self.executor = executor
        self.log = log
        request, response = package.codec(spec.request), package.codec(spec.response)
        self.request = request.message
        self.read_context = _context_reader(package, request)
        self.response = response.message

    async def serve(self, requests: AsyncIterator[bytes], context: Any) -> None:
        """The handler of grpc.aio: what is written leaves at once, and waits for the transport."""

        async def send(frame: http.ResponseFrame) -> None:
            await context.write(self._message(frame))

        try:
            await http.serve(
                self.handler,
                self._frames(requests),
                send,
                executor=self.executor,
                logger=self.log,
            )
        except http.InvalidStream as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except http.ResponseAborted as error:
            await context.abort(grpc.StatusCode.INTERNAL, str(error))
        except BaseException as error:
            if isinstance(error, GeneratorExit) or ends_the_call(error):
                raise
            report(self.log, error, "http: %s", FAILED_BADLY)
            await context.abort(grpc.StatusCode.INTERNAL, FAILED_BADLY)

    async def _frames(self, requests: AsyncIterator[bytes]) -> AsyncIterator[http.RequestFrame]:
        async for data in requests:
            try:
                m = self.request.FromString(data)
            except Exception as error:
                raise http.InvalidStream(f"not an HTTP request message: {error}") from None
            head = self._head(m.init) if m.HasField("init") else None
            yield http.RequestFrame(head, m.body_chunk, m.body_complete)

    def _head(self, init: Any) -> http.RequestHead:
        return http.RequestHead(
            method=init.method,
            url=init.url,
            proto=init.proto,
            proto_major=init.proto_major,
            proto_minor=init.proto_minor,
            headers=[(h.key, value) for h in init.headers for value in h.values],
            host=init.host,
            remote_addr=init.remote_addr,
            request_uri=init.request_uri,
            content_length=init.content_length,
            context=self.read_context(init.plugin_context, True),
        )

    def _message(self, frame: http.ResponseFrame) -> bytes:
        m = self.response(body_chunk=frame.chunk, body_complete=frame.complete, flush=frame.flush)
        if frame.head is not None:
            m.init.status_code = frame.head.status
            grouped: dict[str, Any] = {}
            for name, value in frame.head.headers:
                header = grouped.get(name.lower())
                if header is None:
                    header = grouped[name.lower()] = m.init.headers.add(key=name)
                header.values.append(value)
        data: bytes = m.SerializeToString()
        return data


def _context_reader(package: Package, request: Codec[Any]) -> Any:
    """The converter of the message that the request head carries as its context."""
    init = request.message.DESCRIPTOR.fields_by_name["init"].message_type
    context = init.fields_by_name["plugin_context"].message_type
    return package.codec(context.full_name).read
