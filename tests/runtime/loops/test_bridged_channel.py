"""Does a `BridgedChannel` do what a `grpc.aio` channel does, for those who use it themselves?

Generated stubs and raw calls, from a handlers' loop to a server that echoes: an upload answers with
all it got, a download gives each byte of the request.
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_tools import protoc
from kit.bridged_loop import run_bridged
from kit.places import CASES
from plugwright_runtime.errors import UnavailableError
from plugwright_runtime.loops.bridged_channel import BridgedChannel
from plugwright_runtime.loops.crossing import Mailbox, mailbox
from plugwright_runtime.loops.pool import transport
from plugwright_runtime.rpc.bridged_calls import bridged
from plugwright_runtime.rpc.client import ClientOptions
from plugwright_runtime.rpc.client_async import AsyncClient
from plugwright_runtime.testing import BackgroundServer

pytestmark = pytest.mark.timeout(60)


CASE = CASES / "streams"


class Echo(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Any path serves the kind that is its last part."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.came = threading.Semaphore(0)
        self.ended = threading.Event()
        self.completed = False

    def service(self, details: Any) -> Any:
        kind = details.method.rpartition("/")[2]
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        return make(getattr(self, kind))

    async def unary_unary(self, request: bytes, context: Any) -> bytes:
        return request

    async def unary_stream(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        for byte in request:
            yield bytes([byte])

    async def stream_unary(self, requests: Any, context: Any) -> bytes:
        return b"".join([request async for request in self._noted(requests)])

    async def stream_stream(self, requests: Any, context: Any) -> AsyncIterator[bytes]:
        async for request in self._noted(requests):
            yield request

    async def _noted(self, requests: Any) -> AsyncIterator[bytes]:
        try:
            async for request in requests:
                self.seen.append(request)
                self.came.release()
                yield request
            self.completed = True
        finally:
            self.ended.set()


class Host:
    def __init__(self) -> None:
        self.echo = Echo()
        self.server = BackgroundServer(lambda place: [Bridging(self.echo, place)])
        self.address = self.server.start()

    def channel(self, there: Mailbox | None = None) -> BridgedChannel:
        there = there or transport()
        assert there is not None
        return BridgedChannel(there, lambda: grpc.aio.insecure_channel(self.address))


class Bridging(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Serves `handler` on the handlers' loop."""

    def __init__(self, handler: Any, place: Any) -> None:
        self.handler, self.place = handler, place

    def service(self, details: Any) -> Any:
        return bridged(self.handler.service(details), self.place)


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.server.stop()


async def items(*contents: Any) -> AsyncIterator[Any]:
    for content in contents:
        yield content


async def collect(call: Any) -> list[Any]:
    return [item async for item in call]


# ------------------------------------------------------------------ what grpc.aio takes


CODINGS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((str.encode, bytes.decode), {}),
    ((str.encode,), {"response_deserializer": bytes.decode}),
    (
        (),
        {
            "request_serializer": str.encode,
            "response_deserializer": bytes.decode,
            "_registered_method": True,
        },
    ),
]


