"""The calls that the clients of an SDK make, and what came of each, as other peers make them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from plugwright_runtime.errors import PluginAPIError

BIG = 16 << 20
MANY = 1000
NOT_FOUND = 5

Outcome = dict[str, Any]


def failed(error: PluginAPIError) -> Outcome:
    assert error.code is not None
    return {"code": error.code.value[0], "message": error.message}


def coded(found: Outcome) -> Outcome:
    return {"code": found["code"]}


class SyncCalls:
    """Of a sync client."""

    def __init__(self, sdk: Any, address: str) -> None:
        self.models = sdk.models
        self.client = sdk.clients.PeerClient(address)

    def all(self, left: int) -> Outcome:
        """A unary call of this client cannot be given up by hand."""
        with self.client:
            return {
                "echo": self.echo(5),
                "empty": self.echo(0),
                "big": self.echo(BIG),
                "status": self.unary("fail", self.status("gone: ü 100 %\n")),
                "missing": coded(self.unary("missing")),
                "deadline": coded(self.unary("wait", self.minute(), timeout=0.3)),
                "download": self.download(None),
                "download fails": self.download(self.status("no more")),
                "download left": self.leave(),
                "upload": self.upload(),
                "chat": self.chat(),
                "at once": self.at_once(),
                "given up": self.given_up(left),
            }

    def status(self, message: str) -> Any:
        return self.models.Status(code=NOT_FOUND, message=message)

    def minute(self) -> Any:
        return self.models.Duration(milliseconds=60_000)

    def unary(self, method: str, *request: Any, **settings: Any) -> Outcome:
        try:
            getattr(self.client, method)(*request, **settings)
        except PluginAPIError as error:
            return failed(error)
        return {}

    def echo(self, size: int) -> Outcome:
        answer = self.client.echo(self.models.Payload(data=b"x" * size))
        return {"size": len(answer.data)}

    def download(self, end: Any) -> Outcome:
        order = self.models.Order(count=MANY, size=4096, end=end)
        found = {"count": 0, "size": 0}
        try:
            for item in self.client.download(order):
                found["count"] += 1
                found["size"] += len(item.data)
        except PluginAPIError as error:
            return {"count": found["count"], **failed(error)}
        return found

    def leave(self) -> Outcome:
        stream = self.client.download(self.models.Order(size=65_536))
        count = len([next(stream) for _ in range(3)])
        stream.close()
        return {"count": count}

    def upload(self) -> Outcome:
        payload = self.models.Payload(data=bytes(4096))
        found = self.client.upload(payload for _ in range(MANY))
        return {"count": found.count, "size": found.size}

    def chat(self) -> Outcome:
        """Each payload waits for the answer to the one before."""
        sizes: list[int] = []
        answered = threading.Semaphore(1)

        def requests() -> Iterator[Any]:
            for size in range(1, 101):
                answered.acquire()
                yield self.models.Payload(data=bytes(size))

        for answer in self.client.chat(requests()):
            sizes.append(len(answer.data))
            answered.release()
        return {"count": len(sizes), "size": sum(sizes)}

    def at_once(self) -> Outcome:
        with ThreadPoolExecutor(64) as pool:
            answers = list(pool.map(self.echo, range(1, 201)))
        return {"right": sum(a["size"] == i for i, a in enumerate(answers, 1))}

    def given_up(self, left: int) -> Outcome:
        seen = 0
        for _ in range(100):
            seen = self.client.ended().count
            if seen >= left:
                break
            time.sleep(0.05)
        return {"seen": seen}


class AsyncCalls:
    """Of an async client."""

    def __init__(self, sdk: Any, address: str) -> None:
        self.models = sdk.models
        self.client = sdk.clients.AsyncPeerClient(address)

    async def all(self, left: int) -> Outcome:
        async with self.client:
            return {
                "echo": await self.echo(5),
                "empty": await self.echo(0),
                "big": await self.echo(BIG),
                "status": await self.unary("fail", self.status("gone: ü 100 %\n")),
                "missing": coded(await self.unary("missing")),
                "deadline": coded(await self.unary("wait", self.minute(), timeout=0.3)),
                "cancel": await self.cancel(),
                "download": await self.download(None),
                "download fails": await self.download(self.status("no more")),
                "download left": await self.leave(),
                "upload": await self.upload(),
                "chat": await self.chat(),
                "at once": await self.at_once(),
                "given up": await self.given_up(left),
            }

    def status(self, message: str) -> Any:
        return self.models.Status(code=NOT_FOUND, message=message)

    def minute(self) -> Any:
        return self.models.Duration(milliseconds=60_000)

    async def unary(self, method: str, *request: Any, **settings: Any) -> Outcome:
        try:
            await getattr(self.client, method)(*request, **settings)
        except PluginAPIError as error:
            return failed(error)
        return {}

    async def echo(self, size: int) -> Outcome:
        answer = await self.client.echo(self.models.Payload(data=b"x" * size))
        return {"size": len(answer.data)}

    async def cancel(self) -> Outcome:
        task = asyncio.ensure_future(self.client.wait(self.minute()))
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.wait([task])
        return {"gone": task.cancelled()}

    async def download(self, end: Any) -> Outcome:
        order = self.models.Order(count=MANY, size=4096, end=end)
        found = {"count": 0, "size": 0}
        try:
            async for item in self.client.download(order):
                found["count"] += 1
                found["size"] += len(item.data)
        except PluginAPIError as error:
            return {"count": found["count"], **failed(error)}
        return found

    async def leave(self) -> Outcome:
        stream = self.client.download(self.models.Order(size=65_536))
        count = len([await anext(stream) for _ in range(3)])
        await stream.aclose()
        return {"count": count}

    async def upload(self) -> Outcome:
        async def requests() -> AsyncIterator[Any]:
            for _ in range(MANY):
                yield self.models.Payload(data=bytes(4096))

        found = await self.client.upload(requests())
        return {"count": found.count, "size": found.size}

    async def chat(self) -> Outcome:
        sizes: list[int] = []
        answered = asyncio.Semaphore(1)

        async def requests() -> AsyncIterator[Any]:
            for size in range(1, 101):
                await answered.acquire()
                yield self.models.Payload(data=bytes(size))

        async for answer in self.client.chat(requests()):
            sizes.append(len(answer.data))
            answered.release()
        return {"count": len(sizes), "size": sum(sizes)}

    async def at_once(self) -> Outcome:
        answers = await asyncio.gather(*map(self.echo, range(1, 201)))
        return {"right": sum(a["size"] == i for i, a in enumerate(answers, 1))}

    async def given_up(self, left: int) -> Outcome:
        seen = 0
        for _ in range(100):
            seen = (await self.client.ended()).count
            if seen >= left:
                break
            await asyncio.sleep(0.05)
        return {"seen": seen}
