"""The service of `peer.proto` as plugins serve it: `plugin.py BIND [--tcp]`.

The methods are functions if the variable `PEER_FLAVOUR` says so, and coroutines otherwise.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator

import grpc
from peer_sdk import ServerContext, ServicePlugin, StatusError, run_plugin
from peer_sdk.models import Duration, Nothing, Order, Payload, Status, Sum
from peer_sdk.servicers import PeerServicer
from plugwright_runtime.rpc.servicer import Requests

CODES = {code.value[0]: code for code in grpc.StatusCode}
LONGEST = 2.0  # seconds that a function waits: nothing tells it that its caller has gone


def failure(status: Status) -> StatusError:
    return StatusError(status.message, code=CODES[status.code])


class Functions(PeerServicer, ServicePlugin):
    def __init__(self) -> None:
        self._left = 0

    def echo(self, request: Payload, context: ServerContext, /) -> Payload:
        return request

    def fail(self, request: Status, context: ServerContext, /) -> Payload:
        raise failure(request)

    def wait(self, request: Duration, context: ServerContext, /) -> Payload:
        time.sleep(min(request.milliseconds / 1000, LONGEST))
        return Payload()

    def download(self, request: Order, context: ServerContext, /) -> Iterator[Payload]:
        sent = 0
        try:
            while request.count == 0 or sent < request.count:
                sent += 1
                yield Payload(data=bytes(request.size))
        except GeneratorExit:
            self._left += 1
            raise
        if request.end is not None:
            raise failure(request.end)

    def upload(self, requests: Requests[Payload], context: ServerContext, /) -> Sum:
        sum_ = Sum()
        for payload in requests:
            sum_.count += 1
            sum_.size += len(payload.data)
        return sum_

    def chat(self, requests: Requests[Payload], context: ServerContext, /) -> Iterator[Payload]:
        yield from requests

    def ended(self, request: Nothing, context: ServerContext, /) -> Sum:
        return Sum(count=self._left)


class Coroutines(PeerServicer, ServicePlugin):
    def __init__(self) -> None:
        self._left = 0

    async def echo(self, request: Payload, context: ServerContext, /) -> Payload:
        return request

    async def fail(self, request: Status, context: ServerContext, /) -> Payload:
        raise failure(request)

    async def wait(self, request: Duration, context: ServerContext, /) -> Payload:
        try:
            await asyncio.sleep(request.milliseconds / 1000)
        except asyncio.CancelledError:
            self._left += 1
            raise
        return Payload()

    async def download(self, request: Order, context: ServerContext, /) -> AsyncIterator[Payload]:
        sent = 0
        try:
            while request.count == 0 or sent < request.count:
                sent += 1
                yield Payload(data=bytes(request.size))
        except (GeneratorExit, asyncio.CancelledError):
            self._left += 1
            raise
        if request.end is not None:
            raise failure(request.end)

    async def upload(self, requests: Requests[Payload], context: ServerContext, /) -> Sum:
        sum_ = Sum()
        async for payload in requests:
            sum_.count += 1
            sum_.size += len(payload.data)
        return sum_

    async def chat(
        self, requests: Requests[Payload], context: ServerContext, /
    ) -> AsyncIterator[Payload]:
        async for payload in requests:
            yield payload

    async def ended(self, request: Nothing, context: ServerContext, /) -> Sum:
        return Sum(count=self._left)


if __name__ == "__main__":
    run_plugin(Functions if os.environ["PEER_FLAVOUR"] == "functions" else Coroutines)