@pytest.mark.parametrize(("args", "kwargs"), CODINGS, ids=["positional", "mixed", "keywords"])
def test_coding_of_messages(host: Host, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with host.channel() as channel:

            def make(kind: str) -> Any:
                return getattr(channel, kind)(f"/t/{kind}", *args, **kwargs)

            assert await make("unary_unary")("ab", timeout=10) == "ab"
            assert await collect(make("unary_stream")("ab")) == ["a", "b"]
            assert await make("stream_unary")(items("a", "b")) == "ab"
            assert await collect(make("stream_stream")(items("a", "b"))) == ["a", "b"]

    run_bridged(scenario())


def test_each_maker_of_calls_has_its_own_coding(host: Host) -> None:
    async def scenario() -> None:
        async with host.channel() as channel:
            raw = channel.unary_unary("/t/unary_unary")
            text = channel.unary_unary("/t/unary_unary", str.encode, bytes.decode)
            assert (await raw(b"a"), await text("a")) == (b"a", "a")

    run_bridged(scenario())


def test_a_stub_of_grpcio_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "bridged_stub_case"
    (tmp_path / f"{name}.proto").write_text((CASE / "streams.proto").read_text())
    out = f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"
    assert protoc.main(["", f"-I{tmp_path}", *out, f"{name}.proto"]) == 0
    monkeypatch.syspath_prepend(str(tmp_path))
    pb2: Any = importlib.import_module(f"{name}_pb2")
    stubs: Any = importlib.import_module(f"{name}_pb2_grpc")

    class Files(stubs.FilesServicer):  # type: ignore[misc]
        async def Size(self, request: Any, context: Any) -> Any:
            return pb2.UploadResponse(size=len(request.path))

        async def Download(self, request: Any, context: Any) -> Any:
            for letter in request.path:
                yield pb2.Chunk(data=letter.encode())

        async def Upload(self, requests: Any, context: Any) -> Any:
            return pb2.UploadResponse(size=len([r async for r in requests]))

        async def Echo(self, requests: Any, context: Any) -> Any:
            async for request in requests:
                yield request

    async def scenario() -> None:
        server = grpc.aio.server()
        stubs.add_FilesServicer_to_server(Files(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        there = transport()
        assert there is not None
        target = f"127.0.0.1:{port}"
        async with BridgedChannel(there, lambda: grpc.aio.insecure_channel(target)) as channel:
            stub = stubs.FilesStub(channel)
            request = pb2.DownloadRequest(path="abc")
            chunks = [pb2.Chunk(data=b"%d" % i) for i in range(3)]
            assert (await stub.Size(request)).size == 3
            got = [chunk.data async for chunk in stub.Download(request)]
            assert got == [b"a", b"b", b"c"]
            assert (await stub.Upload(items(*chunks))).size == 3
            assert await collect(stub.Echo(iter(chunks))) == chunks
        await server.stop(None)

    run_bridged(scenario())
    for module in (f"{name}_pb2", f"{name}_pb2_grpc"):
        del sys.modules[module]


def test_a_failure_is_that_of_grpc(host: Host) -> None:
    async def scenario() -> None:
        async with host.channel() as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary("/t/no_such")(b"")
            assert caught.value.code() is grpc.StatusCode.UNKNOWN
            call = channel.stream_unary("/t/stream_unary")(items(), metadata=[("A", 1)])
            with pytest.raises((TypeError, ValueError)):
                await call

    run_bridged(scenario())


def test_a_closed_channel(host: Host) -> None:
    async def scenario(used: bool) -> None:
        channel = host.channel()
        make = channel.unary_unary("/t/unary_unary")
        if used:
            assert await make(b"a") == b"a"
        await channel.close()
        await channel.close()
        with pytest.raises(Exception, match="closed"):
            await make(b"a")
        with pytest.raises(Exception, match="closed"):
            await channel.stream_unary("/t/stream_unary")(items(b"a"))

    run_bridged(scenario(used=True))
    run_bridged(scenario(used=False))


# ------------------------------------------------------------------ requests


def test_requests_see_the_variables_of_the_caller(host: Host) -> None:
    variable: contextvars.ContextVar[bytes] = contextvars.ContextVar("variable")

    async def requests() -> AsyncIterator[bytes]:
        yield variable.get()
        await asyncio.sleep(0)
        yield variable.get()

    async def scenario() -> None:
        async with host.channel() as channel:
            upload = channel.stream_unary("/t/stream_unary")
            variable.set(b"a")
            first = upload(requests())
            variable.set(b"b")
            second = upload(requests())
            assert (await first, await second) == (b"aa", b"bb")

    run_bridged(scenario())


@pytest.mark.parametrize("failure", [KeyError, asyncio.CancelledError, SystemExit])
def test_half_of_the_requests_is_not_taken_for_all(
    host: Host, failure: type[BaseException]
) -> None:
    async def requests() -> AsyncIterator[bytes]:
        yield b"a"
        assert await asyncio.to_thread(host.echo.came.acquire, timeout=10)
        raise failure

    async def scenario() -> None:
        async with host.channel() as channel:
            with pytest.raises(asyncio.CancelledError):
                await channel.stream_unary("/t/stream_unary")(requests())

    run_bridged(scenario())
    assert host.echo.ended.wait(10)
    assert host.echo.seen == [b"a"]
    assert not host.echo.completed


def test_a_request_is_made_when_the_last_one_is_on_its_way(host: Host) -> None:
    made = 0

    async def requests() -> AsyncIterator[bytes]:
        nonlocal made
        while made < 200:
            made += 1
            yield bytes(2**16)

    async def scenario() -> None:
        async with host.channel() as channel:
            answers = channel.stream_stream("/t/stream_stream")(requests())
            assert len(await anext(answers)) == 2**16
            before = -1
            while before != made:  # until no more goes into the buffers of the network
                before = made
                await asyncio.sleep(0.2)
            assert made < 150
            answers.cancel()

    run_bridged(scenario())


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_cancelling_cancels_the_call_however_early(host: Host, turns: int) -> None:
    """Also before the transport has heard of who waits for it."""

    async def requests() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    async def scenario() -> None:
        async with host.channel() as channel:
            call = channel.stream_unary("/t/stream_unary")(requests())
            over = asyncio.Event()
            call.add_done_callback(lambda _: over.set())

            async def wait() -> None:
                await call

            task = asyncio.create_task(wait())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(over.wait(), 10)

    run_bridged(scenario())


# ------------------------------------------------------------------ loops


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


async def same(value: int) -> int:
    return value


@pytest.mark.usefixtures("often")
def test_two_loops_deliver_at_the_same_time() -> None:
    """They share nothing that one of them has to itself, as a context."""

    async def scenario() -> None:
        there = transport()
        assert there is not None
        deadline = time.monotonic() + 0.5

        async def calls() -> None:
            while time.monotonic() < deadline:
                assert await there.run(same, 7) == 7

        await asyncio.wait_for(asyncio.gather(*(calls() for _ in range(10))), 20)

    run_bridged(scenario())


def test_two_loops_use_one_channel(host: Host) -> None:
    async def calls(channel: BridgedChannel) -> None:
        make = channel.unary_unary("/t/unary_unary")
        sent = [b"%d" % i for i in range(50)]
        assert await asyncio.gather(*map(make, sent)) == sent
        upload = channel.stream_unary("/t/stream_unary")
        assert await upload(items(b"a", b"b")) == b"ab"

    async def scenario() -> None:
        async with host.channel() as channel:
            other = asyncio.to_thread(lambda: asyncio.run(calls(channel)))
            await asyncio.gather(calls(channel), other)

    run_bridged(scenario())


def test_a_letter_that_fails_holds_up_no_other() -> None:
    async def scenario() -> list[Any]:
        loop, seen = asyncio.get_running_loop(), list[Any]()
        loop.set_exception_handler(lambda _, report: seen.append(report["exception"]))
        here, done = mailbox(), asyncio.Event()
        error = KeyError("mine")

        def fail() -> None:
            raise error

        here.post(fail)
        here.post(done.set)
        await asyncio.wait_for(done.wait(), 10)
        return [one is error for one in seen]

    assert asyncio.run(scenario()) == [True]


ENDED: list[Callable[[BridgedChannel], Any]] = [
    lambda channel: channel.unary_unary("/t/unary_unary")(b""),
    lambda channel: channel.stream_unary("/t/stream_unary")(items(b"")),
    lambda channel: channel.stream_stream("/t/stream_stream")(items(b"")),
]


@pytest.mark.parametrize("call", ENDED, ids=["unary", "upload", "both"])
@pytest.mark.parametrize("woken", [False, True])
def test_a_transport_that_has_ended(
    host: Host,
    call: Callable[[BridgedChannel], Any],
    woken: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody waits for it, even if its end came between a letter and its delivery."""
    loop = asyncio.new_event_loop()
    there = Mailbox(loop)
    if woken:
        there.post(print)
    loop.close()

    async def scenario() -> None:
        channel = host.channel(there)
        with pytest.raises(RuntimeError, match="closed"):
            await asyncio.wait_for(call(channel), 10)
        await channel.close()

    asyncio.run(scenario())
    assert not caplog.records


def test_a_client_whose_transport_has_ended(host: Host) -> None:
    loop = asyncio.new_event_loop()
    channel = host.channel(Mailbox(loop))
    loop.close()

    class Client(AsyncClient):
        _options = ClientOptions("t")

    async def scenario() -> None:
        client = Client(channel=channel)
        call = client._call("unary_unary", "unary_unary")
        with pytest.raises(RuntimeError) as caught:
            await call(b"")
        assert isinstance(client._failure(caught.value, "unary_unary"), UnavailableError)

    asyncio.run(scenario())
